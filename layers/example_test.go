package layers_test

import (
	"fmt"
	"math/rand/v2"

	"tatami/layers"
	"tatami/nn"
)

// The textbook's own arithmetic: a 4×4 image under a 3×3 kernel.
func ExampleConvolution() {
	rng := rand.New(rand.NewPCG(1, 1))
	net, err := nn.NewSequential(nn.Shape{H: 4, W: 4, C: 1}, rng, layers.Convolution{Filters: 1, Kernel: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	weight := net.Params()[0].Value
	copy(weight.Data, []float32{
		1, 0, -1,
		0, 1, 0,
		-1, 0, 1,
	})
	image := nn.NewTensor(1, net.Input())
	for i := range image.Data {
		image.Data[i] = float32(1 + i) // 1 to 16
	}
	y := net.NewPass(nn.PassConfig{Capacity: 1}).Forward(image)
	fmt.Println(y.Data[:2])
	fmt.Println(y.Data[2:])
	// Output:
	// [6 7]
	// [10 11]
}

// The book's SimpleConvNet, written as the book draws it. The shapes between
// its layers are worked out from the first.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	net, err := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 1}, rng,
		layers.Convolution{Filters: 30, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 100}, layers.ReLU{},
		layers.Affine{Units: 10}, layers.Softmax{},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(net)
	// Output:
	// layer                output  parameters  multiply-adds
	// input               28×28×1
	// 1 Convolution 5×5  24×24×30         780        432,000
	// 2 ReLU             24×24×30           0              0
	// 3 Pooling max 2×2  12×12×30           0              0
	// 4 Affine 100            100     432,100        432,000
	// 5 ReLU                  100           0              0
	// 6 Affine 10              10       1,010          1,000
	// 7 Softmax                10           0              0
	// total                           433,890        865,000
}

// A step of training by hand: forth, loss, back, and down the gradient. Package
// train does this with shards, schedules and optimizers.
func Example_training() {
	rng := rand.New(rand.NewPCG(1, 1))
	net, err := nn.NewSequential(nn.Features(2), rng,
		layers.Affine{Units: 8}, layers.Tanh{}, layers.Affine{Units: 2}, layers.Softmax{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Exclusive or: which no single affine layer can learn.
	x := &nn.Tensor{N: 4, Shape: nn.Features(2), Data: []float32{0, 0, 0, 1, 1, 0, 1, 1}}
	targets := nn.Targets{Labels: []int{0, 1, 1, 0}}
	loss := layers.SoftmaxWithLoss{}
	p := net.NewPass(nn.PassConfig{Capacity: 4, Training: true, NeedsBackward: true, Loss: loss})
	for range 200 {
		y := p.Forward(x)
		loss.Loss(p.OutputGradient(), y, targets, x.N)
		p.ClearGradients()
		p.Backward(p.OutputGradient())
		for i, gradient := range p.ParamGradients() {
			for k, g := range gradient {
				net.Params()[i].Value.Data[k] -= 0.5 * g
			}
		}
	}
	y := net.Predict(x)
	for n := range y.N {
		fmt.Println(x.Sample(n), y.Sample(n)[1] > 0.5)
	}
	// Output:
	// [0 0] false
	// [0 1] true
	// [1 0] true
	// [1 1] false
}

// A convolution is four loops: the same image and kernel as above.
func ExampleConvolution_loops() {
	image := [4][4]float32{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {13, 14, 15, 16}}
	filter := [3][3]float32{{1, 0, -1}, {0, 1, 0}, {-1, 0, 1}}
	var output [2][2]float32
	for i := range output {
		for j := range output[i] {
			for u := range filter {
				for v := range filter[u] {
					output[i][j] += image[i+u][j+v] * filter[u][v]
				}
			}
		}
	}
	fmt.Println(output)
	// Output:
	// [[6 7] [10 11]]
}

// Two filters on one image give two maps, stacked: the channels of what the next
// layer sees.
func ExampleConvolution_filters() {
	net, err := nn.NewSequential(nn.Shape{H: 4, W: 4, C: 1}, nil, layers.Convolution{Filters: 2, Kernel: 3, Init: nn.Zero{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	copy(net.Params()[0].Value.Data, []float32{
		1, 0, -1, 0, 1, 0, -1, 0, 1, // the first filter
		-1, 0, 1, -1, 0, 1, -1, 0, 1, // the second: brighter to the right
	})
	image := nn.NewTensor(1, net.Input())
	for i := range image.Data {
		image.Data[i] = float32(1 + i)
	}
	y := net.Activations(image)[0]
	fmt.Println(y.Shape, y.Data)
	// Output:
	// 2×2×2 [6 6 7 6 10 6 11 6]
}
