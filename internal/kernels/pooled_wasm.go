//go:build simd

package kernels

// pooledWASM has for each kernel size that the module knows its function, which
// takes a row of windows.
var pooledWASM = [...]func(dw, db, dy *float32, code *uint8, x *float32, width, windows, channels int32, scratch *float32){
	3: pooled3WASM,
	5: pooled5WASM,
}

// addGradientByCodes looks at the pixel alone that a code names, where there is a
// function for that.
func (p *PooledFilter) addGradientByCodes(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	if p.channels < 4 || p.kernel >= len(pooledWASM) || pooledWASM[p.kernel] == nil {
		p.addGradientByRows(dw, db, dy, code, x, scratch)
		return
	}
	row := p.pw * p.channels
	for i := range p.ph {
		pooledWASM[p.kernel](&dw[0], &db[0], &dy[i*row], &code[i*row], &x[2*i*p.w], int32(p.w), int32(p.pw), int32(p.channels), &scratch[0])
	}
}
