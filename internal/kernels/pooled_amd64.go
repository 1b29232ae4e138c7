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
			p.windows(dw[c:], db[c:], dy[at:], code[at:], x[2*i*p.w:], min(height, p.ph-i), tail)
		}
	}
}

// windows adds the products of height rows of pooling windows, as many rows of
// the kernel at a time as registers hold.
func (p *PooledFilter) windows(dw, db, dy []float32, code []uint8, x []float32, height, tail int) {
	bias := &db[0]
	ky := 0
	for _, part := range pooledAVX512[p.kernel] {
		part.add(&dw[ky*p.kernel*p.channels], 4*p.channels, bias, &dy[0], &code[0], p.channels, &x[ky*p.w], 4*p.w, height, p.pw, tail)
		ky += part.rows
		bias = nil // once is enough
	}
}
