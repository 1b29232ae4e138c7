package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strconv"
)

// folder is where a model and the files beside it are read from. Every tensor
// that is taken counts, since many nodes may share one of a small file.
type folder struct {
	fsys   fs.FS
	dir    string
	sizes  map[string]int64 // of the files read, in bytes
	values int
}

// mostValues bounds what one model may hold, as nn does; fewValues is what one
// may whose files are small.
const (
	mostValues = 1 << 28
	fewValues  = 1 << 24
)

// take counts values, of which there may be no more than the files have bytes.
func (f *folder) take(t *tensor, n int) error {
	most := int64(fewValues)
	for _, size := range f.sizes {
		most += size
	}
	most = min(most, mostValues)
	if f.values += n; int64(f.values) > most {
		return fmt.Errorf("tensor %q: with it the network has more than %d weights, wanted no more for files of this size", t.name, most)
	}
	return nil
}

// sizeOf is the bytes of a value of a type, 0 for one that is not read.
func sizeOf(dtype int64) int64 {
	switch dtype {
	case typeFloat, typeInt32:
		return 4
	case typeFloat16:
		return 2
	case typeDouble, typeInt64:
		return 8
	}
	return 0
}

func typeName(dtype int64) string {
	names := []string{"undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16"}
	if dtype >= 0 && dtype < int64(len(names)) {
		return names[dtype]
	}
	return "of type " + strconv.FormatInt(dtype, 10)
}

// count is the number of a tensor's values, which no product overflows.
func (t *tensor) count() (int, error) {
	n := int64(1)
	for _, d := range t.dims {
		if d < 0 || d > mostValues || n*max(d, 1) > mostValues {
			return 0, fmt.Errorf("tensor %q has dimensions %v, wanted at most %d values", t.name, t.dims, mostValues)
		}
		n *= d
	}
	return int(n), nil
}

// floats are the values of a tensor of float, double or float16.
func (f *folder) floats(t *tensor) ([]float32, error) {
	if t.dtype != typeFloat && t.dtype != typeDouble && t.dtype != typeFloat16 {
		return nil, fmt.Errorf("tensor %q is %s, wanted float, double or float16", t.name, typeName(t.dtype))
	}
	n, err := t.count()
	if err != nil {
		return nil, err
	}
	raw, err := f.bytes(t, n)
	if err != nil {
		return nil, err
	}
	if err := f.take(t, n); err != nil {
		return nil, err
	}
	values := make([]float32, n)
	for i := range values {
		switch t.dtype {
		case typeFloat:
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		case typeDouble:
			values[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		default:
			values[i] = float16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	}
	return values, nil
}

// float16 widens IEEE 754's half precision.
func float16(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exponent {
	case 0: // zero, and numbers of less than 11 bits
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)/(1<<24)))
	case 31: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// ints are the values of a tensor of int64 or int32, such as a shape.
func (f *folder) ints(t *tensor) ([]int64, error) {
	if t.dtype != typeInt64 && t.dtype != typeInt32 {
		return nil, fmt.Errorf("tensor %q is %s, wanted int64 or int32", t.name, typeName(t.dtype))
	}
	n, err := t.count()
	if err != nil {
		return nil, err
	}
	if most := 16; n > most {
		return nil, fmt.Errorf("tensor %q has %d whole numbers, wanted at most %d", t.name, n, most)
	}
	raw, err := f.bytes(t, n)
	if err != nil {
		return nil, err
	}
	values := make([]int64, n)
	for i := range values {
		if t.dtype == typeInt64 {
			values[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
		} else {
			values[i] = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
		}
	}
	return values, nil
}

// bytes are a tensor's n values in little-endian order, wherever they are. Their
// length is compared before any memory is taken.
func (f *folder) bytes(t *tensor, n int) ([]byte, error) {
	size := sizeOf(t.dtype)
	want := int64(n) * size
	if t.segment {
		return nil, fmt.Errorf("tensor %q is stored in segments, wanted whole", t.name)
	}
	if t.location != 0 {
		return f.outside(t, want)
	}
	var b []byte
	switch {
	case t.raw != nil:
		b = t.raw
	case t.dtype == typeFloat:
		b = t.floats
	case t.dtype == typeDouble:
		b = t.doubles
	default:
		list := t.int32s
		if t.dtype == typeInt64 {
			list = t.int64s
		}
		if len(list) != n {
			return nil, fmt.Errorf("tensor %q has %d values, wanted %d for dimensions %v", t.name, len(list), n, t.dims)
		}
		b = make([]byte, 0, want)
		for _, v := range list {
			switch size {
			case 2:
				b = binary.LittleEndian.AppendUint16(b, uint16(v))
			case 4:
				b = binary.LittleEndian.AppendUint32(b, uint32(v))
			default:
				b = binary.LittleEndian.AppendUint64(b, uint64(v))
			}
		}
	}
	if int64(len(b)) != want {
		return nil, fmt.Errorf("tensor %q has %d bytes of values, wanted %d for dimensions %v of %s", t.name, len(b), want, t.dims, typeName(t.dtype))
	}
	return b, nil
}

// outside reads want bytes from a file in the model's folder or below it.
func (f *folder) outside(t *tensor, want int64) ([]byte, error) {
	var location string
	offset, length := int64(0), want
	for _, e := range t.external {
		var err error
		switch e.key {
		case "location":
			location = e.value
		case "offset":
			offset, err = strconv.ParseInt(e.value, 10, 64)
		case "length":
			length, err = strconv.ParseInt(e.value, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: external data's %s is %q, wanted a number", t.name, e.key, e.value)
		}
	}
	if !fs.ValidPath(location) || location == "." {
		return nil, fmt.Errorf("tensor %q: external data in %q, wanted a file in the model's folder", t.name, location)
	}
	if length != want {
		return nil, fmt.Errorf("tensor %q: external data of %d bytes, wanted %d for dimensions %v of %s", t.name, length, want, t.dims, typeName(t.dtype))
	}
	fail := func(err error) ([]byte, error) {
		return nil, fmt.Errorf("tensor %q: external data in %s: %w", t.name, location, err)
	}
	file, info, err := open(f.fsys, path.Join(f.dir, location))
	if err != nil {
		return fail(err)
	}
	defer file.Close()
	if offset < 0 || offset > info.Size() || length > info.Size()-offset {
		return fail(fmt.Errorf("%d bytes from byte %d, in a file of %d", length, offset, info.Size()))
	}
	f.sizes[location] = info.Size()
	var from io.Reader = file
	if at, ok := file.(io.ReaderAt); ok {
		from = io.NewSectionReader(at, offset, length)
	} else if _, err := io.CopyN(io.Discard, file, offset); err != nil {
		return fail(err)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(from, b); err != nil {
		return fail(err)
	}
	return b, nil
}

// open opens a file, and nothing that is none, such as a named pipe.
func open(fsys fs.FS, name string) (fs.File, fs.FileInfo, error) {
	info, err := fs.Stat(fsys, name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is not a file")
	}
	if err != nil {
		return nil, nil, err
	}
	file, err := fsys.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// float32Bytes are values as a file has them.
func float32Bytes(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
