//go:build (amd64 || arm64) && !purego

package kernels

const (
	// tapChunk is how many taps a tile walks before the next tile takes over:
	// the rows of b which the tiles share stay in the first-level cache, 32 KB
	// of them for a tile 32 lanes wide.
	tapChunk = 256

	// tileChunk is how many tiles one call of assembly computes: at most about
	// 40 µs.
	tileChunk = 32

	// dotChunk is how much of a row ProductT adds up in one go, so that the rows
	// of a tile stay in the first-level cache.
	dotChunk = 1024

	// transposeChunk is how many columns one call of assembly moves.
	transposeChunk = 2048
)

// tiles are the tiles of sums that assembly computes Product in.
type tiles struct {
	lanes int
	// rows and step are, for each width in vectors, the greatest number of rows,
	// as many as the registers hold, and the step in which there may be fewer.
	// There is no tile of a width with 0 rows.
	rows, step [tileWidths]int

	run func(m, v, tiles int, c *float32, crow *int32, a *float32, arow, tap, lastTap *int32, b *float32, ldb, tail int, add bool)
}

func (t *tiles) product(c, a Rows, tap Offsets, b Matrix, add bool) {
	data, cols := c.Data, b.Cols
	for taps := tap.list; len(taps) > 0; add = true {
		n := min(len(taps), tapChunk)
		for l := 0; l < cols; {
			v := t.width((cols-l+t.lanes-1)/t.lanes, len(c.At.list))
			tail := min(t.lanes, cols-l-(v-1)*t.lanes)
			c.Data = data[l:]
			t.panel(t.known(v, tail, tap, a.At), tail, c, a, taps[:n], b.Data[l:], b.Stride, add)
			l += v * t.lanes
		}
		taps = taps[n:]
		if len(taps) > 0 {
			b.Data = b.Data[n*b.Stride:]
		}
	}
}

// panel computes a panel v vectors wide, in tiles of rows as equal as can be.
func (t *tiles) panel(v, tail int, c, a Rows, tap []int32, b []float32, ldb int, add bool) {
	crow, arow := c.At.list, a.At.list
	most, step := t.rows[v], t.step[v]
	all := len(crow) / step
	tiles := (all*step + most - 1) / most
	rows := all / tiles
	higher := all % tiles // so many tiles have one step more
	for r := 0; tiles > 0; {
		m, n := rows*step, tiles
		if higher > 0 {
			m, n = (rows+1)*step, higher
		}
		n = min(n, tileChunk)
		t.run(m, v, n, &c.Data[0], &crow[r], &a.Data[0], &arow[r], &tap[0], &tap[len(tap)-1], &b[0], 4*ldb, tail, add)
		r += m * n
		tiles -= n
		if higher > 0 {
			higher -= n
		}
	}
}

// dots are the tiles of sums that assembly computes ProductT in.
type dots struct {
	// cols is the greatest number of rows of b for each number of rows of a. A
	// tile of fewer rows may be able to take more columns, never fewer.
	cols []int

	run func(m, n int, c *float32, ldc int, a *float32, lda int, b *float32, ldb, k int, add bool)
}

func (t *dots) product(c, a, b Matrix, m int) {
	most := len(t.cols) - 1
	tiles := (m + most - 1) / most
	rows, higher := m/tiles, m%tiles // so many tiles have one row more
	for k := 0; k < a.Cols; k += dotChunk {
		depth := min(a.Cols-k, dotChunk)
		width := t.cols[rows]
		if higher > 0 {
			width = t.cols[rows+1]
		}
		for j := 0; j < c.Cols; j += width {
			i := 0
			for tile := range tiles {
				high := rows
				if tile < higher {
					high++
				}
				t.run(high, min(width, c.Cols-j), &c.Data[i*c.Stride+j], 4*c.Stride, &a.Data[i*a.Stride+k], 4*a.Stride,
					&b.Data[j*b.Stride+k], 4*b.Stride, depth, k > 0)
				i += high
			}
		}
	}
}

// blocks is assembly that transposes so many rows of n columns, n a multiple of
// that number too. The strides are in bytes.
type blocks struct {
	side int
	run  func(dst *float32, ldd int, src *float32, lds, n int)
}

// transpose moves square blocks, and leaves to Go what is beyond.
func (t *blocks) transpose(dst, src Matrix) {
	rows, cols := dst.Cols, src.Cols
	high, wide := rows/t.side*t.side, cols/t.side*t.side
	if high == 0 || wide == 0 {
		transposePortable(dst, src)
		return
	}
	for i := 0; i < high; i += t.side {
		for j := 0; j < wide; j += transposeChunk {
			n := min(wide-j, transposeChunk)
			t.run(&dst.Data[j*dst.Stride+i], 4*dst.Stride, &src.Data[i*src.Stride+j], 4*src.Stride, n)
		}
	}
	if wide < cols {
		transposePortable(Matrix{dst.Data[wide*dst.Stride:], dst.Stride, high}, Matrix{src.Data[wide:], src.Stride, cols - wide})
	}
	if high < rows {
		transposePortable(Matrix{dst.Data[high:], dst.Stride, rows - high}, Matrix{src.Data[high*src.Stride:], src.Stride, cols})
	}
}
