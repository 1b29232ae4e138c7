package kernels

// packChunk is how many taps a tile walks at a time. The part of b it needs is packed on the stack.
const packChunk = 256

// productPortable walks tiles of 2 rows × 3 lanes: 6 sums are what the compiler keeps in registers. Tiles at the edges
// compute more than they store.
func productPortable(c []float32, crow []int32, a []float32, arow, tap []int32, b []float32, ldb, cols int, add bool) {
	var pack [packChunk][3]float32
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
				var t tile
				t.sum(c[int(crow[r])+l:], c[int(crow[next])+l:], lanes, add || first > 0,
					a, int(arow[r]), int(arow[next]), taps, pack[:len(taps)])
			}
		}
	}
}

// productTPortable is productPortable with b packed across its rows.
func productTPortable(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, add bool) {
	var pack [packChunk][3]float32
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
				var t tile
				t.sum(c[r*ldc+l:], c[next*ldc+l:], lanes, add || first > 0, a, r*lda+first, next*lda+first, ascending[:depth], pack[:depth])
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
type tile [2][3]float32

// sum brings the products of rows r0 and r1 of a with b into the first lanes of c0 and c1.
func (t *tile) sum(c0, c1 []float32, lanes int, add bool, a []float32, r0, r1 int, tap []int32, b [][3]float32) {
	if lanes < 3 {
		c0, c1 = c0[:lanes], c1[:lanes]
		if add {
			copy(t[0][:], c0)
			copy(t[1][:], c1)
		}
		t.walk(a, r0, r1, tap, b)
		copy(c0, t[0][:])
		copy(c1, t[1][:])
		return
	}
	whole0, whole1 := (*[3]float32)(c0), (*[3]float32)(c1)
	if add {
		t[0], t[1] = *whole0, *whole1
	}
	t.walk(a, r0, r1, tap, b)
	*whole0, *whole1 = t[0], t[1]
}

// walk adds the products of rows r0 and r1 of a with b. It is a function of its own for the sake of registers.
func (t *tile) walk(a []float32, r0, r1 int, tap []int32, b [][3]float32) {
	s00, s01, s02 := t[0][0], t[0][1], t[0][2]
	s10, s11, s12 := t[1][0], t[1][1], t[1][2]
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
	t[0] = [3]float32{s00, s01, s02}
	t[1] = [3]float32{s10, s11, s12}
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
