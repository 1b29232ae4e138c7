package kernels

// transformPortable takes one lane of one square at a time: first its columns, then its rows.
func transformPortable(t transform, dst, src grid, n, tiles int) {
	in, out := transformSizes[t].in, transformSizes[t].out
	for tile := range tiles {
		for lane := range n {
			from, to := src.at+tile*src.tile+lane, dst.at+tile*dst.tile+lane
			var half [4][4]float32 // columns are done
			for j := range in {
				var column [4]float32
				for i := range in {
					column[i] = src.data[from+i*src.row+j*src.col]
				}
				column = t.line(column)
				for i := range out {
					half[i][j] = column[i]
				}
			}
			for i := range out {
				row := t.line(half[i])
				for j := range out {
					at := to + i*dst.row + j*dst.col
					if t == filterGradientTransform {
						row[j] += dst.data[at]
					}
					dst.data[at] = row[j]
				}
			}
		}
	}
}

// line applies the transform's matrix to a row or a column.
func (t transform) line(x [4]float32) [4]float32 {
	switch t {
	case inputTransform:
		return [4]float32{x[0] - x[2], x[1] + x[2], x[2] - x[1], x[1] - x[3]}
	case outputTransform:
		return [4]float32{x[0] + x[1] + x[2], x[1] - x[2] - x[3]}
	case outputGradientTransform:
		return [4]float32{x[0], x[0] + x[1], x[0] - x[1], -x[1]}
	case filterTransform:
		return [4]float32{x[0], 0.5 * (x[0] + x[1] + x[2]), 0.5 * (x[0] + x[2] - x[1]), x[2]}
	default:
		return [4]float32{0.5*(x[1]+x[2]) + x[0], 0.5 * (x[1] - x[2]), 0.5*(x[1]+x[2]) + x[3]}
	}
}
