package datasets_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/nn"
)

var digitShape = nn.Shape{H: 28, W: 28, C: 1}

// emptyPNG is a black picture of that many pixels, of the given bits and
// PNG's colour type, in few bytes.
func emptyPNG(w, h, bits, colour, channels int) []byte {
	file := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		file = binary.BigEndian.AppendUint32(file, uint32(len(data)))
		from := len(file)
		file = append(append(file, kind...), data...)
		file = binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[from:]))
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	chunk("IHDR", append(head, byte(bits), byte(colour), 0, 0, 0))
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	zeros := make([]byte, 1<<16)
	for rest := h * (1 + (w*channels*bits+7)/8); rest > 0; rest -= len(zeros) {
		z.Write(zeros[:min(rest, len(zeros))])
	}
	z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return file
}

// manyScans is a grey progressive JPEG whose last scans are empty.
func manyScans(side uint16, scans int) []byte {
	file := []byte("\xff\xd8\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64))
	file = append(file, 0xff, 0xc2, 0, 11, 8, byte(side>>8), byte(side), byte(side>>8), byte(side), 1, 1, 0x11, 0)
	for _, table := range []byte{0x00, 0x10} { // one code, 0: no difference, or end of block
		file = append(file, 0xff, 0xc4, 0, 20, table, 1)
		file = append(file, make([]byte, 16)...)
	}
	blocks := (int(side) + 7) / 8 * ((int(side) + 7) / 8)
	last := byte(0) // of the coefficients of a scan
	for range scans {
		file = append(file, 0xff, 0xda, 0, 8, 1, 1, 0, min(last, 1), last, 0)
		file = append(file, make([]byte, blocks/8+1)...)
		last = 63
	}
	return append(file, 0xff, 0xd9)
}

// cost is the memory, all in all, and the time that f takes.
func cost(f func()) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	took = time.Since(start)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// Small files of large pictures cost neither much memory nor much time, whether
// they are taken or refused.
func TestPictureBudget(t *testing.T) {
	toy.Alone(t)
	for name, c := range map[string]struct {
		file []byte
		want string // of the error
		most uint64 // MB taken
		long bool
	}{
		"tall":            {emptyPNG(1, 50_000_000, 8, 0, 1), "the image is blank", 250, true},
		"less tall":       {emptyPNG(1, 4_194_304, 8, 0, 1), "the image is blank", 30, false},
		"wide":            {emptyPNG(4_194_304, 1, 8, 0, 1), "the image is blank", 60, false},
		"16 bits":         {emptyPNG(5000, 5000, 16, 6, 4), "the image is blank", 400, true},
		"16 bits, larger": {emptyPNG(5001, 5000, 16, 6, 4), "5001×5000 pixels, wanted at most 25 megapixels", 1, true},
		"scans":           {manyScans(512, 100), "the image is blank", 60, false},
		"more scans":      {manyScans(512, 101), "the image has more than 100 scans, wanted at most 100", 60, false},
		"large scans":     {manyScans(5000, 101), "the image has more than 100 scans", 400, true},
		"larger scans":    {manyScans(5008, 2), "5008×5008 pixels, wanted at most 25 megapixels", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("seconds")
			}
			var err error
			used, took := cost(func() {
				var img image.Image
				if img, err = datasets.DecodeImage(bytes.NewReader(c.file)); err == nil {
					_, err = datasets.Digit(img, digitShape)
				}
			})
			t.Logf("%d bytes: %d MB, %v: %v", len(c.file), used>>20, took, err)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if used>>20 > c.most {
				t.Errorf("%d MB taken, want at most %d", used>>20, c.most)
			}
		})
	}
}

// A digit of many pixels is read as that of few.
func TestDigitShrinks(t *testing.T) {
	toy.Alone(t)
	small := grey(mnistSets(t).test.Images[0])
	large := image.NewGray(image.Rect(0, 0, 28*150, 28*150))
	draw.NearestNeighbor.Scale(large, large.Rect, small, small.Rect, draw.Src, nil)
	want, err := datasets.Digit(small, digitShape)
	if err != nil {
		t.Fatal(err)
	}
	got, err := datasets.Digit(large, digitShape)
	if err != nil {
		t.Fatal(err)
	}
	apart := 0
	for i, v := range got {
		apart += max(int(v), int(want[i])) - min(int(v), int(want[i]))
	}
	if mean := float64(apart) / float64(len(got)); mean > 6 {
		t.Errorf("the pixels are %.1f apart in the mean", mean)
	}
}

// A zipped file is refused by what its header announces, before it is unzipped.
func TestZippedBudget(t *testing.T) {
	toy.Alone(t)
	files := small()
	const n = 200 << 20
	files["train-images-idx3-ubyte.gz"] = toy.Zipped(toy.IDX(make([]byte, 1<<20), n>>20, 1024, 1024))
	delete(files, "train-images-idx3-ubyte")
	dir := folder(t, files)
	var err error
	used, _ := cost(func() { _, _, err = datasets.Folder(dir) })
	want := filepath.Join(dir, "train-images-idx3-ubyte.gz") + ": announces 209715200 bytes of data in "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "wanted at most ") {
		t.Errorf("got %v, want %s…", err, want)
	}
	if used > 4<<20 {
		t.Errorf("%d bytes taken", used)
	}
	// What a little file may hold, it may.
	files["train-images-idx3-ubyte.gz"] = toy.Zipped(toy.IDX(make([]byte, 16<<20), 4, 2048, 2048))
	files["t10k-images-idx3-ubyte"] = toy.IDX(make([]byte, 8<<20), 2, 2048, 2048)
	if _, _, err := datasets.Folder(folder(t, files)); err != nil {
		t.Error(err)
	}
}

// What is no file is refused at once.
func TestFolderOfFolders(t *testing.T) {
	dir := folder(t, small())
	path := filepath.Join(dir, "train-images-idx3-ubyte")
	os.Remove(path)
	if err := os.Symlink(t.TempDir(), path); err != nil {
		t.Skip(err)
	}
	if _, _, err := datasets.Folder(dir); err == nil || err.Error() != "cannot read "+path+": not a regular file" {
		t.Errorf("got %v", err)
	}
}
