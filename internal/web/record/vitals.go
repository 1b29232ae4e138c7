package record

import (
	"fmt"
	"math"
	"slices"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

const (
	probeImages  = 100 // on which units are looked at
	probeAtOnce  = 20
	examImages   = 300 // on which mistakes are looked for before the first epoch is complete
	mistakesMost = 24
	filtersMost  = 64
)

// probe takes the vitals of a network.
type probe struct {
	net     *nn.Sequential
	images  *nn.Tensor
	layers  []int // those with vitals
	weights map[int][]float32

	learners []learner
}

func newProbe(net *nn.Sequential, data datasets.Source) (*probe, error) {
	p := &probe{net: net, weights: map[int][]float32{}, learners: learners(net)}
	for i := range net.Layers() {
		if p.isReLU(i) || p.weight(i) != nil {
			p.layers = append(p.layers, i)
		}
	}
	b, err := datasets.First(data, probeImages)
	p.images = b.X
	return p, err
}

func (p *probe) isReLU(i int) bool {
	switch p.net.Specs()[i].(type) {
	case layers.ReLU, *layers.ReLU:
		return true
	}
	return false
}

func (p *probe) weight(i int) *nn.Tensor { return weightOf(p.net.Layers()[i]) }

func weightOf(l nn.Layer) *nn.Tensor {
	for _, param := range l.Params() {
		if param.Name == "weight" {
			return param.Value
		}
	}
	return nil
}

func (p *probe) names() []string {
	var names []string
	for _, i := range p.layers {
		names = append(names, fmt.Sprintf("%d %v", i+1, p.net.Specs()[i]))
	}
	return names
}

// learnerNames are those of the layers that learn, with their activation functions.
func (p *probe) learnerNames() []string {
	names := []string{}
	for _, l := range p.learners {
		name := fmt.Sprintf("%d %v", l.layer+1, p.net.Specs()[l.layer])
		if l.activation != l.layer {
			name += fmt.Sprintf(" → %v", p.net.Specs()[l.activation])
		}
		names = append(names, name)
	}
	return names
}

// before keeps the weights as they are before an update.
func (p *probe) before() {
	for _, i := range p.layers {
		if w := p.weight(i); w != nil {
			p.weights[i] = slices.Clone(w.Data)
		}
	}
}

// ratios are those of the update after before, whose weights it lets go.
func (p *probe) ratios() []Number {
	all := make([]Number, len(p.layers))
	for k, i := range p.layers {
		all[k] = unknown
		if w := p.weight(i); w != nil {
			var change, size float64
			for j, old := range p.weights[i] {
				d := float64(w.Data[j]) - float64(old)
				change += d * d
				size += float64(old) * float64(old)
			}
			all[k] = Number(math.Sqrt(change / size))
		}
	}
	clear(p.weights)
	return all
}

// dead are the shares of units that the probe's images never wake, and the
// outputs of all layers for the first of them.
func (p *probe) dead() (_ []Number, first []*nn.Tensor) {
	awake := map[int][]bool{}
	for from := 0; from < p.images.N; from += probeAtOnce {
		ys := p.net.Activations(p.images.Slice(from, min(from+probeAtOnce, p.images.N)))
		if from == 0 {
			first = ys
		}
		for _, i := range p.layers {
			if !p.isReLU(i) {
				continue
			}
			y := ys[i]
			if awake[i] == nil {
				awake[i] = make([]bool, y.C)
			}
			for at := 0; at < len(y.Data); at += y.C {
				for c, v := range y.Data[at : at+y.C] {
					if v > 0 {
						awake[i][c] = true
					}
				}
			}
		}
	}
	all := make([]Number, len(p.layers))
	for k, i := range p.layers {
		all[k] = unknown
		if units := awake[i]; units != nil {
			n := 0
			for _, a := range units {
				if !a {
					n++
				}
			}
			all[k] = Number(float64(n) / float64(len(units)))
		}
	}
	return all, first
}

// firstWeight is that of the first layer that has one, nil without.
func firstWeight(net *nn.Sequential) *nn.Tensor {
	for _, l := range net.Layers() {
		if w := weightOf(l); w != nil {
			return w
		}
	}
	return nil
}

// newFrame is the first filters, in colour if they see one, and else their first
// channel.
func newFrame(step int, weight *nn.Tensor) Frame {
	weight = weight.Slice(0, min(weight.N, filtersMost))
	values := firstChannels(weight.Data, weight.C)
	top := 0.0
	for _, v := range values {
		top = math.Max(top, math.Abs(float64(v)))
	}
	f := Frame{Step: step, Top: Number(top), Values: make([]byte, len(values))}
	for i, v := range values {
		if top > 0 {
			f.Values[i] = byte(int8(math.Round(127 * float64(v) / top)))
		}
	}
	return f
}

// shownChannels is how many of so many channels are shown: red, green and blue,
// or one.
func shownChannels(channels int) int {
	if channels == 3 {
		return 3
	}
	return 1
}

// firstChannels leaves of each pixel the channels that are shown.
func firstChannels(values []float32, channels int) []float32 {
	shown := shownChannels(channels)
	if shown == channels {
		return values
	}
	first := make([]float32, len(values)/channels)
	for i := range first {
		first[i] = values[i*channels]
	}
	return first
}

// newTest is what is shown of an evaluation: nothing without a confusion matrix.
func newTest(step int, part bool, e *train.Evaluation, data datasets.Source) (*Test, error) {
	if e.Confusion == nil {
		return nil, nil
	}
	t := &Test{Step: step, Part: part, Correct: e.Correct, Total: e.Total, Mistakes: []Mistake{}}
	for _, row := range e.Confusion {
		t.Confusion = append(t.Confusion, slices.Clone(row))
	}
	var index []int
	for _, m := range e.Mistakes[:min(mistakesMost, len(e.Mistakes))] {
		index = append(index, m.Index)
	}
	b, err := datasets.Samples(data, index...)
	if err != nil {
		return nil, err
	}
	for i, m := range e.Mistakes[:len(index)] {
		values := firstChannels(b.X.Sample(i), b.X.C)
		pixels := make([]byte, len(values))
		for k, v := range values {
			pixels[k] = byte(255*max(0, min(1, v)) + 0.5)
		}
		t.Mistakes = append(t.Mistakes, Mistake{m.Index, m.True, m.Given, Number(m.Probability), pixels})
	}
	return t, nil
}

// Schedule is n steps at most, from 0 to the last one, that are closest to
// each other at the beginning, when a network changes fastest.
func Schedule(last, n int) []int {
	var steps []int
	for i := range n {
		t := float64(i) / float64(n-1)
		step := int(math.Round(t * t * float64(last)))
		if len(steps) == 0 || step > steps[len(steps)-1] {
			steps = append(steps, step)
		}
	}
	return steps
}
