//go:build !purego

package kernels

// width is the width in vectors of the next tile, when so many are left. Two
// vectors give the most work for each value of a that is loaded while leaving
// registers for many rows; few rows need more vectors, or each multiplication
// waits for the one before.
func (t *tiles) width(left, rows int) int {
	if left >= 4 && rows <= t.rows[4] {
		return 4
	}
	if left == 3 && t.rows[3] > 0 {
		return 3
	}
	return min(left, 2)
}

// known is the width of a tile of which more is known, where there is one.
func (t *tiles) known(v, _ int, tap, row Offsets) int {
	switch {
	case v > 1:
	case t.rows[tapQuads] > 0 && tap.quads():
		return tapQuads
	case t.rows[rowQuads] > 0 && row.quads():
		return rowQuads
	}
	return v
}

// quads reports whether every fourth offset is followed by its three
// neighbours.
func (o *Offsets) quads() bool { return o.inQuads == len(o.list) }
