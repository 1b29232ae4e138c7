// Package safetensors reads and writes the safetensors format: named tensors,
// of float32 or, where a reader asks for them, float64, and text metadata in
// one file that cannot run code.
//
// A file is eight bytes with the length of a header (little-endian), the
// header, and the values:
//
//	{"__metadata__":{"k":"v"},"fc.weight":{"dtype":"F32","shape":[10,50],"data_offsets":[0,2000]},…}
//
// Offsets count bytes from the end of the header; tensors lie one behind the
// other with no hole, values are little-endian, the last index runs fastest.
//
// Reading trusts nothing: every length is compared with the file's own before
// memory is taken for it.
//
// Source: https://github.com/huggingface/safetensors#format.
package safetensors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"

	"tatami/internal/files"
)

const (
	maxHeader   = 100_000_000 // bytes, the format's own limit
	maxDims     = 16
	metadataKey = "__metadata__"
	sizeF32     = 4
	sizeF64     = 8
)

// The types of values, as the format calls them.
const (
	F32 = "F32"
	F64 = "F64"
)

// Tensor is a named array. The product of Shape, 1 for a scalar's empty one,
// is len(Data), or len(Wide).
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
	Wide  []float64 // an F64 tensor's values; nil for others
}

// dtype is the type of the values, which are so many bytes each.
func (t *Tensor) dtype() (name string, size, length int) {
	if t.Wide != nil {
		return F64, sizeF64, len(t.Wide)
	}
	return F32, sizeF32, len(t.Data)
}

// File is the content of a safetensors file, its tensors in the order of their
// values in the file.
type File struct {
	Metadata map[string]string
	Tensors  []Tensor
}

// SumKey is where the metadata of a sealed file hold the [Sum] of its tensors,
// and textSumKey that of its other metadata, which readers of models and
// checkpoints compare: the format itself would not show a damaged value.
const (
	SumKey     = "sha256"
	textSumKey = "metadata_sha256"
)

// Seal puts the sums of the tensors and of the metadata into the metadata.
func (f *File) Seal() {
	f.Metadata[SumKey] = Sum(f.Tensors)
	f.Metadata[textSumKey] = f.textSum()
}

// CheckSeal fails if the file was not sealed, or if its values or metadata are
// not those that were.
func (f *File) CheckSeal() error {
	for _, sum := range []struct{ key, of, got string }{
		{textSumKey, "metadata", f.textSum()},
		{SumKey, "values", Sum(f.Tensors)},
	} {
		want, ok := f.Metadata[sum.key]
		switch {
		case !ok:
			return fmt.Errorf("damaged: metadata %q, the checksum of the %s, is missing", sum.key, sum.of)
		case sum.got != want:
			return fmt.Errorf("damaged: the %s have SHA-256 %s, wanted %s", sum.of, sum.got, want)
		}
	}
	return nil
}

// textSum is the SHA-256 of the metadata but for itself, as JSON.
func (f *File) textSum() string {
	rest := maps.Clone(f.Metadata)
	delete(rest, textSumKey)
	text, err := json.Marshal(rest)
	if err != nil {
		panic("safetensors: metadata without JSON") // not of text
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Read reads the named file. An error names the file and, where one is at fault,
// the tensor.
func Read(path string) (*File, error) { return Accept{}.Read(path) }

// Read is the function Read for a file that may hold more.
func (a Accept) Read(path string) (*File, error) {
	info, err := os.Stat(path) // opening a named pipe would wait for its writer
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot read %s: not a regular file", path)
	}
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	defer r.Close()
	f, err := a.Decode(r, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, files.Cause(err))
	}
	return f, nil
}

// Write writes f beside path, syncs it and renames it to path, so path holds
// either its earlier content or all of f.
func Write(path string, f *File) error {
	return files.Write(path, func(w io.Writer) error { return Encode(w, f) })
}

// size is the number of bytes of a tensor of the given shape, whose values
// have so many each.
func size(shape []int, value int) (int64, error) {
	for _, n := range shape {
		if n < 0 {
			return 0, fmt.Errorf("shape %v has a negative side", shape)
		}
		if n == 0 {
			return 0, nil
		}
	}
	bytes := int64(value)
	for _, n := range shape {
		if int64(n) > math.MaxInt64/bytes {
			return 0, fmt.Errorf("shape %v has more values than can be counted", shape)
		}
		bytes *= int64(n)
	}
	return bytes, nil
}
