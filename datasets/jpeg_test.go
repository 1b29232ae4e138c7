package datasets_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"tatami/datasets"
)

// emptyScans is a progressive grey JPEG with so many scans, of which all but
// the first say only that their coefficients are zero everywhere.
func emptyScans(side uint16, scans int) []byte {
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

// A few bytes a scan must not buy a walk over all pixels each.
func TestManyScans(t *testing.T) {
	t.Parallel()
	if _, err := datasets.DecodeImage(bytes.NewReader(emptyScans(64, 100))); err != nil {
		t.Errorf("a hundred scans: %v", err)
	}
	many := emptyScans(2048, 20000)
	from := time.Now()
	_, err := datasets.DecodeImage(bytes.NewReader(many))
	if err == nil || !strings.Contains(err.Error(), "more than 100 scans") {
		t.Errorf("%d bytes of scans: %v", len(many), err)
	}
	if took := time.Since(from); took > 10*time.Second { // all of them take some thirty
		t.Errorf("it was refused after %v", took)
	}
}
