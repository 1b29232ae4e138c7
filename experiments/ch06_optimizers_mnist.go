package experiments

import (
	"tatami/experiments/lab"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// racer is a way to train four hidden layers of 100. The one of He and SGD
// runs in two of the book's races, and is trained once.
type racer struct {
	name, file string
	init       nn.Initializer
	rule       optim.Rule
	rate       float64
}

// at1900 and lately are the rows that race measures of a racer.
func at1900(c racer) string { return c.name + ": loss at update 1,900" }
func lately(c racer) string { return c.name + ": mean loss of the last tenth" }

// optimizerRacers are the book's four optimizers.
func optimizerRacers() []racer {
	return []racer{
		{"SGD", "he-sgd", nn.He{}, optim.SGD{}, 0.01},
		{"Momentum", "he-momentum", nn.He{}, optim.Momentum{}, 0.01},
		{"AdaGrad", "he-adagrad", nn.He{}, optim.AdaGrad{Epsilon: 1e-7}, 0.01},
		{"Adam", "he-adam", nn.He{}, optim.Adam{Epsilon: 1e-7}, 0.001},
	}
}

func runOptimizersMNIST(r *lab.Run) {
	last := race(r, optimizerRacers(), "Four optimizers on MNIST", 1)
	r.Claim("Momentum below SGD", last["Momentum"] < last["SGD"])
	r.Claim("AdaGrad below SGD", last["AdaGrad"] < last["SGD"])
	r.Claim("Adam below SGD", last["Adam"] < last["SGD"])
	r.Claim("AdaGrad below Momentum", last["AdaGrad"] < last["Momentum"])
}

// race trains each for 2,000 updates, measures its rows, and draws the losses
// from 0 to top. It returns each one's mean loss of the last tenth.
func race(r *lab.Run, racers []racer, title string, top float64) (last map[string]float64) {
	last = map[string]float64{}
	var marks []plots.Mark
	var losses []lab.Numbers
	header := []string{"update"}
	for i, c := range racers {
		r.Part(i, len(racers), "%s", c.name)
		_, log := r.Trained("ch06-race-"+c.file, 1, func() (*nn.Sequential, *lab.Log) {
			net := lab.MultiLayerNet{Hidden: lab.Hidden(4), Init: c.init}.Build(r, r.Rand(1))
			return net, r.Fit(lab.Protocol{
				Net: net, Training: r.Training(), Batch: 128, Rule: c.rule, Rate: c.rate,
				Updates: r.Scale(2000, 300), LogLoss: true, Evaluate: -1,
			})
		})
		if r.Failed() {
			return nil
		}
		n := len(log.Loss)
		last[c.name] = log.Loss[n-n/10:].Mean()
		r.Measure(at1900(c), float64(log.Loss[r.Scale(1900, n-1)]))
		r.Measure(lately(c), last[c.name])
		line := log.Loss.Curve(c.name)
		line.Smooth = 11
		marks, losses, header = append(marks, line), append(losses, log.Loss), append(header, c.name)
	}
	r.CSV("loss", header, lab.Columns(losses...))
	r.Chart("loss", plots.ChartOptions{
		Title: title, X: plots.Axis{Label: "update"}, Y: plots.Axis{Label: "training loss (nats)", Max: top},
	}, marks...)
	return last
}

func optimizersMNIST() lab.Experiment {
	racers := optimizerRacers()
	return lab.Experiment{
		ID: "ch06-optimizers-mnist", Title: "Optimizers on MNIST", Chapter: 6, Section: "section 6.1.8", Version: 1,
		Setup: "Four hidden layers of 100, ReLU, He, batch 128, 2,000 updates; SGD, Momentum and AdaGrad at 0.01, Adam at " +
			"0.001. Here all four start with the same weights, in the book each with its own. The book's Adam adds 1e-7 to " +
			"the root of the uncorrected v, ours to that of the corrected one, which differs in the first updates only. " +
			"A factor of 2 is accepted, since the loss is that of one batch: the book's figure for SGD is 0.150 here and " +
			"0.286 in section 6.2.4, from the same set-up.",
		Lesson: "Momentum, AdaGrad and Adam go down faster than plain SGD, here AdaGrad first.",
		Rows: []lab.Row{
			lab.Factor(at1900(racers[0]), 0.150, 2),
			lab.Factor(at1900(racers[1]), 0.050, 2),
			lab.Factor(at1900(racers[2]), 0.016, 2),
			lab.Factor(at1900(racers[3]), 0.032, 2),
			lab.Shown(lately(racers[0]), ""),
			lab.Shown(lately(racers[1]), ""),
			lab.Shown(lately(racers[2]), ""),
			lab.Shown(lately(racers[3]), ""),
		},
		Claims: lab.Texts{
			"Momentum below SGD":     "Momentum ends below SGD",
			"AdaGrad below SGD":      "AdaGrad ends below SGD",
			"Adam below SGD":         "Adam ends below SGD",
			"AdaGrad below Momentum": "AdaGrad ends below Momentum",
		},
		Figures: lab.Texts{
			"loss": "Loss after each update, smoothed over 11 updates (figure 6-9).",
		},
		Run: runOptimizersMNIST,
	}
}
