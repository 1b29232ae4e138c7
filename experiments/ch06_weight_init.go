package experiments

import (
	"context"

	"tatami/nn"
	"tatami/optim"
)

func weightInit() Experiment {
	racers := []racer{
		{"std 0.01", "std-sgd", nn.Normal{Std: 0.01}, optim.SGD{}, 0.01},
		{"Xavier", "xavier-sgd", nn.Xavier{}, optim.SGD{}, 0.01},
		{"He", "he-sgd", nn.He{}, optim.SGD{}, 0.01},
	}
	return Experiment{
		ID: "ch06-weight-init", Title: "Initial weights on MNIST", Chapter: 6, Section: "section 6.2.4", Version: 1,
		Setup: "Four hidden layers of 100, ReLU, batch 128, 2,000 updates of SGD at 0.01; weights normal with deviation 0.01, " +
			"√(1/n) (Xavier) and √(2/n) (He), the same draw scaled. A factor of 2 is accepted, since the loss is that of one " +
			"batch: the book has 0.286 for He here and 0.150 in section 6.1.8, from the same set-up. For 0.01, which is " +
			"stuck at ln 10 = 2.303, ±0.02 is accepted.",
		Lesson: "Weights of 0.01 let the signal die from layer to layer, and nothing is learned; with ReLU, He's go down fastest.",
		Rows: []Row{
			near(at1900(racers[0]), 2.305, 0.02),
			factor(at1900(racers[1]), 0.377, 2),
			factor(at1900(racers[2]), 0.286, 2),
			shown(lately(racers[0]), ""),
			shown(lately(racers[1]), ""),
			shown(lately(racers[2]), ""),
		},
		Run: func(ctx context.Context, r *Run) error {
			last, f, err := race(ctx, r, racers, "Three initializations on MNIST", 2.5)
			if err != nil {
				return err
			}
			r.Claim("with std 0.01 the loss is stuck at 2.30", abs(last["std 0.01"]-2.303) < 0.01)
			r.Claim("He ends below Xavier, Xavier below std 0.01", last["He"] < last["Xavier"] && last["Xavier"] < last["std 0.01"]-0.1)
			return r.Figure("loss", "Loss after each update, smoothed over 11 updates (figure 6-15).", f)
		},
	}
}
