package kernels

// Then is what follows a convolution and is done while its outputs are in the
// cache: Bias is added if there is one; with it goes ReLU; and with both 2×2 max
// pooling, which leaves the places of the maxima in Code ([BiasReLUMaxPool2]).
type Then struct {
	Bias []float32
	ReLU bool
	Code []uint8
}

// Do adds the bias and takes ReLU.
func (t Then) Do(y []float32) {
	switch {
	case t.ReLU:
		AddBiasReLU(y, t.Bias)
	case t.Bias != nil:
		AddBias(y, t.Bias)
	}
}

// pool writes row number at of the pooled batch y from two rows of outputs.
func (t Then) pool(y []float32, at int, row0, row1 []float32) {
	n := len(row0) / len(t.Bias) / 2 * len(t.Bias)
	BiasReLUMaxPool2(y[at*n:][:n], t.Code[at*n:][:n], row0, row1, t.Bias)
}
