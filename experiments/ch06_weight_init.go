package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/nn"
	"tatami/optim"
)

// initRacers are the book's three ways to draw initial weights.
func initRacers() []racer {
	return []racer{
		{"std 0.01", "std-sgd", nn.Normal{Std: 0.01}, optim.SGD{}, 0.01},
		{"Xavier", "xavier-sgd", nn.Xavier{}, optim.SGD{}, 0.01},
		{"He", "he-sgd", nn.He{}, optim.SGD{}, 0.01},
	}
}

func runWeightInit(r *lab.Run) {
	last := race(r, initRacers(), "Three initializations on MNIST", 2.5)
	r.Claim("std 0.01 is stuck", math.Abs(last["std 0.01"]-2.303) < 0.01)
	r.Claim("He first", last["He"] < last["Xavier"] && last["Xavier"] < last["std 0.01"]-0.1)
}

func weightInit() lab.Experiment {
	racers := initRacers()
	return lab.Experiment{
		ID: "ch06-weight-init", Title: "Initial weights on MNIST", Chapter: 6, Section: "section 6.2.4", Version: 1,
		Setup: "Four hidden layers of 100, ReLU, batch 128, 2,000 updates of SGD at 0.01; weights normal with deviation 0.01, " +
			"√(1/n) (Xavier) and √(2/n) (He), the same draw scaled. A factor of 2 is accepted, since the loss is that of one " +
			"batch: the book has 0.286 for He here and 0.150 in section 6.1.8, from the same set-up. For 0.01, which is " +
			"stuck at ln 10 = 2.303, ±0.02 is accepted.",
		Lesson: "Weights of 0.01 let the signal die from layer to layer, and nothing is learned; with ReLU, He's go down fastest.",
		Rows: []lab.Row{
			lab.Near(at1900(racers[0]), 2.305, 0.02),
			lab.Factor(at1900(racers[1]), 0.377, 2),
			lab.Factor(at1900(racers[2]), 0.286, 2),
			lab.Shown(lately(racers[0]), ""),
			lab.Shown(lately(racers[1]), ""),
			lab.Shown(lately(racers[2]), ""),
		},
		Claims: lab.Texts{
			"std 0.01 is stuck": "with std 0.01 the loss is stuck at 2.30",
			"He first":          "He ends below Xavier, Xavier below std 0.01",
		},
		Figures: lab.Texts{
			"loss": "Loss after each update, smoothed over 11 updates (figure 6-15).",
		},
		Run: runWeightInit,
	}
}
