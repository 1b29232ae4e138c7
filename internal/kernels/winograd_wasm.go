//go:build simd

package kernels

// transformsWASM are the functions of each transform. Distances are in bytes.
var transformsWASM = [...]func(dst *float32, dstRow, dstCol, dstTile int32, src *float32, srcRow, srcCol, srcTile, n, tiles int32){
	inputTransform:          winogradInputWASM,
	outputTransform:         winogradOutputWASM,
	outputGradientTransform: winogradOutputGradientWASM,
	filterTransform:         winogradFilterWASM,
	filterGradientTransform: winogradFilterGradientWASM,

	inputTransform4: winograd4InputWASM, outputTransform4: winograd4OutputWASM,
	outputGradientTransform4: winograd4OutputGradientWASM,
	filterTransform4:         winograd4FilterWASM, filterGradientTransform4: winograd4FilterGradientWASM,
}

func transformByModule(t transform, dst, src grid, n, tiles int) {
	transformsWASM[t](&dst.data[dst.at], int32(4*dst.row), int32(4*dst.col), int32(4*dst.tile),
		&src.data[src.at], int32(4*src.row), int32(4*src.col), int32(4*src.tile), int32(n), int32(tiles))
}
