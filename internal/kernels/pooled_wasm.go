//go:build simd

package kernels

// addGradientByCodes looks at the pixel alone that a code names, for the kernel
// sizes that the module knows.
func (p *PooledFilter) addGradientByCodes(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	add := pooled5WASM
	switch {
	case p.channels < 4:
		add = nil
	case p.kernel == 3:
		add = pooled3WASM
	case p.kernel != 5:
		add = nil
	}
	if add == nil {
		p.addGradientByRows(dw, db, dy, code, x, scratch)
		return
	}
	row := p.pw * p.channels
	for i := range p.ph {
		add(&dw[0], &db[0], &dy[i*row], &code[i*row], &x[2*i*p.w], int32(p.w), int32(p.pw), int32(p.channels), &scratch[0])
	}
}
