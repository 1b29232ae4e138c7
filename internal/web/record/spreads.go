package record

import (
	"math"

	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// Spreads are how the values of the layers that learn are distributed, by
// [Facts.Learners].
type Spreads struct {
	Step    int      `json:"step"`
	Weights []Spread `json:"weights"`
	// Activations are of the first images of the training data, after the
	// activation function that follows the layer.
	Activations []Spread `json:"activations"`
	// Gradients are of the weights, in the batch of the last update, before
	// clipping: [train.Trainer.Gradients].
	Gradients []Spread `json:"gradients"`
}

// Spread is how values are distributed; all of it is null where there are none,
// or one is not finite.
type Spread struct {
	Norm      Number `json:"norm"` // Euclidean
	Mean      Number `json:"mean"`
	Deviation Number `json:"deviation"`
	Least     Number `json:"least"`
	Most      Number `json:"most"`
	// Zeros is the share of values that are 0, which the bars leave out.
	Zeros Number `json:"zeros"`
	// Low and High are the ends of the bars, within three deviations of the
	// mean; the outermost bars count what lies beyond, too.
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Bars are the counts by interval, as shares of the largest in 255ths.
	Bars []byte `json:"bars"`
}

const (
	spreadBars  = 24
	spreadBytes = 192 << 10 // of all rows together, about
	spreadRows  = 60
)

// learner is a layer with weights, and the layer that gives its activations.
type learner struct{ layer, activation int }

// learners are the layers that have weights, a block as one.
func learners(net *nn.Sequential) (all []learner) {
	specs := net.Specs()
	for i, l := range net.Layers() {
		if weightOf(l) != nil {
			all = append(all, learner{i, i})
		} else if len(all) > 0 && isActivation(specs[i]) && !isActivation(specs[all[len(all)-1].activation]) {
			all[len(all)-1].activation = i
		}
	}
	return all
}

func isActivation(s nn.Spec) bool {
	switch s.(type) {
	case layers.ReLU, layers.LeakyReLU, layers.Sigmoid, layers.Tanh, layers.GELU,
		*layers.ReLU, *layers.LeakyReLU, *layers.Sigmoid, *layers.Tanh, *layers.GELU:
		return true
	}
	return false
}

// spreadMost is the number of rows of so many learners that pages are sent.
func spreadMost(learners int) int {
	const each = 3 * 170 // bytes of a learner's row
	return min(max(spreadBytes/(each*max(1, learners)), 8), spreadRows)
}

// spreads are those after an update; ys are the layers' outputs. Of several
// ranks none has all gradients.
func (p *probe) spreads(e train.Event, ys []*nn.Tensor) Spreads {
	s := Spreads{Step: e.Step}
	gradients := e.Trainer.Gradients()
	starts := []int{0} // of layers among the parameters
	for _, l := range p.net.Layers() {
		starts = append(starts, starts[len(starts)-1]+len(l.Params()))
	}
	for _, l := range p.learners {
		var weights, slopes [][]float32
		for k, param := range p.net.Layers()[l.layer].Params() {
			if param.Name == "weight" {
				weights = append(weights, param.Value.Data)
				if e.Trainer.Ranks == nil {
					slopes = append(slopes, gradients[starts[l.layer]+k])
				}
			}
		}
		s.Weights = append(s.Weights, spreadOf(weights...))
		s.Activations = append(s.Activations, spreadOf(ys[l.activation].Data))
		s.Gradients = append(s.Gradients, spreadOf(slopes...))
	}
	return s
}

func spreadOf(parts ...[]float32) Spread {
	none := Spread{unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown, nil}
	var sum, squares float64
	n, zeros := 0, 0
	least, most := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, values := range parts {
		n += len(values)
		for _, v := range values {
			sum += float64(v)
			squares += float64(v) * float64(v)
			least, most = min(least, v), max(most, v)
			if v == 0 {
				zeros++
			}
		}
	}
	if n == 0 || math.IsNaN(squares) || math.IsInf(squares, 0) {
		return none
	}
	mean := sum / float64(n)
	deviation := math.Sqrt(max(0, squares/float64(n)-mean*mean))
	low, high := max(float64(least), mean-3*deviation), min(float64(most), mean+3*deviation)
	var counts [spreadBars]int
	scale := 0.0
	if high > low {
		scale = spreadBars / (high - low)
	}
	for _, values := range parts {
		for _, v := range values {
			if v != 0 {
				bar := (float64(v) - low) * scale
				counts[int(min(max(bar, 0), spreadBars-1))]++
			}
		}
	}
	longest := 1
	for _, c := range counts {
		longest = max(longest, c)
	}
	bars := make([]byte, spreadBars)
	for i, c := range counts {
		if c > 0 { // a bar of few values is to be seen too
			bars[i] = byte(max(1, math.Round(255*float64(c)/float64(longest))))
		}
	}
	return Spread{
		Number(math.Sqrt(squares)), Number(mean), Number(deviation), Number(least), Number(most),
		Number(float64(zeros) / float64(n)), Number(low), Number(high), bars,
	}
}
