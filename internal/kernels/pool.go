package kernels

// Codes of a 2×2 window: 0 to 3 are its pixels in reading order, (0,0) (0,1)
// (1,0) (1,1).

// cutOff is the code of a window whose maximum ReLU cut off.
const cutOff = 4

// BiasReLUMaxPool2 turns two neighbouring rows of a convolution's output, each
// width×channels, into one row of 2×2 max pooling, width/2×channels: y = max(0,
// max over the window of row+bias). There are len(bias) channels; an odd last
// column is left out. code tells where the gradient goes, for Unpool2: the
// first maximum of the window, or 4 where ReLU cut it off. NaN counts as the
// greatest value, and among several the last wins, as in PyTorch.
func BiasReLUMaxPool2(y []float32, code []uint8, row0, row1, bias []float32) {
	if !wholeRows(row0, bias) || len(row0) != len(row1) {
		panic("kernels: BiasReLUMaxPool2: rows are not width×len(bias)")
	}
	if len(row0) == 0 {
		if len(y) != 0 || len(code) != 0 {
			panic("kernels: BiasReLUMaxPool2: y or code is not width/2×len(bias)")
		}
		return
	}
	channels := len(bias)
	if len(y) != len(row0)/channels/2*channels || len(code) != len(y) {
		panic("kernels: BiasReLUMaxPool2: y or code is not width/2×len(bias)")
	}
	for i, j := range chunks(len(y), channels, chunk) {
		active.biasReLUMaxPool2(y[i:j], code[i:j], row0[2*i:2*j], row1[2*i:2*j], bias, (j-i)/channels)
	}
}

// MaxPool2 is BiasReLUMaxPool2 without bias and ReLU.
func MaxPool2(y []float32, code []uint8, row0, row1 []float32, channels int) {
	if !poolRows(y, code, row0, row1, channels) {
		panic("kernels: MaxPool2: rows are not width×channels, or y or code is not width/2×channels")
	}
	for i, j := range chunks(len(y), channels, chunk) {
		active.maxPool2(y[i:j], code[i:j], row0[2*i:2*j], row1[2*i:2*j], (j-i)/channels, channels)
	}
}

// Unpool2 takes the gradient back through a row of 2×2 max pooling. It
// overwrites both rows, each width×channels: dy at the pixel its code names, 0
// elsewhere.
func Unpool2(dx0, dx1, dy []float32, code []uint8, channels int) {
	if !poolRows(dy, code, dx0, dx1, channels) {
		panic("kernels: Unpool2: rows are not width×channels, or dy or code is not width/2×channels")
	}
	for i, j := range chunks(len(dy), channels, chunk) {
		active.unpool2(dx0[2*i:2*j], dx1[2*i:2*j], dy[i:j], code[i:j], (j-i)/channels, channels)
	}
	// The odd last column belongs to no window.
	clear(dx0[2*len(dy):])
	clear(dx1[2*len(dy):])
}

// poolRows reports whether row0 and row1 are width×channels, and y and code
// width/2×channels.
func poolRows(y []float32, code []uint8, row0, row1 []float32, channels int) bool {
	if channels < 1 || len(row0)%channels != 0 || len(row0) != len(row1) {
		return false
	}
	return len(y) == len(row0)/channels/2*channels && len(code) == len(y)
}
