package reference_test

import (
	"fmt"

	"tatami/reference"
)

// image is one of a single channel, row by row.
func image(rows, columns int, values ...float64) *reference.Tensor {
	return &reference.Tensor{N: 1, H: rows, W: columns, C: 1, Data: values}
}

// The book's section 7.2.3: a 4×4 image, a 3×3 filter, a bias of 3.
func ExampleConvolution() {
	x := image(4, 4,
		1, 2, 3, 0,
		0, 1, 2, 3,
		3, 0, 1, 2,
		2, 3, 0, 1)
	w := image(3, 3,
		2, 0, 1,
		0, 1, 2,
		1, 0, 2)
	y := reference.Convolution(x, w, []float64{3}, 1, 0)
	fmt.Println(y.Data[:2])
	fmt.Println(y.Data[2:])
	// Output:
	// [18 19]
	// [9 18]
}

// Where one output alone asks for more, the filter learns the window that it
// saw, and the window the filter.
func ExampleConvolutionBackward() {
	x := image(3, 3,
		1, 2, 3,
		4, 5, 6,
		7, 8, 9)
	w := image(2, 2,
		1, 0,
		0, -1)
	dy := image(2, 2,
		0, 1,
		0, 0)
	dx, dw, db := reference.ConvolutionBackward(dy, x, w, 1, 0)
	fmt.Println("dw", dw.Data)
	fmt.Println("dx", dx.Data)
	fmt.Println("db", db)
	// Output:
	// dw [2 3 5 6]
	// dx [0 1 0 0 0 -1 0 0 0]
	// db [1]
}

// The book's section 7.3.
func ExamplePooling() {
	x := image(4, 4,
		1, 2, 1, 0,
		0, 1, 2, 3,
		3, 0, 1, 2,
		2, 4, 0, 1)
	y := reference.Pooling(x, 2, 2, 0, false)
	fmt.Println(y.Data[:2])
	fmt.Println(y.Data[2:])
	// Output:
	// [2 3]
	// [4 2]
}

// The book's section 4.4: the gradient of x² + y² at (3, 4).
func ExampleNumeric() {
	v := []float64{3, 4}
	f := func() float64 { return v[0]*v[0] + v[1]*v[1] }
	fmt.Printf("%.6f\n", reference.Numeric(f, v, 1e-4))
	// Output: [6.000000 8.000000]
}
