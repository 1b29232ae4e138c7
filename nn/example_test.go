package nn_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
)

// A network is described front to back, saved with its description, loaded and
// asked. Errors are left out for once.
func Example() {
	rng := rand.New(rand.NewPCG(1, 1))
	net, _ := nn.NewSequential(nn.Shape{H: 8, W: 8, C: 1}, rng,
		layers.Convolution{Filters: 4, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 2}, layers.Softmax{})

	dir, _ := os.MkdirTemp("", "tatami")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	nn.Save(path, &nn.Model{Sequential: net, Classes: []string{"cat", "dog"}})

	m, _ := nn.Load(path, layers.Catalog())
	x := nn.NewTensor(3, m.Input()) // three images, all dark
	y := m.Probabilities(x)
	fmt.Println(m.Input(), "to", m.Output(), "for", m.Classes[nn.Argmax(y.Sample(0))])
	// Output: 8×8×1 to 2 for cat
}

// A loop of one's own, on data of one's own: forward, loss, backward, step. It
// fits the plane z = 2x − 3y + 1, whose answers are numbers and no classes.
func ExampleSequential_NewPass() {
	rng := rand.New(rand.NewPCG(1, 1))
	net, err := nn.NewSequential(nn.Features(2), rng, layers.Affine{Units: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	const batch = 20
	loss := layers.MeanSquaredError{}
	pass := net.NewPass(nn.PassConfig{Capacity: batch, Training: true, NeedsBackward: true, Loss: loss})
	optimizer := optim.New(optim.Adam{}, net.Params())
	x, z := nn.NewTensor(batch, net.Input()), nn.NewTensor(batch, net.Output())
	for range 1000 {
		for n := range batch {
			point := x.Sample(n)
			point[0], point[1] = rng.Float32(), rng.Float32()
			z.Sample(n)[0] = 2*point[0] - 3*point[1] + 1
		}
		y := pass.Forward(x)
		loss.Loss(pass.OutputGradient(), y, nn.Targets{Values: z}, batch)
		pass.ClearGradients()
		pass.Backward(pass.OutputGradient())
		optimizer.Step(0.02, pass.Gradients())
		pass.Step++ // for layers that draw random numbers, such as Dropout
	}
	fmt.Printf("%.2f\n", net.Predict(&nn.Tensor{N: 1, Shape: net.Input(), Data: []float32{1, 1}}).Data)
	// Output: [0.00]
}

// Transfer: a network's first layers keep what they have learned, and new ones
// after them learn other classes.
func ExampleSequential_Freeze() {
	rng := rand.New(rand.NewPCG(1, 1))
	digits, _ := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 1}, rng,
		layers.Convolution{Filters: 8, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 4},
		layers.Affine{Units: 10}, layers.Softmax{})

	kana, _ := digits.Part(0, 3).Append(rng, layers.Affine{Units: 49}, layers.Softmax{})
	kana, _ = kana.Freeze(3)

	o := optim.New(optim.Adam{}, kana.Params())
	fmt.Println(o.Size(), "of", nn.CountParams(kana.Params()), "values learn")
	// Output: 14161 of 14369 values learn
}

// Gain is a layer of one's own: y = factor·x, one factor for all. Any struct
// that can be built is a description.
type Gain struct{ Start float32 }

func (g Gain) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	factor := nn.NewTensor(1, nn.Features(1))
	factor.Data[0] = g.Start
	return &gain{in, &nn.Param{Name: "factor", Value: factor}}, nil
}

type gain struct {
	shape  nn.Shape
	factor *nn.Param
}

func (l *gain) OutShape() nn.Shape  { return l.shape }
func (l *gain) Params() []*nn.Param { return []*nn.Param{l.factor} }

func (l *gain) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i, v := range x.Data {
		y.Data[i] = l.factor.Value.Data[0] * v
	}
}

func (l *gain) Backward(c *nn.Context, dx, dy, x, _ *nn.Tensor) {
	for i, d := range dy.Data {
		c.Grad(l.factor)[0] += d * x.Data[i]
		if dx != nil {
			dx.Data[i] = d * l.factor.Value.Data[0]
		}
	}
}

// A layer of one's own is saved as any other, and loaded by a catalog that has
// its type. Package nntest checks its maths in one line.
func ExampleCatalog() {
	rng := rand.New(rand.NewPCG(1, 1))
	net, _ := nn.NewSequential(nn.Features(2), rng, Gain{Start: 3})
	var file bytes.Buffer
	nn.Encode(&file, &nn.Model{Sequential: net})

	catalog := layers.Catalog()
	catalog["Gain"] = Gain{}
	m, err := nn.Decode(bytes.NewReader(file.Bytes()), int64(file.Len()), catalog)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Predict(&nn.Tensor{N: 1, Shape: m.Input(), Data: []float32{1, 2}}).Data)
	// Output: [3 6]
}
