package inspect_test

import (
	"fmt"
	"math/rand/v2"

	"tatami/layers"
	"tatami/layers/inspect"
	"tatami/nn"
)

// The gradient of a class's score tells which pixels matter to it: here those
// with a weight.
func Example() {
	net, err := nn.NewSequential(nn.Shape{H: 2, W: 2, C: 1}, rand.New(rand.NewPCG(1, 1)), layers.Affine{Units: 2}, layers.Softmax{})
	if err != nil {
		fmt.Println(err)
		return
	}
	copy(net.Params()[0].Value.Data, []float32{
		1, 0, 0, -2, // class 0
		0, 3, 0, 0, // class 1
	})
	image := nn.NewTensor(1, net.Input())
	fmt.Println(inspect.New(net).Saliency(image, 0))
	// Output: [1 0 0 -2]
}
