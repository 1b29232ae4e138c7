package kernels

// productPortable keeps a tile of 2 rows × 4 lanes in registers while it walks the taps.
func productPortable(c []float32, crow []int32, a []float32, arow, tap []int32, b []float32, ldb, cols int, add bool) {
	r := 0
	for ; r+2 <= len(crow); r += 2 {
		c0 := c[int(crow[r]) : int(crow[r])+cols]
		c1 := c[int(crow[r+1]) : int(crow[r+1])+cols]
		r0, r1 := int(arow[r]), int(arow[r+1])
		l := 0
		for ; l+4 <= cols; l += 4 {
			var s00, s01, s02, s03, s10, s11, s12, s13 float32
			d0, d1 := (*[4]float32)(c0[l:]), (*[4]float32)(c1[l:])
			if add {
				s00, s01, s02, s03 = d0[0], d0[1], d0[2], d0[3]
				s10, s11, s12, s13 = d1[0], d1[1], d1[2], d1[3]
			}
			p := l
			for _, t := range tap {
				x0, x1 := a[r0+int(t)], a[r1+int(t)]
				y := (*[4]float32)(b[p:])
				s00 += x0 * y[0]
				s01 += x0 * y[1]
				s02 += x0 * y[2]
				s03 += x0 * y[3]
				s10 += x1 * y[0]
				s11 += x1 * y[1]
				s12 += x1 * y[2]
				s13 += x1 * y[3]
				p += ldb
			}
			d0[0], d0[1], d0[2], d0[3] = s00, s01, s02, s03
			d1[0], d1[1], d1[2], d1[3] = s10, s11, s12, s13
		}
		for ; l < cols; l++ {
			var s0, s1 float32
			if add {
				s0, s1 = c0[l], c1[l]
			}
			p := l
			for _, t := range tap {
				y := b[p]
				s0 += a[r0+int(t)] * y
				s1 += a[r1+int(t)] * y
				p += ldb
			}
			c0[l], c1[l] = s0, s1
		}
	}
	if r < len(crow) {
		c0 := c[int(crow[r]) : int(crow[r])+cols]
		r0 := int(arow[r])
		for l := range c0 {
			var s float32
			if add {
				s = c0[l]
			}
			p := l
			for _, t := range tap {
				s += a[r0+int(t)] * b[p]
				p += ldb
			}
			c0[l] = s
		}
	}
}

func productTPortable(c []float32, ldc int, a []float32, lda int, b []float32, ldb, m, n, k int, add bool) {
	for i := range m {
		x := a[i*lda : i*lda+k]
		for j := range n {
			s := dotPortable(x, b[j*ldb:j*ldb+k])
			if add {
				s += c[i*ldc+j]
			}
			c[i*ldc+j] = s
		}
	}
}

// dotPortable keeps 8 sums, so that an addition need not wait for the one before.
func dotPortable(x, y []float32) float32 {
	y = y[:len(x)]
	var s [8]float32
	for len(x) >= 8 {
		u, v := (*[8]float32)(x), (*[8]float32)(y)
		s[0] += u[0] * v[0]
		s[1] += u[1] * v[1]
		s[2] += u[2] * v[2]
		s[3] += u[3] * v[3]
		s[4] += u[4] * v[4]
		s[5] += u[5] * v[5]
		s[6] += u[6] * v[6]
		s[7] += u[7] * v[7]
		x, y = x[8:], y[8:]
	}
	for i := range x {
		s[i&7] += x[i] * y[i]
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
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
