package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tatami/internal/safetensors"
)

func sample() *safetensors.File {
	return &safetensors.File{
		Metadata: map[string]string{"b": "<2>", "a": "畳"},
		Tensors: []safetensors.Tensor{
			{Name: "w", Shape: []int{2, 3}, Data: []float32{1, -2, 3.5, 0, float32(math.Inf(1)), 1e-42}},
			{Name: "none", Shape: []int{0, 7}, Data: []float32{}},
			{Name: "scalar", Shape: []int{}, Data: []float32{7}},
			{Name: "large", Shape: []int{5000}, Data: make([]float32, 5000)},
		},
	}
}

// file is a file of the given header and number of bytes of values.
func file(header string, values int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, values)...)
}

func decode(b []byte) (*safetensors.File, error) {
	return safetensors.Decode(bytes.NewReader(b), int64(len(b)))
}

func encode(t *testing.T, f *safetensors.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Encode(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	for range 2 { // the second time over an existing file
		if err := safetensors.Write(path, sample()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sample()) {
		t.Errorf("read back %v", got)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, encode(t, sample())) {
		t.Error("two encodings of one content differ")
	}
	if n := binary.LittleEndian.Uint64(raw); n%8 != 0 {
		t.Errorf("the values begin at byte %d, not a multiple of 8", 8+n)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("files left behind: %v, %v", entries, err)
	}
}

func ExampleEncode() {
	var b bytes.Buffer
	f := &safetensors.File{
		Metadata: map[string]string{"net": "mlp"},
		Tensors:  []safetensors.Tensor{{Name: "bias", Shape: []int{2}, Data: []float32{0, 1}}},
	}
	if err := safetensors.Encode(&b, f); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%q\n", b.Bytes()[:8])
	fmt.Printf("%s|\n", b.Bytes()[8:b.Len()-8])
	fmt.Printf("%x\n", b.Bytes()[b.Len()-8:])
	// Output:
	// "X\x00\x00\x00\x00\x00\x00\x00"
	// {"__metadata__":{"net":"mlp"},"bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  |
	// 000000000000803f
}

func TestEmpty(t *testing.T) {
	f, err := decode(encode(t, &safetensors.File{}))
	if err != nil || len(f.Tensors) != 0 || f.Metadata != nil {
		t.Errorf("got %v, %v", f, err)
	}
}

// TestFileOrder: the order is that of the values, not of the header.
func TestFileOrder(t *testing.T) {
	f, err := decode(file(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},`+
		`"a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}`, 8))
	if err != nil {
		t.Fatal(err)
	}
	if f.Tensors[0].Name != "a" || f.Tensors[1].Name != "b" {
		t.Errorf("order %s, %s; want a, b", f.Tensors[0].Name, f.Tensors[1].Name)
	}
}

// Each fault has an error of its own, which names the tensor.
var faults = []struct {
	name string
	file []byte
	want string
}{
	{"empty", nil, "not a safetensors file: 0 bytes, wanted at least 8"},
	{"huge header", []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), "header of 18446744073709551615 bytes, wanted at most 100000000"},
	{"header over file", append(binary.LittleEndian.AppendUint64(nil, 99), "{}"...), "header of 99 bytes in a file of 10"},
	{"no header", file("", 4), "not a JSON object"},
	{"array", file("[]", 0), "not a JSON object"},
	{"not JSON", file(`{"a":}`, 0), "not JSON"},
	{"half of JSON", file(`{"a":{"dtype"`, 0), "not JSON"},
	{"not UTF-8", file("{\"\xff\":1}", 0), "invalid UTF-8"},
	{"two values", file("{}{}", 0), "more than one JSON value"},
	{"deep", file("{\"a\":"+strings.Repeat("[", 100000), 0), `tensor "a": the header has "[", wanted an object`},
	{"null", file("null", 0), "not a JSON object"},
	{"metadata number", file(`{"__metadata__":{"k":1}}`, 0), `metadata "k": the header has 1, wanted a string`},
	{"metadata twice", file(`{"__metadata__":{"k":"1","k":"2"}}`, 0), `metadata "k" appears twice`},
	{"tensor is a string", file(`{"a":"F32"}`, 0), `tensor "a": the header has F32, wanted a list or object`},
	{"name twice", file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0), `tensor "a" appears twice`},
	{"key twice", file(`{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0), `tensor "a": key "dtype" appears twice`},
	{"unknown key", file(`{"a":{"Dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0), `tensor "a": unknown key "Dtype"`},
	{"missing key", file(`{"a":{"dtype":"F32","data_offsets":[0,0]}}`, 0), `tensor "a": key "shape" is missing`},
	{"dtype", file(`{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}`, 2), `tensor "a": dtype BF16 is not supported, wanted F32`},
	{"negative", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), `tensor "a": shape [-1] has a negative side`},
	{"two negatives", file(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, 4), `tensor "a": shape [-1 -1] has a negative side`},
	{"overflow", file(`{"a":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}}`, 16), `tensor "a": shape [4611686018427387905 4] has more values`},
	{"over 64 bits", file(`{"a":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}`, 4), `tensor "a": shape: 18446744073709551617 is not a whole number`},
	{"fraction", file(`{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}`, 4), `tensor "a": shape: 1.0 is not a whole number`},
	{"dimensions", file(`{"a":{"dtype":"F32","shape":[1`+strings.Repeat(",1", 16)+`],"data_offsets":[0,4]}}`, 4), `tensor "a": shape: more than 16 numbers`},
	{"one offset", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, 4), `tensor "a": data_offsets [0]`},
	{"reversed", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), `tensor "a": data_offsets [4 0]`},
	{"misfit", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), `tensor "a": shape [2] takes 8 bytes, data_offsets [0 4] give it 4`},
	{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "b" begins at byte 4 of the values, inside of tensor "a", which ends at 8`},
	{"hole", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "a" begins at byte 4 of the values: hole behind the header`},
	{"cut", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 7), `tensor "a" ends at byte 8 of the values, but the file has only 7`},
	{"far outside", file(`{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}`, 8), `tensor "a" ends at byte 4000000000000`},
	{"trailing", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 5), `1 bytes of trailing data behind tensor "a"`},
	{"only trailing", file(`{}`, 5), `5 bytes of trailing data behind the header`},
}

func TestFaults(t *testing.T) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			if _, err := decode(fault.file); err == nil || !strings.Contains(err.Error(), fault.want) {
				t.Errorf("got %v, wanted %s", err, fault.want)
			}
		})
	}
}

// TestCut: no beginning of a file is a file.
func TestCut(t *testing.T) {
	whole := encode(t, sample())
	for n := range whole {
		if n > 600 && n < len(whole)-600 {
			continue
		}
		if _, err := decode(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", n, len(whole))
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for want, tensors := range map[string][]safetensors.Tensor{
		`tensor name "a" is taken`:                             {{Name: "a", Shape: []int{0}}, {Name: "a", Shape: []int{0}}},
		`tensor name "__metadata__" is taken`:                  {{Name: "__metadata__", Shape: []int{0}}},
		`tensor "a": shape [2] does not fit 1 values`:          {{Name: "a", Shape: []int{2}, Data: []float32{1}}},
		`tensor "a": shape [-1] has a negative side`:           {{Name: "a", Shape: []int{-1}, Data: []float32{1}}},
		`tensor "\xff": the name is not UTF-8`:                 {{Name: "\xff", Shape: []int{0}}},
		`tensor "a": shape [] does not fit 0 values`:           {{Name: "a"}},
		`tensor "a": shape [1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1`: {{Name: "a", Shape: []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, Data: []float32{1}}},
	} {
		err := safetensors.Encode(new(bytes.Buffer), &safetensors.File{Tensors: tensors})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, wanted %s", err, want)
		}
	}
}

// TestWriteKeepsEarlier: a failed write leaves the earlier file and nothing else.
func TestWriteKeepsEarlier(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	if err := safetensors.Write(path, sample()); err != nil {
		t.Fatal(err)
	}
	bad := &safetensors.File{Tensors: []safetensors.Tensor{{Name: "a", Shape: []int{2}}}}
	if err := safetensors.Write(path, bad); err == nil {
		t.Error("a misfit was written")
	}
	if f, err := safetensors.Read(path); err != nil || !reflect.DeepEqual(f, sample()) {
		t.Errorf("the earlier file is gone: %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("files left behind: %v", entries)
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "no", "m")
	err := safetensors.Write(missing, sample())
	if want := "cannot write " + missing + ": no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, wanted %s", err, want)
	}
	if _, err := safetensors.Read(missing); err == nil || !errors.Is(err, os.ErrNotExist) || strings.Count(err.Error(), missing) != 1 {
		t.Errorf("got %v, want the path once and ErrNotExist", err)
	}
	if _, err := safetensors.Read(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v for a folder", err)
	}
	if err := safetensors.Write(dir, sample()); err == nil {
		t.Error("a folder was replaced")
	}
}

// TestBook reads the weights that come with the textbook.
func TestBook(t *testing.T) {
	const dir = "../../../shared/book"
	paths, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil || len(paths) == 0 {
		t.Skip("no files in " + dir)
	}
	for _, path := range paths {
		f, err := safetensors.Read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(t, f), raw) {
			t.Errorf("%s: encoding what was decoded gives other bytes", path)
		}
	}
}

// FuzzDecode: no panic, and what is accepted survives a round trip.
func FuzzDecode(f *testing.F) {
	for _, fault := range faults {
		if len(fault.file) < 1000 {
			f.Add(fault.file)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := decode(b)
		if err != nil {
			return
		}
		first := encode(t, file)
		again, err := decode(first)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, encode(t, again)) {
			t.Error("a round trip changed the content")
		}
	})
}

// TestSkip: what is skipped may be of any dtype, and must have its place in
// the file nevertheless.
func TestSkip(t *testing.T) {
	but := safetensors.Accept{Skip: func(name, dtype string) bool { return name == "n" && dtype == "I64" }}
	header := `{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`
	text := file(header, 12)
	f, err := but.Decode(bytes.NewReader(text), int64(len(text)))
	if err != nil || len(f.Tensors) != 1 || f.Tensors[0].Name != "a" {
		t.Errorf("read as %+v, %v", f, err)
	}
	if _, err := decode(text); err == nil || !strings.Contains(err.Error(), `tensor "n": dtype I64 is not supported`) {
		t.Errorf("unasked: error %v", err)
	}
	text = text[:len(text)-1]
	if _, err := but.Decode(bytes.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("cut: error %v", err)
	}
}

// A sealed file lacks neither checksum, and float64 tensors are sealed too.
func TestSeal(t *testing.T) {
	sealed := func() *safetensors.File {
		f := sample()
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: "wide", Shape: []int{2}, Wide: []float64{1.0 / 3, math.Inf(-1)}})
		f.Seal()
		return f
	}
	b := encode(t, sealed())
	f, err := safetensors.Accept{Types: []string{safetensors.F64}}.Decode(bytes.NewReader(b), int64(len(b)))
	if err != nil || !reflect.DeepEqual(f, sealed()) || f.CheckSeal() != nil {
		t.Fatalf("read back %v, %v", f, err)
	}
	if _, err := decode(b); err == nil || !strings.Contains(err.Error(), `tensor "wide": dtype F64 is not supported, wanted F32`) {
		t.Errorf("a reader that wants F32 alone: error %v", err)
	}
	for want, change := range map[string]func(*safetensors.File){
		`metadata "metadata_sha256", the checksum of the metadata, is missing`: func(f *safetensors.File) { delete(f.Metadata, "metadata_sha256") },
		"the metadata have SHA-256": func(f *safetensors.File) { delete(f.Metadata, safetensors.SumKey) },
		"the values have SHA-256":   func(f *safetensors.File) { f.Tensors[4].Wide[0]++ },
	} {
		f := sealed()
		change(f)
		if err := f.CheckSeal(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, wanted %q", err, want)
		}
	}
}
