// Package networks lists well-known networks by name, for images of any shape and
// any number of classes.
package networks

import (
	"cmp"

	"tatami/internal/suggest"
	"tatami/layers"
	"tatami/nn"
)

// Network is a well-known network.
type Network struct {
	Name, Summary string
	// Input is the shape of the images that it was made for.
	Input nn.Shape
	// Specs lists its layers for the given number of classes.
	Specs func(classes int) []nn.Spec
}

// All lists the networks.
func All() []Network {
	digit, photograph := nn.Shape{H: 28, W: 28, C: 1}, nn.Shape{H: 32, W: 32, C: 3}
	return []Network{
		{"mlp", "two affine layers, 784-50-10 (the book's TwoLayerNet, chapter 5)", digit, twoLayer},
		{"simple", "one convolution (the book's SimpleConvNet, chapter 7)", digit, simpleConvNet},
		{"deep", "six convolutions (the book's DeepConvNet, chapter 8)", digit, deepConvNet},
		{"fast", "two small convolutions, to be right about most digits after one epoch", digit, fast},
		{"best", "three convolutions, for the highest accuracy in two minutes", digit, best},
		{"lenet", "LeNet-5 of 1998, modernised: ReLU and max pooling, no connection table, softmax", digit, leNet},
		{"resnet", "three residual blocks, for 28 to 64 pixels (after He and others 2015; the book's section 8.2.4)", digit, resNet},
		{"mobile", "five depthwise separable convolutions, for 28 to 64 pixels (after Howard and others 2017)", digit, mobile},
		{"cifar", "six convolutions, normalized, behind one that whitens photographs of 32 pixels (after Jordan 2024)", photograph, cifar},
		{"small", "three residual blocks, for a folder of pictures of 32 to 128 pixels", photograph, small},
	}
}

// Find is the network of that name; an unknown one is an error that
// proposes the nearest.
func Find(name string) (Network, error) {
	for _, n := range All() {
		if n.Name == name {
			return n, nil
		}
	}
	return Network{}, suggest.Unknown("network", name, Names())
}

// Names are those that [Find] finds.
func Names() (names []string) {
	for _, n := range All() {
		names = append(names, n.Name)
	}
	return names
}

func twoLayer(classes int) []nn.Spec {
	return []nn.Spec{layers.Affine{Units: 50}, layers.ReLU{}, layers.Affine{Units: classes}, layers.Softmax{}}
}

func simpleConvNet(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 30, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 100}, layers.ReLU{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

func deepConvNet(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}, layers.ReLU{},
		layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 32, Kernel: 3, Pad: 1}, layers.ReLU{},
		layers.Convolution{Filters: 32, Kernel: 3, Pad: 2}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 64, Kernel: 3, Pad: 1}, layers.ReLU{},
		layers.Convolution{Filters: 64, Kernel: 3, Pad: 1}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 50}, layers.ReLU{}, layers.Dropout{Ratio: 0.5},
		layers.Affine{Units: classes}, layers.Dropout{Ratio: 0.5}, layers.Softmax{},
	}
}

func fast(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 16, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 32, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 64}, layers.ReLU{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

// best normalizes after pooling, where there is a quarter of the values and the
// convolution has already run as one with ReLU and pooling.
func best(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 32, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2}, layers.BatchNormalization{},
		layers.Convolution{Filters: 64, Kernel: 3, Pad: 1}, layers.ReLU{}, layers.BatchNormalization{},
		layers.Convolution{Filters: 64, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2}, layers.BatchNormalization{},
		layers.Affine{Units: 128}, layers.ReLU{}, layers.BatchNormalization{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

func leNet(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 6, Kernel: 5, Pad: 2}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 16, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 120}, layers.ReLU{},
		layers.Affine{Units: 84}, layers.ReLU{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

// resNet is the network of He and others 2015, section 4.2, with one block a
// stage and 1×1 convolutions where the shape changes, as MLPerf Tiny uses it.
func resNet(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.ReLU{},
		residualBlock(16, 1, nil), layers.ReLU{},
		residualBlock(32, 2, []nn.Spec{layers.Convolution{Filters: 32, Kernel: 1, Stride: 2}}), layers.ReLU{},
		residualBlock(64, 2, []nn.Spec{layers.Convolution{Filters: 64, Kernel: 1, Stride: 2}}), layers.ReLU{},
		layers.GlobalAveragePooling{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

// residualBlock is two convolutions, the first of the given stride.
func residualBlock(filters, stride int, shortcut []nn.Spec) nn.Spec {
	return layers.Residual{
		Body: []nn.Spec{
			layers.Convolution{Filters: filters, Kernel: 3, Stride: stride, Pad: 1}, layers.BatchNormalization{}, layers.ReLU{},
			layers.Convolution{Filters: filters, Kernel: 3, Pad: 1}, layers.BatchNormalization{},
		},
		Shortcut: shortcut,
	}
}

// cifar is like the network of Jordan's "94% on CIFAR-10 in 3.29 seconds on a
// single GPU" (2024) behind its first layer, a convolution of 2×2 that whitens the
// pictures (package datasets: Whitening), with ReLU and two narrower stages. The
// last features are divided by 9, which lets the layers before them learn at high
// rates.
func cifar(classes int) []nn.Spec {
	convolution := func(filters int) nn.Spec {
		return layers.Convolution{Filters: filters, Kernel: 3, Pad: 1, Init: nn.Dirac{}}
	}
	var specs []nn.Spec
	for _, filters := range []int{64, 128, 256} {
		specs = append(specs,
			convolution(filters), layers.Pooling{Size: 2}, layers.BatchNormalization{}, layers.ReLU{},
			convolution(filters), layers.BatchNormalization{}, layers.ReLU{})
	}
	return append(specs, layers.Pooling{Size: 3}, layers.Standardize{Mean: []float64{0}, Deviation: []float64{9}}, layers.Affine{Units: classes}, layers.Softmax{})
}

// small halves the picture before its first block, so that one of 128 pixels
// costs no more than it must, and learns from a few hundred of them.
func small(classes int) []nn.Spec {
	halved := func(filters int) nn.Spec {
		return residualBlock(filters, 2, []nn.Spec{layers.Convolution{Filters: filters, Kernel: 1, Stride: 2}})
	}
	return []nn.Spec{
		layers.Convolution{Filters: 32, Kernel: 3, Pad: 1}, layers.Pooling{Size: 2}, layers.BatchNormalization{}, layers.ReLU{},
		residualBlock(32, 1, nil), layers.ReLU{},
		halved(64), layers.ReLU{},
		halved(128), layers.ReLU{},
		layers.GlobalAveragePooling{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

// mobile is the MobileNet of Howard and others 2017, table 1, with fewer and
// narrower layers: each 3×3 convolution looks at one channel alone, and a 1×1
// convolution mixes the channels.
func mobile(classes int) []nn.Spec {
	specs := []nn.Spec{layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.ReLU{}}
	in := 16
	for _, block := range []struct{ filters, stride int }{{32, 1}, {64, 2}, {64, 1}, {128, 2}, {128, 1}} {
		specs = append(specs,
			layers.Convolution{Filters: in, Kernel: 3, Stride: block.stride, Pad: 1, Groups: in}, layers.BatchNormalization{}, layers.ReLU{},
			layers.Convolution{Filters: block.filters, Kernel: 1}, layers.BatchNormalization{}, layers.ReLU{})
		in = block.filters
	}
	return append(specs, layers.GlobalAveragePooling{}, layers.Affine{Units: classes}, layers.Softmax{})
}

// For lists the layers for samples of any shape and at least one class: of an
// image too small for them a kernel takes what there is, and a pooling is left
// out.
func (n Network) For(in nn.Shape, classes int) []nn.Spec {
	var specs []nn.Spec
	h, w := in.H, in.W
	for _, spec := range n.Specs(classes) {
		switch s := spec.(type) {
		case layers.Convolution:
			s.Kernel = min(s.Kernel, h+2*s.Pad, w+2*s.Pad)
			stride := max(s.Stride, 1)
			h, w = (h+2*s.Pad-s.Kernel)/stride+1, (w+2*s.Pad-s.Kernel)/stride+1
			spec = s
		case layers.Pooling:
			if min(h, w) < s.Size {
				continue
			}
			stride := cmp.Or(s.Stride, s.Size)
			h, w = (h+2*s.Pad-s.Size)/stride+1, (w+2*s.Pad-s.Size)/stride+1
		case layers.Affine, layers.GlobalAveragePooling:
			h, w = 1, 1
		}
		specs = append(specs, spec)
	}
	return specs
}
