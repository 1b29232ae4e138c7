package tensorboard_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tatami/internal/tensorboard"
)

// crc32c is the CRC of RFC 3720, bit by bit.
func crc32c(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			crc = crc>>1 ^ 0x82f63b78*(crc&1)
		}
	}
	return ^crc
}

// unmask undoes what the format does to checksums.
func unmask(c uint32) uint32 { c -= 0xa282ead8; return c>>17 | c<<15 }

// records splits a file and checks both sums of each record.
func records(t *testing.T, data []byte) (list [][]byte) {
	t.Helper()
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		if sum := unmask(binary.LittleEndian.Uint32(data[8:])); sum != crc32c(data[:8]) {
			t.Fatalf("checksum of a length is %08x, want %08x", sum, crc32c(data[:8]))
		}
		record := data[12 : 12+n]
		if sum := unmask(binary.LittleEndian.Uint32(data[12+n:])); sum != crc32c(record) {
			t.Fatalf("checksum of a record is %08x, want %08x", sum, crc32c(record))
		}
		list = append(list, record)
		data = data[16+n:]
	}
	return list
}

// message reads a protocol buffer: numbers and bytes by path of fields.
func message(t *testing.T, data []byte, nested map[string]bool, path string, into map[string]any) {
	t.Helper()
	varint := func() (v uint64) {
		for shift := 0; ; shift += 7 {
			b := data[0]
			data = data[1:]
			v |= uint64(b&0x7f) << shift
			if b < 0x80 {
				return v
			}
		}
	}
	for len(data) > 0 {
		key := varint()
		name := strings.TrimPrefix(fmt.Sprint(path, ".", key>>3), ".")
		switch key & 7 {
		case 0:
			into[name] = varint()
		case 1:
			into[name] = math.Float64frombits(binary.LittleEndian.Uint64(data))
			data = data[8:]
		case 2:
			n := varint()
			if nested[name] {
				message(t, data[:n], nested, name, into)
			} else {
				into[name] = string(data[:n])
			}
			data = data[n:]
		case 5:
			into[name] = math.Float32frombits(binary.LittleEndian.Uint32(data))
			data = data[4:]
		default:
			t.Fatalf("field %s has wire type %d", name, key&7)
		}
	}
}

// An event file holds, by a reader written from the format's description,
// what was written to it.
func TestWriter(t *testing.T) {
	if got := crc32c([]byte("123456789")); got != 0xe3069283 {
		t.Fatalf("the test's CRC is %08x", got)
	}
	dir := t.TempDir()
	w, err := tensorboard.Create(dir, 300)
	if err != nil {
		t.Fatal(err)
	}
	w.Scalar("loss/train", 300, 2.25)
	w.PNG("filters", math.MaxInt, 200, 300, []byte("a picture"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := tensorboard.Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	names, _ := filepath.Glob(filepath.Join(dir, tensorboard.Pattern))
	if len(names) != 2 {
		t.Fatalf("files %v, want two", names)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	// So begins every event file with a time and this version.
	if head := []byte("\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7fK\"\x09"); !bytes.HasPrefix(data, head) {
		t.Errorf("begins with %q", data[:13])
	}
	nested := map[string]bool{"5": true, "5.1": true, "5.1.4": true, "7": true}
	want := []map[string]any{
		{"3": "brain.Event:2"},
		{"2": uint64(300), "7.1": uint64(1)},
		{"2": uint64(300), "5.1.1": "loss/train", "5.1.2": float32(2.25)},
		{"2": uint64(math.MaxInt), "5.1.1": "filters", "5.1.4.1": uint64(300), "5.1.4.2": uint64(200), "5.1.4.3": uint64(3), "5.1.4.4": "a picture"},
	}
	list := records(t, data)
	if len(list) != len(want) {
		t.Fatalf("%d records, want %d", len(list), len(want))
	}
	for i, record := range list {
		got := map[string]any{}
		message(t, record, nested, "", got)
		if at, _ := got["1"].(float64); math.Abs(at-float64(time.Now().Unix())) > 60 {
			t.Errorf("record %d: time %v", i, got["1"])
		}
		delete(got, "1")
		if fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Errorf("record %d: %v, want %v", i, got, want[i])
		}
	}
}

func TestCreateFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := tensorboard.Create(dir, 1); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}

// A clock that was set back does not put a resumed run before the earlier one:
// TensorBoard reads files in the order of their names.
func TestClockSetBack(t *testing.T) {
	dir := t.TempDir()
	want := []string{fmt.Sprintf("events.out.tfevents.%d.0.tatami", time.Now().Unix()+1_000_000)}
	if err := os.WriteFile(filepath.Join(dir, want[0]), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		w, err := tensorboard.Create(dir, 3)
		if err != nil {
			t.Fatal(err)
		}
		all, err := filepath.Glob(filepath.Join(dir, tensorboard.Pattern))
		if err != nil || len(all) != len(want)+1 {
			t.Fatalf("%v, %v", all, err)
		}
		slices.Sort(all)
		for i, name := range want {
			if filepath.Base(all[i]) != name {
				t.Fatalf("the new file is before %s: %v", name, all)
			}
		}
		want = append(want, filepath.Base(all[len(all)-1]))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
