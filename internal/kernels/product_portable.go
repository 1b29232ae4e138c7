package kernels

// packChunk is how many taps a tile walks at a time. The part of b it needs is
// packed on the stack.
const packChunk = 256

// productPortable walks tiles of 2 rows × 3 lanes: 6 sums are what the compiler
// keeps in registers. Tiles at the edges compute more than they store.
func productPortable(c, a Rows, tap Offsets, b Matrix, add bool) {
	crow, arow := c.At.list, a.At.list
	var pack [packChunk][3]float32
	var t tile
	for first := 0; first < len(tap.list); first += packChunk {
		taps := tap.list[first:min(first+packChunk, len(tap.list))]
		for l := 0; l < b.Cols; l += 3 {
			lanes := min(3, b.Cols-l)
			if lanes == 3 {
				for j := range taps {
					pack[j] = [3]float32(b.Data[(first+j)*b.Stride+l:])
				}
			} else {
				for j := range taps {
					copy(pack[j][:], b.Data[(first+j)*b.Stride+l:][:lanes])
				}
			}
			for r := 0; r < len(crow); r += 2 {
				next := min(r+1, len(crow)-1)
				t.r0, t.r1 = int(arow[r]), int(arow[next])
				t.load(c.Data[int(crow[r])+l:], c.Data[int(crow[next])+l:], lanes, add || first > 0)
				t.walk(a.Data, taps, pack[:len(taps)])
				t.store(lanes)
			}
		}
	}
}

// productTPortable is productPortable with b packed across its rows.
func productTPortable(c, a, b Matrix, rows int) {
	var pack [packChunk][3]float32
	var t tile
	for first := 0; first < a.Cols; first += packChunk {
		depth := min(packChunk, a.Cols-first)
		for l := 0; l < c.Cols; l += 3 {
			lanes := min(3, c.Cols-l)
			for i := range lanes {
				for j, v := range b.Data[(l+i)*b.Stride+first:][:depth] {
					pack[j][i] = v
				}
			}
			for r := 0; r < rows; r += 2 {
				next := min(r+1, rows-1)
				t.r0, t.r1 = r*a.Stride+first, next*a.Stride+first
				t.load(c.Data[r*c.Stride+l:], c.Data[next*c.Stride+l:], lanes, first > 0)
				t.walk(a.Data, ascending[:depth], pack[:depth])
				t.store(lanes)
			}
		}
	}
}

// ascending is the table of taps that lie side by side.
var ascending = func() (list [packChunk]int32) {
	for i := range list {
		list[i] = int32(i)
	}
	return list
}()

// A tile is the sums of 2 rows × 3 lanes.
type tile struct {
	s0, s1 [3]float32
	c0, c1 []float32 // where they go
	r0, r1 int       // the rows of a
}

// load begins the sums, with what is in c or with 0.
func (t *tile) load(c0, c1 []float32, lanes int, add bool) {
	t.c0, t.c1 = c0, c1
	switch {
	case !add:
		t.s0, t.s1 = [3]float32{}, [3]float32{}
	case lanes == 3:
		t.s0, t.s1 = [3]float32(c0), [3]float32(c1)
	default:
		copy(t.s0[:], c0[:lanes])
		copy(t.s1[:], c1[:lanes])
	}
}

// store writes the sums.
func (t *tile) store(lanes int) {
	if lanes == 3 {
		*(*[3]float32)(t.c0), *(*[3]float32)(t.c1) = t.s0, t.s1
		return
	}
	copy(t.c0, t.s0[:lanes])
	copy(t.c1, t.s1[:lanes])
}

// walk adds the products of rows r0 and r1 of a with b. It is a function of its
// own for the sake of registers.
func (t *tile) walk(a []float32, tap []int32, b [][3]float32) {
	r0, r1 := t.r0, t.r1
	s00, s01, s02 := t.s0[0], t.s0[1], t.s0[2]
	s10, s11, s12 := t.s1[0], t.s1[1], t.s1[2]
	b = b[:len(tap)]
	for j, at := range tap {
		x0, x1 := a[r0+int(at)], a[r1+int(at)]
		y := &b[j]
		s00 += x0 * y[0]
		s10 += x1 * y[0]
		s01 += x0 * y[1]
		s11 += x1 * y[1]
		s02 += x0 * y[2]
		s12 += x1 * y[2]
	}
	t.s0 = [3]float32{s00, s01, s02}
	t.s1 = [3]float32{s10, s11, s12}
}

// transposePortable walks in blocks small enough that both sides stay in the
// first-level cache.
func transposePortable(dst, src Matrix) {
	const block = 16
	rows, cols := dst.Cols, src.Cols
	for i0 := 0; i0 < rows; i0 += block {
		i1 := min(i0+block, rows)
		for j0 := 0; j0 < cols; j0 += block {
			j1 := min(j0+block, cols)
			for j := j0; j < j1; j++ {
				row := dst.Data[j*dst.Stride+i0 : j*dst.Stride+i1]
				p := i0*src.Stride + j
				for i := range row {
					row[i] = src.Data[p]
					p += src.Stride
				}
			}
		}
	}
}
