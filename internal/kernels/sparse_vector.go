//go:build ((amd64 || arm64) && !purego) || (wasm && simd)

package kernels

import "math"

// sparse is a product of values many of which are 0, by vectors of so many
// lanes. It first lists the others of each row, and then looks at those alone.
// The sums are those of the dense product, in the same order; only the sign of
// a 0 may differ, and what an infinite factor would have met.
type sparse int

const (
	// sparseShare is the share of values that are not 0, at most, with which
	// lists pay, and sparseCols the least number of columns.
	sparseShare = 0.6
	sparseCols  = 512

	sparseRows   = 32 // most rows at a time
	sparseTaps   = 50 // most rows of b at a time, which the first-level cache holds
	sparseChunks = 16
)

// gathered are lists for some rows: of one chunk of taps after another, row by
// row. An entry is a value, and above it the offset of the row of b.
type gathered struct {
	list   [128 * sparseRows]uint64
	counts [sparseChunks][sparseRows]int32
	chunks [sparseChunks]struct {
		first, room int // of the lists, where they begin and how far they are apart
		b           []float32
	}
	n, used int

	c            Rows
	cols, stride int // of b: how many are wanted, from row to row
	add          bool
}

// listsPay reports whether lists are worth their making.
func listsPay(cols, nonzero, all int) bool {
	return cols >= sparseCols && float64(nonzero) <= sparseShare*float64(all)
}

// nonzero counts the values that are not 0.
func nonzero(x []float32) int {
	n := 0
	for _, v := range x {
		if math.Float32bits(v)<<1 != 0 {
			n++
		}
	}
	return n
}

func (s sparse) inputGradient(p *Affine, dx, dy, w []float32) {
	if !listsPay(p.inputs, nonzero(dy), len(dy)) {
		p.denseInputGradient(dx, dy, w)
		return
	}
	samples := len(dy) / p.units
	for at := 0; at < samples; at += sparseRows {
		n := min(sparseRows, samples-at)
		g := gathered{c: Rows{dx[at*p.inputs:], p.sampleIn.First(n)}, cols: p.inputs, stride: p.inputs}
		s.gather(&g, Rows{dy[at*p.units:], p.sampleOut.First(n)}, p.unit.list, w)
		s.multiply(&g)
	}
}

func (s sparse) weightGradientRows(p *Affine, rows []float32, top, bottom int, shards []Samples) {
	some, all := 0, 0
	for _, shard := range shards {
		for at := top; at < len(shard.DY); at += p.units {
			some += nonzero(shard.DY[at:][:bottom-top])
			all += bottom - top
		}
	}
	if bottom-top > sparseRows || !listsPay(p.inputs, some, all) {
		p.denseWeightGradientRows(rows, top, bottom, shards)
		return
	}
	g := gathered{c: Rows{rows, p.unitIn.First(bottom - top)}, cols: p.inputs, stride: p.inputs}
	for _, shard := range shards {
		samples := len(shard.X) / p.inputs
		for at := 0; at < samples; at += PartSamples {
			n := min(PartSamples, samples-at)
			s.gather(&g, Rows{shard.DY[at*p.units+top:], p.unit.First(bottom - top)}, p.sampleOut.list[:n], shard.X[at*p.inputs:])
		}
	}
	s.multiply(&g)
}

// gather lists what is not 0 in rows of a, and multiplies when lists are full.
func (s sparse) gather(g *gathered, a Rows, taps []int32, b []float32) {
	rows := a.At.Len()
	chunks := (len(taps) + sparseTaps - 1) / sparseTaps
	for k := range chunks {
		from, to := k*len(taps)/chunks, (k+1)*len(taps)/chunks
		room := to - from
		if g.n == sparseChunks || g.used+rows*room > len(g.list) {
			s.multiply(g)
		}
		chunk := &g.chunks[g.n]
		chunk.first, chunk.room, chunk.b = g.used, room, b[from*g.stride:]
		for r, at := range a.At.list {
			g.counts[g.n][r] = gatherRow(g.list[g.used:][:room], a.Data[at:], taps[from:to], g.stride)
			g.used += room
		}
		g.n++
	}
}

// gatherRow writes each entry, and goes on from it only if its value is not 0:
// a branch would be foretold wrongly half the time.
func gatherRow(list []uint64, row []float32, taps []int32, stride int) int32 {
	n, at := 0, uint64(0)
	for _, t := range taps {
		bits := math.Float32bits(row[t])
		list[n] = at<<32 | uint64(bits)
		at += uint64(stride)
		if bits<<1 != 0 {
			n++
		}
	}
	return int32(n)
}

// multiply adds up what the lists hold, all of it for some columns before the
// next, and empties them.
func (s sparse) multiply(g *gathered) {
	lanes, v, rows := int(s), sparseWidth, g.c.At.Len()
	for left := 0; left < g.cols && g.n > 0; left += v * lanes {
		vectors := (g.cols - left + lanes - 1) / lanes
		for v > vectors {
			v /= 2
		}
		tail := min(lanes, g.cols-left-(v-1)*lanes)
		for k := range g.n {
			chunk := &g.chunks[k]
			ahead := 0
			if left+v*lanes < g.cols { // each row asks for some of the next columns
				ahead = (chunk.room + rows - 1) / rows
			}
			s.run(v, g.c.Data[left:], g.c.At.list, g.list[chunk.first:], chunk.room, g.counts[k][:], chunk.b[left:], g.stride, ahead, tail, g.add || k > 0)
		}
	}
	g.add = g.add || g.n > 0
	g.n, g.used = 0, 0
}
