package train_test

import (
	"context"
	"fmt"
	"log"
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
