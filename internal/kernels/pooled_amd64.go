//go:build !purego

package kernels

// pooledChunk is how many pooling windows one call of assembly looks at: about
// 40 µs.
const pooledChunk = 4096

// pooledRows is the assembly that adds to some rows of a filter's gradient.
type pooledRows struct {
	rows int
	add  func(dw *float32, ldw int, db, dy *float32, code *uint8, channels int, x *float32, ldx, height, width, tail int)
}

// addGradientByWindows looks at 16 channels of a pooling window at a time, for
// the kernel sizes that there is assembly for.
func (p *PooledFilter) addGradientByWindows(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	if p.kernel >= len(pooledAVX512) || pooledAVX512[p.kernel] == nil {
		p.addGradientByRows(dw, db, dy, code, x, scratch)
		return
	}
	height := max(1, pooledChunk/p.pw)
	for c := 0; c < p.channels; c += 16 {
		tail := min(16, p.channels-c)
		for i := 0; i < p.ph; i += height {
			at := i*p.pw*p.channels + c
			p.windows(pooledAVX512[p.kernel], dw[c:], db[c:], dy[at:], code[at:], x[2*i*p.w:], p.w, min(height, p.ph-i), tail)
		}
	}
}

// addGradientByPixels looks at 8 channels of a pooling window at a time, for the
// kernel sizes that there is assembly for. The last 8 may have been in part
// among those before.
func (p *PooledFilter) addGradientByPixels(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	if p.kernel >= len(pooledAVX2) || pooledAVX2[p.kernel] == nil || p.channels < 8 || p.w < 5 {
		p.addGradientByRows(dw, db, dy, code, x, scratch)
		return
	}
	row := 4 * (p.w - 1)
	height := p.lotHeight()
	for i := 0; i < p.ph; i += height {
		height := min(height, p.ph-i)
		for y := range 2*height + p.kernel - 2 {
			at := (2*i + y) * p.w
			windowPixelsAVX2(&scratch[y*row], &x[at], &x[at+p.w], p.w-1)
		}
		for done := 0; done < p.channels; done += 8 {
			c := min(done, p.channels-8)
			at := i*p.pw*p.channels + c
			p.windows(pooledAVX2[p.kernel], dw[c:], db[c:], dy[at:], code[at:], scratch, row, height, 8+c-done)
		}
	}
}

// windows adds the products of height rows of pooling windows, as many rows of
// the kernel at a time as registers hold. A row of x is ldx long.
func (p *PooledFilter) windows(parts []pooledRows, dw, db, dy []float32, code []uint8, x []float32, ldx, height, tail int) {
	bias := &db[0]
	ky := 0
	for _, part := range parts {
		part.add(&dw[ky*p.kernel*p.channels], 4*p.channels, bias, &dy[0], &code[0], p.channels, &x[ky*ldx], 4*ldx, height, p.pw, tail)
		ky += part.rows
		bias = nil // once is enough
	}
}
