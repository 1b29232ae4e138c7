package datasets

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"tatami/nn"
)

// Source is samples with what a network should answer to them: a [Dataset], or
// anything else that can be asked for some of its samples, such as data that are
// generated, or read when they are needed.
//
// A source that also has
//
//	Check() error       // what is wrong with it
//	Checksum() string   // tells its samples from others
//
// is asked for the one before training, and for the other by a run that is
// resumed, which else looks at a few samples, see [Checksum].
type Source interface {
	// Len is the number of samples.
	Len() int
	// Input is the shape of a sample.
	Input() nn.Shape
	// Target says what a sample is to be answered with.
	Target() Target
	// Fill writes the samples at the given positions, in that order, to x, and
	// their targets to t: to t.Labels where the target is a class, and else to
	// t.Values. All have len(index) places. A position always means the same
	// sample, however often and in whichever order it is asked for, and Fill may
	// run many times at once.
	Fill(x *nn.Tensor, t nn.Targets, index []int) error
}

// Target is what a sample is to be answered with: one of the classes, or values.
type Target struct {
	// Classes are the names of the classes that a label may be, or, with Values,
	// names of the values, of which there need be none.
	Classes []string
	// Values is the shape of the values: plain features for a regression, an
	// image for an autoencoder, 0 or 1 a class where a sample may be of several.
	// The zero Shape: a sample has a class.
	Values nn.Shape
}

// Labels reports whether a sample has a class, and no values.
func (t Target) Labels() bool { return t.Values == nn.Shape{} }

// Output is the shape that a network's answers should have.
func (t Target) Output() nn.Shape {
	if t.Labels() {
		return nn.Features(len(t.Classes))
	}
	return t.Values
}

// New makes room for the targets of n samples.
func (t Target) New(n int) nn.Targets {
	if t.Labels() {
		return nn.Targets{Labels: make([]int, n)}
	}
	return nn.Targets{Values: nn.NewTensor(n, t.Values)}
}

// Samples are those at the given positions.
func Samples(s Source, index ...int) (Batch, error) {
	b := Batch{nn.NewTensor(len(index), s.Input()), s.Target().New(len(index))}
	return b, s.Fill(b.X, b.Targets, index)
}

// Subset is the samples of s at the given positions, in that order.
func Subset(s Source, index []int) Source { return subset{s, index} }

type subset struct {
	Source
	index []int
}

func (s subset) Len() int { return len(s.index) }

func (s subset) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	positions := make([]int, len(index))
	for i, k := range index {
		positions[i] = s.index[k]
	}
	return s.Source.Fill(x, t, positions)
}

// First are the first n samples, or all when there are fewer.
func First(s Source, n int) (Batch, error) {
	index := make([]int, min(n, s.Len()))
	for i := range index {
		index[i] = i
	}
	return Samples(s, index...)
}

// Checksum tells the samples of a source from others: it is the source's own, if
// it has one, and else the CRC-32C of a thousand samples, evenly out of all, with
// their targets and number.
func Checksum(s Source) (string, error) {
	if own, ok := s.(interface{ Checksum() string }); ok {
		return own.Checksum(), nil
	}
	h := crc32.New(castagnoli)
	n := s.Len()
	fmt.Fprintln(h, n, s.Input(), s.Target())
	x, t := nn.NewTensor(1, s.Input()), s.Target().New(1)
	var bytes []byte
	for i := range min(n, 1000) {
		if err := s.Fill(x, t, []int{i * n / min(n, 1000)}); err != nil {
			return "", err
		}
		values := x.Data
		if t.Values != nil {
			values = append(values[:len(values):len(values)], t.Values.Data...)
		}
		bytes = bytes[:0]
		for _, v := range values {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
		}
		for _, label := range t.Labels {
			bytes = binary.LittleEndian.AppendUint64(bytes, uint64(label))
		}
		h.Write(bytes)
	}
	return fmt.Sprintf("%08x", h.Sum32()), nil
}
