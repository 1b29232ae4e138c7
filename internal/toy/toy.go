// Package toy has what tests play with: small networks, random batches, files of
// images, and the checks of errors and panics.
package toy

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"tatami/nn"
)

// RNG is a generator that gives the same numbers in every run.
func RNG(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// Network builds a network whose weights are always the same.
func Network(t testing.TB, in nn.Shape, specs ...nn.Spec) *nn.Sequential {
	t.Helper()
	net, err := nn.NewSequential(in, RNG(1), specs...)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Random is a batch of normally distributed samples.
func Random(r *rand.Rand, n int, shape nn.Shape) *nn.Tensor {
	x := nn.NewTensor(n, shape)
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64())
	}
	return x
}

// IDX is a file of bytes with the given sides.
func IDX(data []byte, sides ...int) []byte {
	b := []byte{0, 0, 8, byte(len(sides))}
	for _, n := range sides {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, data...)
}

// Zipped is data as gzip packs it.
func Zipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// EmptyScans is a progressive grey JPEG with so many scans, of which all but
// the first say only that their coefficients are zero everywhere.
func EmptyScans(side uint16, scans int) []byte {
	b := []byte{0xff, 0xd8}
	segment := func(marker byte, body ...byte) {
		b = append(b, 0xff, marker)
		b = binary.BigEndian.AppendUint16(b, uint16(2+len(body)))
		b = append(b, body...)
	}
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	segment(0xc2, 8, byte(side>>8), byte(side), byte(side>>8), byte(side), 1, 1, 0x11, 0)
	// One code of one bit each: a DC difference of 0, and a run of 2^14 blocks.
	segment(0xc4, append(append([]byte{0x00, 1}, make([]byte, 15)...), 0)...)
	segment(0xc4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0xe0)...)
	segment(0xda, 1, 1, 0x00, 0, 0, 0)
	blocks := int(side) / 8 * int(side) / 8
	b = append(b, make([]byte, (blocks+7)/8)...)
	for range scans - 1 {
		segment(0xda, 1, 1, 0x00, 1, 63, 0)
		for left := blocks; left > 0; left -= 1 << 15 {
			b = append(b, 0x7f, 0xff, 0x00) // the code, and 14 bits that make the run the longest
		}
	}
	return append(b, 0xff, 0xd9)
}

// WantError reports an error unless err has all the words.
func WantError(t testing.TB, name string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, wanted %q", name, words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: error %q, wanted %q", name, err, w)
		}
	}
}

// Alone is for a test of one goroutine: among the short ones it is left out
// under the race detector, which finds nothing there and takes ten times as long.
func Alone(t testing.TB) {
	if Race && testing.Short() {
		t.Skip("one goroutine, slow under the race detector")
	}
}
