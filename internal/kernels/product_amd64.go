//go:build !purego

package kernels

const (
	// tapChunk is how many taps a tile walks before the next tile takes over: the rows of b which the tiles share stay in
	// the first-level cache, 32 KB of them for a tile 32 lanes wide.
	tapChunk = 256

	// tileChunk is how many tiles one call of assembly computes: at most about 40 µs.
	tileChunk = 32
)

// tileRows is the greatest number of rows of a tile so many vectors wide: as many as the registers hold.
var tileRows = [...][7]int{
	avx2:   {1: 12, 2: 6, 4: 2},
	avx512: {1: 24, 2: 14, 3: 9, 4: 6, tapQuads: 24, rowQuads: 24},
}

// tileWidth is the width in vectors of the next tile, when so many are left. Two vectors give the most work for each
// value of a that is loaded while leaving registers for many rows; few rows need more vectors, or each multiplication
// waits for the one before.
func tileWidth(left, rows int) int {
	if left >= 4 && rows <= tileRows[active][4] {
		return 4
	}
	if left == 3 && active == avx512 {
		return 3
	}
	return min(left, 2)
}

func product(c []float32, crow []int32, a []float32, arow, tap Offsets, b []float32, ldb, cols int, add bool) {
	if active == portable {
		productPortable(c, crow, a, arow.list, tap.list, b, ldb, cols, add)
		return
	}
	lanes := 8
	if active == avx512 {
		lanes = 16
	}
	for taps := tap.list; len(taps) > 0; {
		n := min(len(taps), tapChunk)
		for l := 0; l < cols; {
			v := tileWidth((cols-l+lanes-1)/lanes, len(crow))
			tail := min(lanes, cols-l-(v-1)*lanes)
			w := v
			switch {
			case v > 1 || active != avx512:
			case tap.quads():
				w = tapQuads
			case arow.quads():
				w = rowQuads
			}
			productPanel(w, tail, c[l:], crow, a, arow.list, taps[:n], b[l:], ldb, add)
			l += v * lanes
		}
		taps = taps[n:]
		if len(taps) > 0 {
			b = b[n*ldb:]
		}
		add = true
	}
}

// Widths of tiles of which more is known: they are one vector wide, and their taps or rows of a come in runs of four.
const (
	tapQuads = 5
	rowQuads = 6
)

// productPanel computes a panel v vectors wide, in tiles of rows as equal as can be.
func productPanel(v, tail int, c []float32, crow []int32, a []float32, arow, tap []int32, b []float32, ldb int, add bool) {
	most := tileRows[active][v]
	step := 1
	if v == rowQuads {
		step = 4
	}
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
		last := &tap[len(tap)-1]
		if active == avx512 {
			productAVX512(m, v, n, &c[0], &crow[r], &a[0], &arow[r], &tap[0], last, &b[0], 4*ldb, tail, add)
		} else {
			productAVX2(m, v, n, &c[0], &crow[r], &a[0], &arow[r], &tap[0], last, &b[0], 4*ldb, tail, add)
		}
		r += m * n
		tiles -= n
		if higher > 0 {
			higher -= n
		}
	}
}

// dotRows and dotCols are the greatest number of rows of a and, for each number of them, of b that one tile of ProductT
// takes.
var (
	dotRows = [...]int{avx2: 3, avx512: 6}
	dotCols = [...][7]int{avx2: {1: 8, 2: 4, 3: 4}, avx512: {1: 8, 2: 8, 3: 4, 4: 4, 5: 4, 6: 4}}
)

// dotChunk is how much of k is added up in one go, so that the rows of a tile stay in the first-level cache.
const dotChunk = 1024

func productT(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int) {
	if active == portable {
		productTPortable(c, ldc, a, lda, b, ldb, m, n, k)
		return
	}
	tiles := (m + dotRows[active] - 1) / dotRows[active]
	rows, higher := m/tiles, m%tiles // so many tiles have one row more
	for k0 := 0; k0 < k; k0 += dotChunk {
		depth := min(k-k0, dotChunk)
		width := dotCols[active][rows]
		if higher > 0 {
			width = dotCols[active][rows+1]
		}
		for j := 0; j < n; j += width {
			i := 0
			for t := range tiles {
				high := rows
				if t < higher {
					high++
				}
				dotPanel(high, min(width, n-j), c[i*ldc+j:], ldc, a[i*lda+k0:], lda, b[j*ldb+k0:], ldb, depth, k0 > 0)
				i += high
			}
		}
	}
}

// dotPanel computes m rows of n dot products. A tile of fewer rows may be able to take more columns, never fewer.
func dotPanel(m, n int, c []float32, ldc int, a []float32, lda int, b []float32, ldb, k int, add bool) {
	if active == avx512 {
		dotAVX512(m, n, &c[0], 4*ldc, &a[0], 4*lda, &b[0], 4*ldb, k, add)
	} else {
		dotAVX2(m, n, &c[0], 4*ldc, &a[0], 4*lda, &b[0], 4*ldb, k, add)
	}
}

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	high, wide := 0, 0
	if active != portable {
		high, wide = rows&^7, cols&^7
	}
	if high == 0 || wide == 0 {
		transposePortable(dst, ldd, src, lds, rows, cols)
		return
	}
	for i := 0; i < high; i += 8 {
		for j := 0; j < wide; j += transposeChunk {
			n := min(wide-j, transposeChunk)
			transposeAVX2(&dst[j*ldd+i], 4*ldd, &src[i*lds+j], 4*lds, n)
		}
	}
	if wide < cols {
		transposePortable(dst[wide*ldd:], ldd, src[wide:], lds, high, cols-wide)
	}
	if high < rows {
		transposePortable(dst[high:], ldd, src[high*lds:], lds, rows-high, cols)
	}
}

// transposeChunk is how many columns one call of assembly moves.
const transposeChunk = 2048

// quads reports whether every fourth offset is followed by its three neighbours.
func (o Offsets) quads() bool { return o.inQuads == len(o.list) }
