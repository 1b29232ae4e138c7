package kernels

// transformPortable takes one lane of one square at a time: first its columns, then its rows.
func transformPortable(t transform, dst, src grid, n, tiles int) {
	in, out := transformSizes[t].in, transformSizes[t].out
	adds := t == filterGradientTransform || t == filterGradientTransform4
	for tile := range tiles {
		for lane := range n {
			from, to := src.at+tile*src.tile+lane, dst.at+tile*dst.tile+lane
			var half [6][6]float32 // columns are done
			for j := range in {
				var column [6]float32
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
					if adds {
						row[j] += dst.data[at]
					}
					dst.data[at] = row[j]
				}
			}
		}
	}
}

// line applies the transform's matrix to a row or a column.
func (t transform) line(x [6]float32) [6]float32 {
	switch t {
	case inputTransform:
		return [6]float32{x[0] - x[2], x[1] + x[2], x[2] - x[1], x[1] - x[3]}
	case outputTransform:
		return [6]float32{x[0] + x[1] + x[2], x[1] - x[2] - x[3]}
	case outputGradientTransform:
		return [6]float32{x[0], x[0] + x[1], x[0] - x[1], -x[1]}
	case filterTransform:
		return [6]float32{x[0], 0.5 * (x[0] + x[1] + x[2]), 0.5 * (x[0] + x[2] - x[1]), x[2]}
	case filterGradientTransform:
		return [6]float32{0.5*(x[1]+x[2]) + x[0], 0.5 * (x[1] - x[2]), 0.5*(x[1]+x[2]) + x[3]}
	}
	const near, far = 0.75, 1.5 // the points, with 0 and infinity
	const n2, f2 = near * near, far * far
	const a, b = 1 / (2 * n2 * (n2 - f2)), 1 / (2 * f2 * (f2 - n2))
	switch t {
	case inputTransform4:
		n, no := x[4]-f2*x[2], near*(x[3]-f2*x[1])
		f, fo := x[4]-n2*x[2], far*(x[3]-n2*x[1])
		return [6]float32{n2*f2*x[0] - (n2+f2)*x[2] + x[4], n + no, n - no, f + fo, f - fo, n2*f2*x[1] - (n2+f2)*x[3] + x[5]}
	case outputTransform4:
		n, no, f, fo := x[1]+x[2], x[1]-x[2], x[3]+x[4], x[3]-x[4]
		return [6]float32{x[0] + n + f, near*no + far*fo, n2*n + f2*f, near*n2*no + far*f2*fo + x[5]}
	case outputGradientTransform4:
		n, no := n2*x[2]+x[0], near*x[1]+near*n2*x[3]
		f, fo := f2*x[2]+x[0], far*x[1]+far*f2*x[3]
		return [6]float32{x[0], n + no, n - no, f + fo, f - fo, x[3]}
	case filterTransform4:
		n, no := a*x[0]+a*n2*x[2], a*near*x[1]
		f, fo := b*x[0]+b*f2*x[2], b*far*x[1]
		return [6]float32{x[0] / (n2 * f2), n + no, n - no, f + fo, f - fo, x[2]}
	default:
		n, no, f, fo := x[1]+x[2], x[1]-x[2], x[3]+x[4], x[3]-x[4]
		return [6]float32{x[0]/(n2*f2) + a*n + b*f, a*near*no + b*far*fo, a*n2*n + b*f2*f + x[5]}
	}
}
