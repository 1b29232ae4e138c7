package kernels

// Affine multiplies samples by a weight of units rows, each as long as a
// sample. It is a plan and never changes.
type Affine struct {
	inputs, units       int
	sampleIn, sampleOut Offsets // samples in x and in y
	unitIn, unit        Offsets // units in the weight and in y
}

// NewAffine plans for samples of so many inputs and a weight of so many units.
func NewAffine(inputs, units int) *Affine {
	return &Affine{
		inputs: inputs, units: units,
		sampleIn: Stride(PartSamples, inputs), sampleOut: Stride(PartSamples, units),
		unitIn: Stride(units, inputs), unit: Stride(units, 1),
	}
}

// Inputs is the length of a sample and of a row of the weight.
func (p *Affine) Inputs() int { return p.inputs }

// Units is the number of rows of the weight.
func (p *Affine) Units() int { return p.units }

// Forward sets y = x·wᵀ.
func (p *Affine) Forward(y, x, w []float32) {
	ProductT(Matrix{y, p.units, p.units}, Matrix{x, p.inputs, p.inputs}, Matrix{w, p.inputs, p.inputs}, len(x)/p.inputs)
}

// InputGradient sets dx = dy·w. Where many values of dy are 0, as behind ReLU,
// it may pass over them.
func (p *Affine) InputGradient(dx, dy, w []float32) {
	p.check(dx, dy)
	if len(w) != p.units*p.inputs {
		panic("kernels: Affine: w is not units×inputs")
	}
	active.inputGradient(p, dx, dy, w)
}

// check panics unless x are samples and y the same number of outputs.
func (p *Affine) check(x, y []float32) {
	samples := len(y) / p.units
	if len(y) != samples*p.units || len(x) != samples*p.inputs {
		panic("kernels: Affine: x and y are not whole samples, as many of each")
	}
}

func (p *Affine) denseInputGradient(dx, dy, w []float32) {
	samples := len(dy) / p.units
	for at := 0; at < samples; at += PartSamples {
		n := min(PartSamples, samples-at)
		Product(Rows{dx[at*p.inputs:][:n*p.inputs], p.sampleIn.First(n)}, Rows{dy[at*p.units:], p.sampleOut.First(n)},
			p.unit, Matrix{w, p.inputs, p.inputs})
	}
}

// AddWeightGradient adds dyᵀ·x to dw.
func (p *Affine) AddWeightGradient(dw, dy, x []float32) {
	p.weightGradientBlock(dw, 0, p.units, 0, p.inputs, dy, x, true)
}

// Samples are inputs, and the gradients of what came of them.
type Samples struct{ X, DY []float32 }

// WeightGradientRows sets rows [top, bottom) of a weight's gradient to the sum
// of dyᵀ·x over shards, added up sample by sample; rows begins at the top row.
// There must be a sample.
// Where many values of dy are 0 it may pass over them.
func (p *Affine) WeightGradientRows(rows []float32, top, bottom int, shards []Samples) {
	if top < 0 || bottom <= top || bottom > p.units || len(rows) != (bottom-top)*p.inputs {
		panic("kernels: Affine: not rows of a weight")
	}
	for _, s := range shards {
		p.check(s.X, s.DY)
	}
	active.weightGradientRows(p, rows, top, bottom, shards)
}

func (p *Affine) denseWeightGradientRows(rows []float32, top, bottom int, shards []Samples) {
	for left := 0; left < p.inputs; left += partCols {
		add := false
		for _, s := range shards {
			if len(s.X) > 0 {
				p.weightGradientBlock(rows, top, bottom, left, min(left+partCols, p.inputs), s.DY, s.X, add)
				add = true
			}
		}
	}
}

// weightGradientBlock sets rows [top, bottom) and columns [left, right) of a
// weight's gradient to dyᵀ·x, or adds it to them. rows begins at the top row
// and holds whole ones.
func (p *Affine) weightGradientBlock(rows []float32, top, bottom, left, right int, dy, x []float32, add bool) {
	samples := len(dy) / p.units
	for at := 0; at < samples; at += PartSamples {
		n := min(PartSamples, samples-at)
		productOf(Rows{rows[left:], p.unitIn.First(bottom - top)}, Rows{dy[at*p.units+top:], p.unit.First(bottom - top)},
			p.sampleOut.First(n), Matrix{x[at*p.inputs+left:], p.inputs, right - left}, add || at > 0)
	}
}
