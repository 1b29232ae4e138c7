package kernels

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// An isa is an instruction set: for each operation the function that computes
// it. A new one copies [portable] and replaces what it has something better
// for.
//
// Arguments come checked and not empty. What a function is called with counts
// as escaping to the heap, so arguments are slices that live there, and values.
type isa struct {
	name string

	// Elementwise; at most chunk elements a call, except for sumSquares.
	add             func(dst, src []float32)
	sum, sumReLU    func(y, a, b []float32)
	axpy            func(dst []float32, s float32, src []float32)
	scale           func(dst []float32, s float32)
	relu            func(y, x []float32)
	reluBackward    func(dx, dy, y []float32)
	sigmoid         func(y, x []float32)
	sigmoidBackward func(dx, dy, y []float32)
	fromBytes       func(dst []float32, src []byte, scale float32)
	sumSquares      func(x []float32) float64

	// Steps of optimizers; at most chunk elements a call.
	sgd      func(w, g []float32, s SGDStep)
	momentum func(w, v, g []float32, s MomentumStep)
	nesterov func(w, v, g []float32, s MomentumStep)
	adam     func(w, m, v, g []float32, s AdamStep)
	adaGrad  func(w, h, g []float32, s AdaGradStep)
	rmsProp  func(w, h, g []float32, s RMSpropStep)

	// Rows as long as bias or db.
	addBias     func(y, bias []float32, rows int)
	addBiasReLU func(y, bias []float32, rows int)
	sumRows     func(db, dy []float32)

	// Two rows of an image, a number of windows of 2×2 pixels a call.
	biasReLUMaxPool2 func(y []float32, code []uint8, row0, row1, bias []float32, windows int)
	maxPool2         func(y []float32, code []uint8, row0, row1 []float32, windows, channels int)
	unpool2          func(dx0, dx1, dy []float32, code []uint8, windows, channels int)

	// Rows of pixels, a column a channel.
	scaleShift         func(y, x, scale, shift []float32)
	moments            func(sum, squares []float64, x []float32)
	normalizedSums     func(sum, products []float64, dy, x, mean, inverse []float32)
	normalizedBackward func(dx, dy, x, factor, shift, mean, slope []float32)

	// One sample; at most chunk elements a call, except for totals.
	totals           func(x []float32) (sum, squares float64)
	standardize      func(y, x, gamma, beta []float32, mean, inverse float32)
	standardSums     func(dgamma, dbeta, dy, x, gamma []float32, mean, inverse float32) (sum, products float64)
	standardBackward func(dx, dy, x, gamma []float32, mean, inverse, shift, slope float32)

	// A run of pixels of n channels, which lie step values apart in x.
	depthwise         func(y, x, w []float32, taps []tap, n, step int)
	depthwiseGradient func(dw, x, dy []float32, taps []tap, n, step int)

	// What an affine layer multiplies on the way back, much of which may be 0.
	inputGradient      func(p *Affine, dx, dy, w []float32)
	weightGradientRows func(p *Affine, rows []float32, top, bottom int, shards []Samples)

	product      func(c, a Rows, tap Offsets, b Matrix, add bool)
	productT     func(c, a, b Matrix, rows int)
	transpose    func(dst, src Matrix)
	transform    func(t transform, dst, src grid, n, tiles int)
	pooledFilter func(p *PooledFilter, dw, db, dy []float32, code []uint8, x, scratch []float32)
	peak         func() int
}

// portable is the base of all sets: plain Go, complete.
var portable = isa{
	name: "portable",

	add:             addPortable,
	sum:             sumPortable,
	sumReLU:         sumReLUPortable,
	axpy:            axpyPortable,
	scale:           scalePortable,
	relu:            reluPortable,
	reluBackward:    reluBackwardPortable,
	sigmoid:         sigmoidPortable,
	sigmoidBackward: sigmoidBackwardPortable,
	fromBytes:       fromBytesPortable,
	sumSquares:      sumSquaresPortable,

	sgd:      sgdPortable,
	momentum: momentumPortable,
	nesterov: momentumPortable,
	adam:     adamPortable,
	adaGrad:  adaGradPortable,
	rmsProp:  rmsPropPortable,

	addBias:     addBiasPortable,
	addBiasReLU: addBiasReLUPortable,
	sumRows:     sumRowsPortable,

	biasReLUMaxPool2: biasReLUMaxPool2Portable,
	maxPool2:         maxPool2Portable,
	unpool2:          unpool2Portable,

	scaleShift:         scaleShiftPortable,
	moments:            momentsPortable,
	normalizedSums:     normalizedSumsPortable,
	normalizedBackward: normalizedBackwardPortable,

	totals:           totalsPortable,
	standardize:      standardizePortable,
	standardSums:     standardSumsPortable,
	standardBackward: standardBackwardPortable,

	depthwise:         depthwisePortable,
	depthwiseGradient: depthwiseGradientPortable,

	inputGradient:      (*Affine).denseInputGradient,
	weightGradientRows: (*Affine).denseWeightGradientRows,

	product:      productPortable,
	productT:     productTPortable,
	transpose:    transposePortable,
	transform:    transformPortable,
	pooledFilter: (*PooledFilter).addGradientPortable,
	peak:         peakPortable,
}

// isaNames are the names of all sets, whatever the machine and the build.
var isaNames = []string{"portable", "avx2", "avx512", "neon", "wasm"}

// active is the instruction set in use. Only init and tests set it.
var (
	active    *isa
	activeErr error
)

func init() { active, activeErr = choose(os.Getenv("TATAMI_ISA")) }

// ISA names the instruction set in use: avx512, avx2, neon, wasm or portable. It is the
// best that the machine has, unless the environment variable TATAMI_ISA asks
// for another.
func ISA() string { return active.name }

// ISAError tells what was wrong with TATAMI_ISA, or returns nil. After an error
// the kernels run as if it were not set.
func ISAError() error { return activeErr }

// Available lists the instruction sets of this machine and build, best first.
func Available() []string {
	var list []string
	for _, s := range available() {
		list = append(list, s.name)
	}
	return list
}

// choose returns the instruction set called name, or the best one when name is
// empty.
func choose(name string) (*isa, error) {
	all := available()
	best := all[0]
	if name == "" {
		return best, nil
	}
	valid := Available()
	if i := slices.Index(valid, name); i >= 0 {
		return all[i], nil
	}
	what := "is not an instruction set"
	if slices.Contains(isaNames, name) {
		what = "is not available on this machine or in this build"
	}
	return best, fmt.Errorf("kernels: TATAMI_ISA=%s %s; valid are %s", name, what, strings.Join(valid, ", "))
}
