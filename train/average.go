package train

import "tatami/nn"

// average is the running average of all parameters over the updates, running
// statistics of batch normalization included:
//
//	average += (1 − d)·(value − average),  d = min(Average, (1 + n)/(10 + n))
//
// after n earlier updates, so that what the first ones leave is soon forgotten.
// Values that do not change are their own average, to the last bit.
type average struct {
	values  []float32 // in the order of the parameters
	learned []averaged
	fixed   []averaged
	share   float32 // 1 − d of the present update
	shown   bool    // the network has the average, and values are its own
}

// averaged is a parameter, values [from, to) of the gradient, and its average.
type averaged struct {
	from, to   int
	value, avg []float32
}

func newAverage(params []*nn.Param) *average {
	a := &average{values: make([]float32, 0, nn.CountParams(params))}
	end := 0
	for _, p := range params {
		at := len(a.values)
		a.values = append(a.values, p.Value.Data...)
		piece := averaged{value: p.Value.Data, avg: a.values[at:]}
		if p.Fixed {
			a.fixed = append(a.fixed, piece)
			continue
		}
		piece.from, piece.to = end, end+len(piece.value)
		end = piece.to
		a.learned = append(a.learned, piece)
	}
	return a
}

// begin sets the share of an update after n earlier ones.
func (a *average) begin(decay float64, n int) {
	a.share = float32(1 - min(decay, float64(1+n)/float64(10+n)))
}

// update moves the average of values [from, to) of the gradient. Ranges apart
// may be updated at the same time.
func (a *average) update(from, to int) {
	for _, p := range a.learned {
		if low, high := max(from, p.from), min(to, p.to); low < high {
			a.move(p.avg[low-p.from:high-p.from], p.value[low-p.from:high-p.from])
		}
	}
}

// updateFixed does the same for what has no gradient.
func (a *average) updateFixed() {
	for _, p := range a.fixed {
		a.move(p.avg, p.value)
	}
}

func (a *average) move(avg, value []float32) {
	for i, v := range value {
		avg[i] += a.share * (v - avg[i])
	}
}

// exchangeAverage leaves the averaged parameters in the network, or the last
// ones, and keeps the others.
func (t *Trainer) exchangeAverage(shown bool) {
	if t.average == nil || t.average.shown == shown {
		return
	}
	t.average.shown = shown
	exchange(t.Net.Params(), t.average.values)
}

// exchange swaps the parameters' values with others.
func exchange(params []*nn.Param, others []float32) {
	for _, p := range params {
		for i, v := range p.Value.Data {
			p.Value.Data[i], others[i] = others[i], v
		}
		others = others[len(p.Value.Data):]
	}
}
