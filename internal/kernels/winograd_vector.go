//go:build (amd64 || arm64) && !purego

package kernels

// transforms are the assembly of each transform. Distances are in bytes.
type transforms [filterGradientTransform4 + 1]func(dst *float32, dstRow, dstCol, dstTile int, src *float32, srcRow, srcCol, srcTile int, n, tiles int)

// transform takes as many squares at a time as one call of assembly should.
func (run *transforms) transform(t transform, dst, src grid, n, tiles int) {
	for i, j := range chunks(tiles, 1, chunk/16/n) {
		run[t](&dst.data[dst.at+i*dst.tile], 4*dst.row, 4*dst.col, 4*dst.tile,
			&src.data[src.at+i*src.tile], 4*src.row, 4*src.col, 4*src.tile, n, j-i)
	}
}
