//go:build !purego

package kernels

// pooledChunk is how many pooling windows one call of assembly looks at: about 40 µs.
const pooledChunk = 4096

func (p *PooledFilter) addGradient(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	if active == portable {
		p.addGradientPortable(dw, db, dy, code, x, scratch)
		return
	}
	if active != avx512 || (p.kernel != 3 && p.kernel != 5 && p.kernel != 7) {
		p.addGradientByRows(dw, db, dy, code, x, scratch)
		return
	}
	height := max(1, pooledChunk/p.pw)
	for c := 0; c < p.channels; c += 16 {
		tail := min(16, p.channels-c)
		for i := 0; i < p.ph; i += height {
			at := i*p.pw*p.channels + c
			p.windows(dw[c:], db[c:], dy[at:], code[at:], x[2*i*p.w:], min(height, p.ph-i), tail)
		}
	}
}

// addGradientByRows spreads the gradients of a row of windows over two rows of outputs and multiplies all of them.
func (p *PooledFilter) addGradientByRows(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	row := p.pw * p.channels
	scratch = scratch[:4*row]
	for i := range p.ph {
		Unpool2(scratch[:2*row], scratch[2*row:], dy[i*row:][:row], code[i*row:][:row], p.channels)
		SumRows(db, scratch)
		AddProduct(Rows{dw, p.weights}, Rows{x[2*i*p.w:], p.window}, p.two, Matrix{scratch, p.channels, p.channels})
	}
}

// windows adds the products of height rows of pooling windows, as many rows of the kernel at a time as registers hold.
func (p *PooledFilter) windows(dw, db, dy []float32, code []uint8, x []float32, height, tail int) {
	bias := &db[0]
	for ky := 0; ky < p.kernel; {
		w, from, n, ld := &dw[ky*p.kernel*p.channels], &x[ky*p.w], 4*p.channels, 4*p.w
		switch {
		case p.kernel == 3:
			pooled3x3AVX512(w, n, bias, &dy[0], &code[0], p.channels, from, ld, height, p.pw, tail)
			ky += 3
		case p.kernel == 5 && ky == 0:
			pooled5x3AVX512(w, n, bias, &dy[0], &code[0], p.channels, from, ld, height, p.pw, tail)
			ky += 3
		case p.kernel == 5:
			pooled5x2AVX512(w, n, bias, &dy[0], &code[0], p.channels, from, ld, height, p.pw, tail)
			ky += 2
		case ky < 6:
			pooled7x2AVX512(w, n, bias, &dy[0], &code[0], p.channels, from, ld, height, p.pw, tail)
			ky += 2
		default:
			pooled7x1AVX512(w, n, bias, &dy[0], &code[0], p.channels, from, ld, height, p.pw, tail)
			ky++
		}
		bias = nil // once is enough
	}
}
