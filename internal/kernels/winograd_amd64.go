//go:build !purego

package kernels

func winogradTransform(t transform, dst, src grid, n, tiles int) {
	if active == portable {
		winogradTransformPortable(t, dst, src, n, tiles)
		return
	}
	for tiles > 0 {
		run := min(tiles, max(1, chunk/16/n))
		d, s := &dst.data[dst.at], &src.data[src.at]
		dr, dc, dt, sr, sc, st := 4*dst.row, 4*dst.col, 4*dst.tile, 4*src.row, 4*src.col, 4*src.tile
		if active == avx512 {
			switch t {
			case inputTransform:
				winogradInputAVX512(d, dr, dc, dt, s, sr, sc, st, n, run)
			case outputTransform:
				winogradOutputAVX512(d, dr, dc, dt, s, sr, sc, st, n, run)
			case outputGradientTransform:
				winogradOutputGradientAVX512(d, dr, dc, dt, s, sr, sc, st, n, run)
			case filterTransform:
				winogradFilterAVX512(d, dr, dc, dt, s, sr, sc, st, n, run)
			case filterGradientTransform:
				winogradFilterGradientAVX512(d, dr, dc, dt, s, sr, sc, st, n, run)
			}
		} else {
			switch t {
			case inputTransform:
				winogradInputAVX2(d, dr, dc, dt, s, sr, sc, st, n, run)
			case outputTransform:
				winogradOutputAVX2(d, dr, dc, dt, s, sr, sc, st, n, run)
			case outputGradientTransform:
				winogradOutputGradientAVX2(d, dr, dc, dt, s, sr, sc, st, n, run)
			case filterTransform:
				winogradFilterAVX2(d, dr, dc, dt, s, sr, sc, st, n, run)
			case filterGradientTransform:
				winogradFilterGradientAVX2(d, dr, dc, dt, s, sr, sc, st, n, run)
			}
		}
		dst.at += run * dst.tile
		src.at += run * src.tile
		tiles -= run
	}
}
