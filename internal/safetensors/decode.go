package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Accept says what a file may hold besides tensors of F32.
type Accept struct {
	// Types are further ones that are read.
	Types []string
	// Skip, if given, leaves out the tensors for which it says so, of whatever
	// type they are.
	Skip func(name, dtype string) bool
}

// Decode reads a file of size bytes.
func Decode(r io.ReaderAt, size int64) (*File, error) { return Accept{}.Decode(r, size) }

// Decode is the function Decode for a file that may hold more.
func (a Accept) Decode(r io.ReaderAt, size int64) (*File, error) {
	const prefix = 8 // bytes of the header's length
	if size < prefix {
		return nil, fmt.Errorf("not a safetensors file: %d bytes, wanted at least %d", size, prefix)
	}
	var length [prefix]byte
	if err := readAt(r, length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("not a safetensors file: header of %d bytes, wanted at most %d", n, maxHeader)
	}
	if int64(n) > size-prefix {
		return nil, fmt.Errorf("not a safetensors file, or cut short: header of %d bytes in a file of %d", n, size)
	}
	text := make([]byte, n)
	if err := readAt(r, text, prefix); err != nil {
		return nil, err
	}
	f := new(File)
	entries, err := parseHeader(text, f, a)
	if err != nil {
		return nil, err
	}
	start := prefix + int64(n)
	if err := checkLayout(entries, size-start); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.skipped {
			continue
		}
		t := Tensor{Name: e.name, Shape: e.shape}
		values := io.NewSectionReader(r, start+e.begin, e.end-e.begin)
		if e.dtype == F64 {
			t.Wide, err = readValues(values, sizeF64, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
		} else {
			t.Data, err = readValues(values, sizeF32, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %.99q: %w", e.name, err)
		}
		f.Tensors = append(f.Tensors, t)
	}
	return f, nil
}

// entry is what the header says about one tensor.
type entry struct {
	name, dtype string
	shape       []int
	begin, end  int64 // bytes from the end of the header
	skipped     bool
}

// checkLayout sorts the tensors by their place in the file and checks that
// together they fill its size bytes of values.
func checkLayout(entries []entry, size int64) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var end int64
	before := "the header"
	for _, e := range entries {
		switch {
		case e.begin < end:
			return fmt.Errorf("tensor %.99q begins at byte %d of the values, inside of %s, which ends at %d", e.name, e.begin, before, end)
		case e.begin > end:
			return fmt.Errorf("tensor %.99q begins at byte %d of the values: hole behind %s, which ends at %d", e.name, e.begin, before, end)
		case e.end > size:
			return fmt.Errorf("tensor %.99q ends at byte %d of the values, but the file has only %d of them: cut short", e.name, e.end, size)
		}
		end, before = e.end, fmt.Sprintf("tensor %.99q", e.name)
	}
	if end < size {
		return fmt.Errorf("%d bytes of trailing data behind %s", size-end, before)
	}
	return nil
}

// readValues reads all of r as values of so many bytes.
func readValues[T float32 | float64](r *io.SectionReader, size int, value func([]byte) T) ([]T, error) {
	data := make([]T, int(r.Size())/size)
	var buf [8192]byte
	for i := 0; i < len(data); {
		b := buf[:min(len(buf), (len(data)-i)*size)]
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, shortened(err)
		}
		for ; len(b) > 0; b = b[size:] {
			data[i] = value(b)
			i++
		}
	}
	return data, nil
}

func readAt(r io.ReaderAt, b []byte, off int64) error {
	_, err := io.ReadFull(io.NewSectionReader(r, off, int64(len(b))), b)
	return shortened(err)
}

func shortened(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the file became shorter while it was read")
	}
	return err
}

// parseHeader fills f's metadata and returns the tensors in the header's order.
func parseHeader(text []byte, f *File, a Accept) ([]entry, error) {
	p := parser{json.NewDecoder(bytes.NewReader(text)), a}
	p.UseNumber()
	if !utf8.Valid(text) {
		return nil, errors.New("the header is not JSON: invalid UTF-8")
	}
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("the header is not a JSON object")
	}
	var entries []entry
	seen := make(map[string]bool)
	err := p.object(func(key string) error {
		if seen[key] {
			return fmt.Errorf("tensor %.99q appears twice in the header", key)
		}
		seen[key] = true
		if key == metadataKey {
			return p.metadata(f)
		}
		e, err := p.entry(key)
		if err != nil {
			return fmt.Errorf("tensor %.99q: %w", key, err)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rest := bytes.Trim(text[p.InputOffset():], " "); len(rest) > 0 {
		return nil, errors.New("the header has more than one JSON value")
	}
	return entries, nil
}

// parser walks the header token by token, since encoding/json's mapping onto
// structs passes over keys that appear twice or in other letters.
type parser struct {
	*json.Decoder
	Accept
}

func (p parser) metadata(f *File) error {
	f.Metadata = make(map[string]string)
	return p.object(func(key string) error {
		if _, ok := f.Metadata[key]; ok {
			return fmt.Errorf("metadata %.99q appears twice in the header", key)
		}
		value, err := next[string](p)
		if err != nil {
			return fmt.Errorf("metadata %.99q: %w", key, err)
		}
		f.Metadata[key] = value
		return nil
	})
}

// entry parses the description of the named tensor.
func (p parser) entry(name string) (entry, error) {
	e := entry{name: name}
	var offsets []int
	seen := make(map[string]bool)
	err := p.object(func(key string) (err error) {
		if seen[key] {
			return fmt.Errorf("key %.99q appears twice", key)
		}
		seen[key] = true
		switch key {
		case "dtype":
			e.dtype, err = next[string](p)
		case "shape":
			e.shape, err = p.integers(maxDims)
		case "data_offsets":
			offsets, err = p.integers(2)
		default:
			return fmt.Errorf("unknown key %.99q", key)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	for _, key := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[key] {
			return e, fmt.Errorf("key %.99q is missing", key)
		}
	}
	e.skipped = p.Skip != nil && p.Skip(name, e.dtype)
	bytes := sizeF32
	switch {
	case e.skipped:
	case e.dtype == F64 && slices.Contains(p.Types, F64):
		bytes = sizeF64
	case e.dtype != F32:
		return e, fmt.Errorf("dtype %s is not supported, wanted %s", e.dtype, strings.Join(append([]string{F32}, p.Types...), " or "))
	}
	if len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0] {
		return e, fmt.Errorf("data_offsets %v, wanted where it begins and, not before that, where it ends", offsets)
	}
	e.begin, e.end = int64(offsets[0]), int64(offsets[1])
	if e.skipped {
		return e, nil
	}
	want, err := size(e.shape, bytes)
	if err != nil {
		return e, err
	}
	if e.end-e.begin != want {
		return e, fmt.Errorf("shape %v takes %d bytes, data_offsets %v give it %d", e.shape, want, offsets, e.end-e.begin)
	}
	return e, nil
}

// object reads an object and calls f at each of its values.
func (p parser) object(f func(key string) error) error {
	if err := p.delim('{', "an object"); err != nil {
		return err
	}
	for p.More() {
		key, err := next[string](p)
		if err != nil {
			return err
		}
		if err := f(key); err != nil {
			return err
		}
	}
	return p.delim('}', "the end of an object")
}

// integers reads an array of at most limit whole numbers.
func (p parser) integers(limit int) ([]int, error) {
	if err := p.delim('[', "an array"); err != nil {
		return nil, err
	}
	list := []int{}
	for p.More() {
		number, err := next[json.Number](p)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(number.String())
		if err != nil {
			return nil, fmt.Errorf("%s is not a whole number of at most %d bits", number, strconv.IntSize)
		}
		if len(list) == limit {
			return nil, fmt.Errorf("more than %d numbers", limit)
		}
		list = append(list, n)
	}
	return list, p.delim(']', "the end of an array")
}

func (p parser) delim(want json.Delim, what string) error {
	got, err := next[json.Delim](p)
	if err == nil && got != want {
		err = fmt.Errorf("the header has %.99q, wanted %s", got, what)
	}
	return err
}

// next reads one token, which must be a T.
func next[T any](p parser) (T, error) {
	token, err := p.Token()
	value, ok := token.(T)
	switch {
	case err == io.EOF:
		return value, errors.New("the header is not JSON: it ends too early")
	case err != nil:
		return value, fmt.Errorf("the header is not JSON: %w", err)
	case !ok:
		return value, fmt.Errorf("the header has %v, wanted a %s", token, kind(value))
	}
	return value, nil
}

// kind is what JSON calls values of v's type.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case json.Number:
		return "number"
	}
	return "list or object"
}
