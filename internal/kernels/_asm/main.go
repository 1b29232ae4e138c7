// Command _asm writes the assembly of package kernels. Run it through go generate in the folder above.
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("!purego")
	declareTailMasks()
	declarePooledPlaces()
	declareSigmoidTable()
	transpose()
	for _, p := range pooledShapes {
		pooled(p.kernel, p.rows)
	}
	for _, s := range []isa{avx512, avx2} {
		product(s)
		dot(s)
		elementwise(s)
		sigmoid(s)
		normalization(s)
		rows(s)
		s.pool("biasReLUMaxPool2", true)
		s.pool("maxPool2", false)
		s.unpool()
		optimizers(s)
		winograd(s)
		peak(s)
	}
	Generate()
}
