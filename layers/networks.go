package layers

import (
	"cmp"

	"tatami/internal/suggest"
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

// Networks lists the networks that have names.
func Networks() []Network {
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
		{"cifar", "seven convolutions, normalized, for photographs of 32 pixels (after Jordan 2024)", photograph, cifar},
		{"small", "three residual blocks, for a folder of pictures of 32 to 128 pixels", photograph, small},
	}
}

// FindNetwork is the network of that name; an unknown one is an error that
// proposes the nearest.
func FindNetwork(name string) (Network, error) {
	var names []string
	for _, n := range Networks() {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return Network{}, suggest.Unknown("network", name, names)
}

func twoLayer(classes int) []nn.Spec {
	return []nn.Spec{Affine{Units: 50}, ReLU{}, Affine{Units: classes}, Softmax{}}
}

func simpleConvNet(classes int) []nn.Spec {
	return []nn.Spec{
		Convolution{Filters: 30, Kernel: 5}, ReLU{}, Pooling{Size: 2},
		Affine{Units: 100}, ReLU{},
		Affine{Units: classes}, Softmax{},
	}
}

func deepConvNet(classes int) []nn.Spec {
	return []nn.Spec{
		Convolution{Filters: 16, Kernel: 3, Pad: 1}, ReLU{},
		Convolution{Filters: 16, Kernel: 3, Pad: 1}, ReLU{}, Pooling{Size: 2},
		Convolution{Filters: 32, Kernel: 3, Pad: 1}, ReLU{},
		Convolution{Filters: 32, Kernel: 3, Pad: 2}, ReLU{}, Pooling{Size: 2},
		Convolution{Filters: 64, Kernel: 3, Pad: 1}, ReLU{},
		Convolution{Filters: 64, Kernel: 3, Pad: 1}, ReLU{}, Pooling{Size: 2},
		Affine{Units: 50}, ReLU{}, Dropout{Ratio: 0.5},
		Affine{Units: classes}, Dropout{Ratio: 0.5}, Softmax{},
	}
}

func fast(classes int) []nn.Spec {
	return []nn.Spec{
		Convolution{Filters: 16, Kernel: 5}, ReLU{}, Pooling{Size: 2},
		Convolution{Filters: 32, Kernel: 3}, ReLU{}, Pooling{Size: 2},
		Affine{Units: 64}, ReLU{},
		Affine{Units: classes}, Softmax{},
	}
}

// best normalizes after pooling, where there is a quarter of the values and the
// convolution has already run as one with ReLU and pooling.
func best(classes int) []nn.Spec {
	return []nn.Spec{
		Convolution{Filters: 32, Kernel: 5}, ReLU{}, Pooling{Size: 2}, BatchNormalization{},
		Convolution{Filters: 64, Kernel: 3, Pad: 1}, ReLU{}, BatchNormalization{},
		Convolution{Filters: 64, Kernel: 3}, ReLU{}, Pooling{Size: 2}, BatchNormalization{},
		Affine{Units: 128}, ReLU{}, BatchNormalization{},
		Affine{Units: classes}, Softmax{},
	}
}

func leNet(classes int) []nn.Spec {
	return []nn.Spec{
		Convolution{Filters: 6, Kernel: 5, Pad: 2}, ReLU{}, Pooling{Size: 2},
		Convolution{Filters: 16, Kernel: 5}, ReLU{}, Pooling{Size: 2},
		Affine{Units: 120}, ReLU{},
		Affine{Units: 84}, ReLU{},
		Affine{Units: classes}, Softmax{},
	}
}

// resNet is the network of He and others 2015, section 4.2, with one block a
// stage and 1×1 convolutions where the shape changes, as MLPerf Tiny uses it.
func resNet(classes int) []nn.Spec {
	return []nn.Spec{
		Convolution{Filters: 16, Kernel: 3, Pad: 1}, BatchNormalization{}, ReLU{},
		residualBlock(16, 1, nil), ReLU{},
		residualBlock(32, 2, []nn.Spec{Convolution{Filters: 32, Kernel: 1, Stride: 2}}), ReLU{},
		residualBlock(64, 2, []nn.Spec{Convolution{Filters: 64, Kernel: 1, Stride: 2}}), ReLU{},
		GlobalAveragePooling{},
		Affine{Units: classes}, Softmax{},
	}
}

// residualBlock is two convolutions, the first of the given stride.
func residualBlock(filters, stride int, shortcut []nn.Spec) nn.Spec {
	return Residual{
		Body: []nn.Spec{
			Convolution{Filters: filters, Kernel: 3, Stride: stride, Pad: 1}, BatchNormalization{}, ReLU{},
			Convolution{Filters: filters, Kernel: 3, Pad: 1}, BatchNormalization{},
		},
		Shortcut: shortcut,
	}
}

// cifar is like the network of Jordan's "94% on CIFAR-10 in 3.29 seconds on a
// single GPU" (2024), with ReLU, a narrower end, and a first layer that learns
// instead of one that whitens.
func cifar(classes int) []nn.Spec {
	specs := []nn.Spec{Convolution{Filters: 32, Kernel: 3, Pad: 1}, BatchNormalization{}, ReLU{}}
	for _, filters := range []int{64, 128, 256} {
		specs = append(specs,
			Convolution{Filters: filters, Kernel: 3, Pad: 1}, Pooling{Size: 2}, BatchNormalization{}, ReLU{},
			Convolution{Filters: filters, Kernel: 3, Pad: 1}, BatchNormalization{}, ReLU{})
	}
	return append(specs, GlobalAveragePooling{}, Affine{Units: classes}, Softmax{})
}

// small halves the picture before its first block, so that one of 128 pixels
// costs no more than it must, and learns from a few hundred of them.
func small(classes int) []nn.Spec {
	halved := func(filters int) nn.Spec {
		return residualBlock(filters, 2, []nn.Spec{Convolution{Filters: filters, Kernel: 1, Stride: 2}})
	}
	return []nn.Spec{
		Convolution{Filters: 32, Kernel: 3, Pad: 1}, Pooling{Size: 2}, BatchNormalization{}, ReLU{},
		residualBlock(32, 1, nil), ReLU{},
		halved(64), ReLU{},
		halved(128), ReLU{},
		GlobalAveragePooling{},
		Affine{Units: classes}, Softmax{},
	}
}

// mobile is the MobileNet of Howard and others 2017, table 1, with fewer and
// narrower layers: each 3×3 convolution looks at one channel alone, and a 1×1
// convolution mixes the channels.
func mobile(classes int) []nn.Spec {
	specs := []nn.Spec{Convolution{Filters: 16, Kernel: 3, Pad: 1}, BatchNormalization{}, ReLU{}}
	in := 16
	for _, block := range []struct{ filters, stride int }{{32, 1}, {64, 2}, {64, 1}, {128, 2}, {128, 1}} {
		specs = append(specs,
			Convolution{Filters: in, Kernel: 3, Stride: block.stride, Pad: 1, Groups: in}, BatchNormalization{}, ReLU{},
			Convolution{Filters: block.filters, Kernel: 1}, BatchNormalization{}, ReLU{})
		in = block.filters
	}
	return append(specs, GlobalAveragePooling{}, Affine{Units: classes}, Softmax{})
}

// For lists the layers for samples of any shape and at least one class: of an
// image too small for them a kernel takes what there is, and a pooling is left
// out.
func (n Network) For(in nn.Shape, classes int) []nn.Spec {
	var specs []nn.Spec
	h, w := in.H, in.W
	for _, spec := range n.Specs(classes) {
		switch s := spec.(type) {
		case Convolution:
			s.Kernel = min(s.Kernel, h+2*s.Pad, w+2*s.Pad)
			stride := max(s.Stride, 1)
			h, w = (h+2*s.Pad-s.Kernel)/stride+1, (w+2*s.Pad-s.Kernel)/stride+1
			spec = s
		case Pooling:
			if min(h, w) < s.Size {
				continue
			}
			stride := cmp.Or(s.Stride, s.Size)
			h, w = (h+2*s.Pad-s.Size)/stride+1, (w+2*s.Pad-s.Size)/stride+1
		case Affine, GlobalAveragePooling:
			h, w = 1, 1
		}
		specs = append(specs, spec)
	}
	return specs
}
