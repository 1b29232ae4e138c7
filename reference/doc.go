// Package reference is every layer once more in plain loops over float64, to
// be read beside the book: what is written here is the formula, and nothing
// else. Each file is one layer, the way forward and the way back:
//
//	y  = Layer(x, …)
//	dx = LayerBackward(dy, x, …)
//
// where dy is the gradient of the loss with respect to y, and dx, dw, db those
// with respect to x, weights and biases. Package layers computes the same in
// float32, many times faster; its tests compare both.
//
// "The book" is Saito, Deep Learning from Scratch (O'Reilly Japan, 2016).
package reference

// Tensor is a batch of N images of H rows, W columns and C channels, in this
// order: the channels of a pixel are neighbours. Plain features are the
// channels of one pixel. Filters are N images of their own.
type Tensor struct {
	N, H, W, C int
	Data       []float64
}

// NewTensor is a batch of zeros.
func NewTensor(n, h, w, c int) *Tensor { return &Tensor{n, h, w, c, make([]float64, n*h*w*c)} }

// Size is the number of values of one image.
func (t *Tensor) Size() int { return t.H * t.W * t.C }

// At is the value of image n at row i, column j, channel c; 0 beside the image.
func (t *Tensor) At(n, i, j, c int) float64 {
	if !t.inside(i, j) {
		return 0
	}
	return t.Data[t.index(n, i, j, c)]
}

// Add adds v to a value, if it is not beside the image.
func (t *Tensor) Add(n, i, j, c int, v float64) {
	if t.inside(i, j) {
		t.Data[t.index(n, i, j, c)] += v
	}
}

func (t *Tensor) inside(i, j int) bool     { return i >= 0 && i < t.H && j >= 0 && j < t.W }
func (t *Tensor) index(n, i, j, c int) int { return ((n*t.H+i)*t.W+j)*t.C + c }
func (t *Tensor) like() *Tensor            { return NewTensor(t.N, t.H, t.W, t.C) }
