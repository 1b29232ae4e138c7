package nn

import "fmt"

// Shape is one sample's height, width and channels. n plain features are
// Shape{1, 1, n}.
type Shape struct{ H, W, C int }

// Features is the shape of n plain features.
func Features(n int) Shape { return Shape{1, 1, n} }

// Size is the number of values of one sample.
func (s Shape) Size() int { return s.H * s.W * s.C }

// String gives H×W×C, or the plain number of features.
func (s Shape) String() string {
	if s.H == 1 && s.W == 1 {
		return fmt.Sprint(s.C)
	}
	return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C)
}

// maxSize keeps every offset of a sample within an int32.
const maxSize = 1 << 28

// check reports whether s can be the shape of a sample.
func (s Shape) check() error {
	if s.H < 1 || s.W < 1 || s.C < 1 {
		return fmt.Errorf("shape %d×%d×%d: every side must be at least 1", s.H, s.W, s.C)
	}
	if s.H > maxSize || s.W > maxSize/s.H || s.C > maxSize/s.H/s.W {
		return fmt.Errorf("shape %d×%d×%d has more than %d values a sample", s.H, s.W, s.C, maxSize)
	}
	return nil
}
