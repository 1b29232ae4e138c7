package kernels

// packChunk is how many taps a tile walks at a time. The part of b it needs is packed on the stack.
const packChunk = 256

// productPortable walks tiles of 2 rows × 3 lanes: 6 sums are what the compiler keeps in registers. Tiles at the edges
// compute more than they store.
func productPortable(c []float32, crow []int32, a []float32, arow, tap []int32, b []float32, ldb, cols int, add bool) {
	var pack [packChunk][3]float32
	var t tile
	for first := 0; first < len(tap); first += packChunk {
		taps := tap[first:min(first+packChunk, len(tap))]
		for l := 0; l < cols; l += 3 {
			lanes := min(3, cols-l)
			if lanes == 3 {
				for j := range taps {
					pack[j] = [3]float32(b[(first+j)*ldb+l:])
				}
			} else {
				for j := range taps {
					copy(pack[j][:], b[(first+j)*ldb+l:][:lanes])
				}
			}
			for r := 0; r < len(crow); r += 2 {
				next := min(r+1, len(crow)-1)
				t.r0, t.r1 = int(arow[r]), int(arow[next])
				t.load(c[int(crow[r])+l:], c[int(crow[next])+l:], lanes, add || first > 0)
				t.walk(a, taps, pack[:len(taps)])
				t.store(lanes)
			}
		}
	}
}

// productTPortable is productPortable with b packed across its rows.
func productTPortable(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int) {
	var pack [packChunk][3]float32
	var t tile
	for first := 0; first < k; first += packChunk {
		depth := min(packChunk, k-first)
		for l := 0; l < n; l += 3 {
			lanes := min(3, n-l)
			for i := range lanes {
				for j, v := range b[(l+i)*ldb+first:][:depth] {
					pack[j][i] = v
				}
			}
			for r := 0; r < m; r += 2 {
				next := min(r+1, m-1)
				t.r0, t.r1 = r*lda+first, next*lda+first
				t.load(c[r*ldc+l:], c[next*ldc+l:], lanes, first > 0)
				t.walk(a, ascending[:depth], pack[:depth])
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

// walk adds the products of rows r0 and r1 of a with b. It is a function of its own for the sake of registers.
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

// transposePortable walks in blocks small enough that both sides stay in the first-level cache.
func transposePortable(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	const block = 16
	for i0 := 0; i0 < rows; i0 += block {
		i1 := min(i0+block, rows)
		for j0 := 0; j0 < cols; j0 += block {
			j1 := min(j0+block, cols)
			for j := j0; j < j1; j++ {
				row := dst[j*ldd+i0 : j*ldd+i1]
				p := i0*lds + j
				for i := range row {
					row[i] = src[p]
					p += lds
				}
			}
		}
	}
}
