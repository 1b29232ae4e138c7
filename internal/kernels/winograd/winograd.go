// Package winograd has the matrices of Winograd's minimal filtering (Lavin and
// Gray 2016) for the programs that write package kernels' functions.
package winograd

// A Matrix is rows of coefficients. It is applied from both sides, to the columns
// and to the rows of a small square.
type Matrix [][]float64

// A Transform becomes a function for each of the squares of a run.
type Transform struct {
	// Of is the transform's name in package kernels, Name that of its function, and
	// Doc says what that does.
	Of, Name, Doc string
	Matrix        Matrix
	// Adds tells that it adds to what is there.
	Adds bool
}

// Small are the transforms of F(2×2,3×3). The coefficients are 0, ±1 and ±½.
func Small() []Transform {
	return []Transform{
		{"inputTransform", "winogradInput", "takes 4×4 pixels to 16 points.", Matrix{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}, false},
		{"outputTransform", "winogradOutput", "takes 16 points to 2×2 pixels.", Matrix{{1, 1, 1, 0}, {0, 1, -1, -1}}, false},
		{"outputGradientTransform", "winogradOutputGradient", "takes 2×2 pixels to 16 points.", Matrix{{1, 0}, {1, 1}, {1, -1}, {0, -1}}, false},
		{"filterTransform", "winogradFilter", "takes 3×3 weights to 16 points.", Matrix{{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}}, false},
		{"filterGradientTransform", "winogradFilterGradient", "takes 16 points to 3×3 weights, which are added.", Matrix{{1, .5, .5, 0}, {0, .5, -.5, 0}, {0, .5, .5, 1}}, true},
	}
}

// Large are those of F(4×4,3×3), at the points 0, ±near, ±far and infinity. What
// these give in the transforms of images and gradients is exact in float32, and
// they err a third as much as 0, ±1, ±2 would. A point and its negative are two
// rows or two columns, the second and third and the fourth and fifth, which
// differ in the sign of odd terms.
func Large() []Transform {
	const near, far = 0.75, 1.5
	const n2, f2 = near * near, far * far
	input := Matrix{
		{n2 * f2, 0, -n2 - f2, 0, 1, 0},
		{0, -near * f2, -f2, near, 1, 0}, {0, near * f2, -f2, -near, 1, 0},
		{0, -far * n2, -n2, far, 1, 0}, {0, far * n2, -n2, -far, 1, 0},
		{0, n2 * f2, 0, -n2 - f2, 0, 1},
	}
	gradient := Matrix{
		{1, 0, 0, 0}, {1, near, n2, near * n2}, {1, -near, n2, -near * n2}, {1, far, f2, far * f2}, {1, -far, f2, -far * f2}, {0, 0, 0, 1},
	}
	const a, b = 1 / (2 * n2 * (n2 - f2)), 1 / (2 * f2 * (f2 - n2))
	filter := Matrix{
		{1 / (n2 * f2), 0, 0}, {a, a * near, a * n2}, {a, -a * near, a * n2}, {b, b * far, b * f2}, {b, -b * far, b * f2}, {0, 0, 1},
	}
	return []Transform{
		{"inputTransform4", "winograd4Input", "takes 6×6 pixels to 36 points.", input, false},
		{"outputTransform4", "winograd4Output", "takes 36 points to 4×4 pixels.", gradient.transposed(), false},
		{"outputGradientTransform4", "winograd4OutputGradient", "takes 4×4 pixels to 36 points.", gradient, false},
		{"filterTransform4", "winograd4Filter", "takes 3×3 weights to 36 points.", filter, false},
		{"filterGradientTransform4", "winograd4FilterGradient", "takes 36 points to 3×3 weights, which are added.", filter.transposed(), true},
	}
}

func (m Matrix) transposed() Matrix {
	t := make(Matrix, len(m[0]))
	for i := range t {
		for _, row := range m {
			t[i] = append(t[i], row[i])
		}
	}
	return t
}
