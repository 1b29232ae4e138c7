//go:build !purego

package kernels

// width is the width in vectors of the next tile, when so many are left: the
// wider, the more work for each value of a that is loaded. One vector is never
// left over after wider ones, since part of a vector needs one before to
// overlap.
func (t *tiles) width(left, _ int) int {
	switch {
	case left <= 4:
		return left
	case left == 5:
		return 3
	}
	return 4
}

// known is the width of a tile of which more is known: that it has less than a
// vector.
func (t *tiles) known(v, tail int, _, _ Offsets) int {
	if v == 1 && tail < t.lanes {
		return narrow + tail
	}
	return v
}
