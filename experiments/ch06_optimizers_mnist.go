package experiments

import (
	"context"

	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

func optimizersMNIST() Experiment {
	racers := []racer{
		{"SGD", "he-sgd", nn.He{}, optim.SGD{}, 0.01},
		{"Momentum", "he-momentum", nn.He{}, optim.Momentum{}, 0.01},
		{"AdaGrad", "he-adagrad", nn.He{}, optim.AdaGrad{Epsilon: 1e-7}, 0.01},
		{"Adam", "he-adam", nn.He{}, optim.Adam{Epsilon: 1e-7}, 0.001},
	}
	return Experiment{
		ID: "ch06-optimizers-mnist", Title: "Optimizers on MNIST", Chapter: 6, Section: "section 6.1.8", Version: 1,
		Setup: "Four hidden layers of 100, ReLU, He, batch 128, 2,000 updates; SGD, Momentum and AdaGrad at 0.01, Adam at " +
			"0.001. Here all four start with the same weights, in the book each with its own. The book's Adam adds 1e-7 to " +
			"the root of the uncorrected v, ours to that of the corrected one, which differs in the first updates only. " +
			"A factor of 2 is accepted, since the loss is that of one batch: the book's figure for SGD is 0.150 here and " +
			"0.286 in section 6.2.4, from the same set-up.",
		Lesson: "Momentum, AdaGrad and Adam go down faster than plain SGD, here AdaGrad first.",
		Rows: []Row{
			factor(at1900(racers[0]), 0.150, 2),
			factor(at1900(racers[1]), 0.050, 2),
			factor(at1900(racers[2]), 0.016, 2),
			factor(at1900(racers[3]), 0.032, 2),
			shown(lately(racers[0]), ""),
			shown(lately(racers[1]), ""),
			shown(lately(racers[2]), ""),
			shown(lately(racers[3]), ""),
		},
		Run: func(ctx context.Context, r *Run) error {
			last, f, err := race(ctx, r, racers, "Four optimizers on MNIST", 1)
			if err != nil {
				return err
			}
			for _, name := range []string{"Momentum", "AdaGrad", "Adam"} {
				r.Claim(name+" ends below SGD", last[name] < last["SGD"])
			}
			r.Claim("AdaGrad ends below Momentum", last["AdaGrad"] < last["Momentum"])
			return r.Figure("loss", "Loss after each update, smoothed over 11 updates (figure 6-9).", f)
		},
	}
}

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

// race trains each for 2,000 updates, measures its rows, and draws the losses
// from 0 to top. It returns each one's mean loss of the last tenth.
func race(ctx context.Context, r *Run, racers []racer, title string, top float64) (last map[string]float64, f plots.Figure, err error) {
	train, _, err := r.MNIST()
	if err != nil {
		return nil, nil, err
	}
	last = map[string]float64{}
	var marks []plots.Mark
	var losses [][]Number
	header := []string{"update"}
	for i, c := range racers {
		statusOf(r, i, len(racers), "%s", c.name)
		_, log, err := r.Trained("ch06-race-"+c.file, 1, func() (*nn.Sequential, *Log, error) {
			net, err := multiLayerNet{Hidden: hidden(4), Init: c.init}.build(r.Rand(1))
			if err != nil {
				return nil, nil, err
			}
			log, err := protocol{
				Net: net, Train: train, Batch: 128, Rule: c.rule, Rate: c.rate,
				Updates: r.Scale(2000, 300), LogLoss: true, Evaluate: -1,
			}.fit(ctx, r)
			return net, log, err
		})
		if err != nil {
			return nil, nil, err
		}
		n := len(log.Loss)
		last[c.name] = mean(log.Loss[n-n/10:])
		r.Measure(at1900(c), float64(log.Loss[r.Scale(1900, n-1)]))
		r.Measure(lately(c), last[c.name])
		line := curve(c.name, log.Loss)
		line.Smooth = 11
		marks, losses, header = append(marks, line), append(losses, log.Loss), append(header, c.name)
	}
	if err := r.CSV("loss", header, columns(losses...)); err != nil {
		return nil, nil, err
	}
	f, err = plots.Chart(plots.ChartOptions{
		Title: title, X: plots.Axis{Label: "update"}, Y: plots.Axis{Label: "training loss (nats)", Max: top},
	}, marks...)
	return last, f, err
}
