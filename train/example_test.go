package train_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// A network learns to tell rows from columns, watched epoch by epoch.
func ExampleTrainer() {
	data := bars(300, 1)
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 1)),
		layers.Convolution{Filters: 6, Kernel: 3}, layers.ReLU{}, layers.Affine{Units: 3})
	if err != nil {
		log.Fatal(err)
	}
	trainer := &train.Trainer{
		Net:      net,
		Loss:     layers.SoftmaxWithLoss{},
		Loader:   &datasets.Loader{Data: data, BatchSize: 20, Seed: 1},
		Rule:     optim.Adam{},
		Schedule: optim.Constant{Base: 0.01},
		Epochs:   5,
		Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Kind == train.Evaluated {
				fmt.Println("epoch", e.Epoch, "step", e.Step)
			}
			return nil // or train.Stop
		})},
	}
	if _, err := trainer.Fit(context.Background()); err != nil {
		log.Fatal(err)
	}
	e, err := train.Evaluate(net, trainer.Loss, bars(100, 2), 50)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("better than 90 %:", e.Accuracy() > 0.9)
	// Output:
	// epoch 1 step 15
	// epoch 2 step 30
	// epoch 3 step 45
	// epoch 4 step 60
	// epoch 5 step 75
	// better than 90 %: true
}

// wave is data that are generated when they are needed: a number from -1 to 1, and
// the sine of three times that.
type wave int

func (n wave) Len() int              { return int(n) }
func (wave) Input() nn.Shape         { return nn.Features(1) }
func (wave) Target() datasets.Target { return datasets.Target{Values: nn.Features(1)} }
func (wave) at(position int) float64 { return 2*math.Mod(0.618*float64(position), 1) - 1 }
func (n wave) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	for i, k := range index {
		x.Sample(i)[0] = float32(n.at(k))
		t.Values.Sample(i)[0] = float32(math.Sin(3 * n.at(k)))
	}
	return nil
}

// A network learns values instead of classes, from data of one's own: whatever
// has the methods of a [datasets.Source].
func ExampleTrainer_regression() {
	net, err := nn.NewSequential(nn.Features(1), rand.New(rand.NewPCG(1, 1)),
		layers.Affine{Units: 32}, layers.Tanh{}, layers.Affine{Units: 1})
	if err != nil {
		log.Fatal(err)
	}
	trainer := &train.Trainer{
		Net: net, Loss: layers.MeanSquaredError{}, Rule: optim.Adam{}, Schedule: optim.OneCycle{Max: 0.05, Steps: 40 * 25},
		Loader: &datasets.Loader{Data: wave(500), BatchSize: 20, Seed: 1}, Epochs: 40,
	}
	if _, err := trainer.Fit(context.Background()); err != nil {
		log.Fatal(err)
	}
	e, err := train.Evaluate(net, trainer.Loss, wave(1000), 100)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("mean error below 0.05:", e.AbsoluteError < 0.05)
	fmt.Println("accuracy:", e.Accuracy())
	y := net.Predict(&nn.Tensor{N: 1, Shape: nn.Features(1), Data: []float32{math.Pi / 6}})
	fmt.Printf("at π/6 it gives about %.1f\n", y.Data[0])
	// Output:
	// mean error below 0.05: true
	// accuracy: NaN
	// at π/6 it gives about 1.0
}
