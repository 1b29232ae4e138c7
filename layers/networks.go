package layers

import (
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
	digit := nn.Shape{H: 28, W: 28, C: 1}
	return []Network{
		{"mlp", "two affine layers, 784-50-10 (the book's TwoLayerNet, chapter 5)", digit, twoLayer},
		{"simple", "one convolution (the book's SimpleConvNet, chapter 7)", digit, simpleConvNet},
		{"deep", "six convolutions (the book's DeepConvNet, chapter 8)", digit, deepConvNet},
		{"fast", "two small convolutions, to be right about most digits after one epoch", digit, fast},
		{"best", "three convolutions, for the highest accuracy in two minutes", digit, best},
		{"lenet", "LeNet-5 of 1998, modernised: ReLU and max pooling, no connection table, softmax", digit, leNet},
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
