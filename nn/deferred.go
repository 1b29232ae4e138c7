package nn

import "tatami/internal/kernels"

// Deferrable is a layer with a large weight. A gradient of it for every shard
// would be more work to clear, write and add up than the batch is worth, so
// the trainer may leave it until all shards are back and then compute it row
// by row over the whole batch.
type Deferrable interface {
	Layer
	// Deferred is the parameter whose gradient Backward leaves out if
	// [Pass.Deferring] says so; it then keeps dy by Pass.Keep.
	Deferred() *Param
	// AddRows adds to g what a shard of n samples, of inputs x and output
	// gradients dy, has for rows [from, to) of the gradient, in columns
	// [left, left+columns); with add false it overwrites. g holds whole rows and
	// begins at row from.
	AddRows(g []float32, from, to, left, columns int, dy, x []float32, n int, add bool)
}

// Deferral is a gradient that has been left until all shards are back.
type Deferral struct {
	// From is where it lies in [Pass.Gradients]; it has Rows rows of Columns.
	From, Rows, Columns int

	stage int
	layer Deferrable
}

// deferredSize is the number of values from which a gradient is left for later.
const deferredSize = 1 << 14

// deferred is the layer's parameter whose gradient can wait, nil if none.
func deferred(l Layer) *Param {
	if d, ok := l.(Deferrable); ok {
		if p := d.Deferred(); !p.Fixed && len(p.Value.Data) >= deferredSize {
			return p
		}
	}
	return nil
}

// Deferring reports whether the gradient of a parameter of the running layer
// is left for later.
func (p *Pass) Deferring(param *Param) bool {
	return p.Defer && param == deferred(p.stages[p.stage].layer)
}

// Deferrals lists the gradients that the pass leaves for AddDeferred.
func (p *Pass) Deferrals() []Deferral {
	if !p.Defer {
		return nil
	}
	var list []Deferral
	at := 0
	for i, st := range p.stages {
		wanted := deferred(st.layer)
		for _, param := range st.params {
			if param == wanted {
				v := param.Value
				list = append(list, Deferral{From: at, Rows: v.N, Columns: v.Size(), stage: i, layer: st.layer.(Deferrable)})
			}
			if !param.Fixed {
				at += len(param.Value.Data)
			}
		}
	}
	return list
}

// AddDeferred writes rows [from, to) of a deferred gradient, summed over the
// shards in their order, to the first shard's Gradients. Rows apart may be
// written at the same time.
func AddDeferred(shards []*Pass, d Deferral, from, to int) {
	g := shards[0].gradients[d.From+from*d.Columns : d.From+to*d.Columns]
	for left := 0; left < d.Columns; left += kernels.PartCols {
		n := min(kernels.PartCols, d.Columns-left)
		add := false
		for _, p := range shards {
			if p.x.N == 0 {
				continue
			}
			x := p.x.Data
			if d.stage > 0 {
				x = p.outputs[d.stage-1].tensor.Data
			}
			d.layer.AddRows(g, from, to, left, n, p.state[d.stage].floats, x, p.x.N, add)
			add = true
		}
	}
}
