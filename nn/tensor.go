package nn

import "fmt"

// Tensor is a batch of N samples of one shape, in N, H, W, C order: the
// channels of a pixel are neighbours.
type Tensor struct {
	N int
	Shape
	Data []float32
}

// NewTensor returns n zero samples of the given shape.
func NewTensor(n int, shape Shape) *Tensor {
	return &Tensor{N: n, Shape: shape, Data: make([]float32, n*shape.Size())}
}

// Slice returns samples [from, to) of t; they share its memory.
func (t *Tensor) Slice(from, to int) *Tensor {
	v := new(Tensor)
	v.view(t, from, to)
	return v
}

// Sample returns the values of sample i; they share t's memory.
func (t *Tensor) Sample(i int) []float32 {
	size := t.Size()
	return t.Data[i*size : (i+1)*size]
}

// String gives N×H×W×C, the shape without the values.
func (t *Tensor) String() string {
	return fmt.Sprintf("%d×%d×%d×%d", t.N, t.H, t.W, t.C)
}

// view makes v the samples [from, to) of t.
func (v *Tensor) view(t *Tensor, from, to int) {
	size := t.Size()
	v.N, v.Shape, v.Data = to-from, t.Shape, t.Data[from*size:to*size]
}
