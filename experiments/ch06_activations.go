package experiments

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// named is a thing with its name in the table.
type named[T any] struct {
	name string
	it   T
}

func histogramActivations() []named[nn.Spec] {
	return []named[nn.Spec]{{"sigmoid", layers.Sigmoid{}}, {"tanh", layers.Tanh{}}, {"ReLU", layers.ReLU{}}}
}

func histogramInits() []named[nn.Initializer] {
	return []named[nn.Initializer]{
		{"std 1", nn.Normal{Std: 1}}, {"std .01", nn.Normal{Std: 0.01}}, {"Xavier", nn.Xavier{}}, {"He", nn.He{}},
	}
}

// Rows that a claim is about.
const (
	sigmoidEnds = "sigmoid, std 1: share of layer 5 within .1 of 0 or 1"
	tanhEnds    = "tanh, std 1: share of layer 5 within .1 of -1 or 1"
	xavierKeeps = "ReLU, Xavier: std of layer 5 / layer 1"
	heKeeps     = "ReLU, He: std of layer 5 / layer 1"
)

func runActivationHistograms(r *lab.Run) {
	const depth = 5
	inits := histogramInits()
	x := nn.NewTensor(1000, nn.Features(100))
	rng := r.Rand(1)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	var rows [][]any
	first, fifth := map[string]float64{}, map[string]float64{} // deviations after layers 1 and 5
	ends := map[string]float64{}                               // share of layer 5 within .1 of where the function ends
	for a, activation := range histogramActivations() {
		var panels []plots.Figure
		var names []string
		for k, init := range inits {
			var specs []nn.Spec
			for range depth {
				specs = append(specs, layers.Affine{Units: 100, Init: init.it}, activation.it)
			}
			net := r.Network(x.Shape, r.Rand(uint64(2+len(inits)*a+k)), specs...)
			if r.Failed() {
				return
			}
			key := activation.name + ", " + init.name
			names = append(names, init.name)
			for i, y := range net.Activations(x) {
				if i%2 == 0 {
					continue // the affine layer's
				}
				mean, std := moments(y.Data)
				if i == 1 {
					first[key] = std
				}
				fifth[key], ends[key] = std, atEnds(y.Data)
				rows = append(rows, []any{activation.name, init.name, i/2 + 1, mean, std})
				x, count := plots.Axis{Min: 0, Max: 1}, plots.Axis{Max: 20_000}
				switch activation.name {
				case "tanh":
					x.Min = -1
				case "ReLU": // half of all values are 0
					x.Max, count.Max = 3, 7000
				}
				panels = append(panels, r.Drawn(plots.Chart(plots.ChartOptions{Title: fmt.Sprintf("layer %d", i/2+1), Note: fmt.Sprintf("std %.2g", std),
					X: x, Y: count, Width: 165, Height: 120}, plots.Histogram{Values: y.Data})))
			}
			r.Measure(key+": std of layer 5", fifth[key])
		}
		r.Grid(strings.ToLower(activation.name), plots.GridOptions{Columns: depth, Rows: names}, panels...)
	}
	r.Measure(sigmoidEnds, ends["sigmoid, std 1"])
	r.Measure(tanhEnds, ends["tanh, std 1"])
	r.Measure(xavierKeeps, fifth["ReLU, Xavier"]/first["ReLU, Xavier"])
	r.Measure(heKeeps, fifth["ReLU, He"]/first["ReLU, He"])
	r.Claim("std 1: at the ends", min(ends["sigmoid, std 1"], ends["tanh, std 1"]) > 0.5)
	r.Claim("std .01: nothing left", max(fifth["sigmoid, std .01"], fifth["tanh, std .01"], fifth["ReLU, std .01"]) < 0.05)
	r.Claim("Xavier keeps sigmoid and tanh",
		min(fifth["sigmoid, Xavier"], fifth["tanh, Xavier"]) > 0.08 && max(ends["sigmoid, Xavier"], ends["tanh, Xavier"]) < 0.1)
	r.Claim("ReLU needs He", fifth["ReLU, Xavier"] < 0.5*first["ReLU, Xavier"] && fifth["ReLU, He"] > 0.5*first["ReLU, He"])
	r.CSV("moments", []string{"activation", "weights", "layer", "mean", "std"}, rows)
}

// atEnds is the share of values within .1 of the ends of sigmoid or tanh. It
// says nothing about ReLU.
func atEnds(values []float32) (share float64) {
	low := float32(0)
	if slices.Min(values) < 0 {
		low = -1
	}
	for _, v := range values {
		if v < low+0.1 || v > 0.9 {
			share += 1 / float64(len(values))
		}
	}
	return share
}

// moments are the mean and standard deviation of values.
func moments(values []float32) (mean, deviation float64) {
	for _, v := range values {
		mean += float64(v) / float64(len(values))
	}
	for _, v := range values {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}

func activationHistograms() lab.Experiment {
	e := lab.Experiment{
		ID: "ch06-activations", Title: "Activations under four initialisations", Chapter: 6, Section: "sections 6.2.2 and 6.2.3", Version: 1,
		Setup: "1,000 samples of 100 normal numbers go forward, once, through five untrained layers of 100 units: sigmoid, tanh and ReLU with " +
			"normal weights of std 1, .01, √(1/100) (Xavier) and √(2/100) (He), biases 0. The book has no numbers here, only histograms.",
		Lesson: "Weights too large drive units to their ends, too small make all of them say the same, and in both no gradient is left; " +
			"Xavier's for sigmoid and tanh and He's for ReLU keep activations spread through the layers.",
		Claims: lab.Texts{
			"std 1: at the ends":            "with std 1 most of sigmoid's and tanh's activations are at the ends",
			"std .01: nothing left":         "with std .01 nothing is left to tell samples apart",
			"Xavier keeps sigmoid and tanh": "Xavier keeps sigmoid and tanh spread, away from the ends",
			"ReLU needs He":                 "under ReLU Xavier fades and He does not",
		},
		Run: runActivationHistograms,
	}
	// ReLU halves the square of its input: four layers of Xavier's weights leave
	// (1/√2)⁴ of it, of He's all, give or take what 100 units a layer vary.
	e.Rows = []lab.Row{
		lab.AtLeast(sigmoidEnds, "most", 0.5), lab.AtLeast(tanhEnds, "most", 0.5),
		lab.Factor(xavierKeeps, 0.25, 1.6).PublishedAs("falls (theory: 0.25)"), lab.Factor(heKeeps, 1, 1.6).PublishedAs("stays (theory: 1)"),
	}
	e.Figures = lab.Texts{}
	for _, a := range histogramActivations() {
		e.Figures[strings.ToLower(a.name)] = "Activations of 1,000 samples after each of five layers, " + a.name +
			"; a row an initialisation. Bars higher than the axis are cut, and so are ReLU's values above 3."
		for _, i := range histogramInits() {
			e.Rows = append(e.Rows, lab.Shown(a.name+", "+i.name+": std of layer 5", "").As("%.2g"))
		}
	}
	return e
}
