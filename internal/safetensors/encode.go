package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// Encode writes f. Equal content gives equal bytes: metadata is sorted by key,
// tensors keep their order. It fails on names that appear twice, text that is
// not UTF-8 and shapes that do not fit their data.
func Encode(w io.Writer, f *File) error {
	header, err := encodeHeader(f)
	if err != nil {
		return err
	}
	if len(header) > maxHeader {
		return fmt.Errorf("header of %d bytes, wanted at most %d", len(header), maxHeader)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range f.Tensors {
		if err := writeValues(w, &t); err != nil {
			return err
		}
	}
	return nil
}

// Sum is the SHA-256 of the values as a file has them, one tensor after another,
// in hexadecimal.
func Sum(tensors []Tensor) string {
	h := sha256.New()
	for _, t := range tensors {
		writeValues(h, &t) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeValues(w io.Writer, t *Tensor) error {
	_, size, length := t.dtype()
	buf := make([]byte, 0, 8192)
	for from := 0; from < length; {
		to := min(length, from+cap(buf)/size)
		buf = buf[:0]
		if t.Wide != nil {
			for _, v := range t.Wide[from:to] {
				buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
			}
		} else {
			for _, v := range t.Data[from:to] {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// encodeHeader returns the header, padded with spaces so that the values begin
// at a multiple of eight bytes.
func encodeHeader(f *File) ([]byte, error) {
	var b bytes.Buffer
	comma := byte('{')
	put := func(key string, value any) error {
		b.WriteByte(comma)
		comma = ','
		if err := putJSON(&b, key); err != nil {
			return err
		}
		b.WriteByte(':')
		return putJSON(&b, value)
	}
	if len(f.Metadata) > 0 {
		for k, v := range f.Metadata {
			if !utf8.ValidString(k) || !utf8.ValidString(v) {
				return nil, fmt.Errorf("metadata %q is not UTF-8", k)
			}
		}
		if err := put(metadataKey, f.Metadata); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{metadataKey: true}
	var end int64
	for _, t := range f.Tensors {
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor name %q is taken", t.Name)
		}
		seen[t.Name] = true
		dtype, bytes, length := t.dtype()
		n, err := size(t.Shape, bytes)
		if err == nil && n != int64(length)*int64(bytes) {
			err = fmt.Errorf("shape %v does not fit %d values", t.Shape, length)
		}
		if err == nil && len(t.Shape) > maxDims {
			err = fmt.Errorf("shape %v has %d sides, wanted at most %d", t.Shape, len(t.Shape), maxDims)
		}
		if err == nil && !utf8.ValidString(t.Name) {
			err = fmt.Errorf("the name is not UTF-8")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		shape := t.Shape
		if shape == nil {
			shape = []int{} // a scalar
		}
		err = put(t.Name, struct {
			Dtype   string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{dtype, shape, [2]int64{end, end + n}})
		if err != nil {
			return nil, err
		}
		end += n
	}
	if comma == '{' {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), nil
}

// putJSON appends v without json.Marshal's escapes for HTML.
func putJSON(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode ends in a newline
	return nil
}
