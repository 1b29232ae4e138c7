package datasets

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tatami/internal/files"
	"tatami/nn"
)

// Folder reads a training and a test set in the IDX layout of MNIST: four files
//
//	train-images-idx3-ubyte   train-labels-idx1-ubyte
//	t10k-images-idx3-ubyte    t10k-labels-idx1-ubyte
//
// plain or with .gz, "test" for "t10k", ".idx3-ubyte" for "-idx3-ubyte", and
// with one common prefix if any ("emnist-balanced-train-…"). Images have any
// size, and channels last when they are idx4. They are taken as stored: those of
// EMNIST lie on their side.
//
// The classes are 0 to the largest training label, named by their numbers;
// there may be 256. An error names the file, what it has and what it should.
//
// Source of the format: http://yann.lecun.com/exdb/mnist.
func Folder(dir string) (train, test *Dataset, err error) {
	paths, err := findIDX(dir)
	if err != nil {
		return nil, nil, err
	}
	if train, err = readPair(paths.trainImages, paths.trainLabels); err != nil {
		return nil, nil, err
	}
	if test, err = readPair(paths.testImages, paths.testLabels); err != nil {
		return nil, nil, err
	}
	if train.Shape != test.Shape {
		return nil, nil, fmt.Errorf("%s: images of %s, wanted %s as in %s",
			paths.testImages, sides(test.Shape), sides(train.Shape), paths.trainImages)
	}
	classes, err := countClasses(train.Labels, paths.trainLabels)
	if err != nil {
		return nil, nil, err
	}
	train.Classes = numbers(classes)
	test.Classes = train.Classes
	if err := checkLabels(paths.testLabels, test.Labels, classes); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

// countClasses is the largest label + 1. But a largest label is damage in the
// file and no class if it has less than a thousandth of its share of the images,
// or if it stands far above all others and has three images at most, which is
// less than half its share.
func countClasses(labels []int, path string) (int, error) {
	var count [256]int
	for _, l := range labels {
		count[l]++
	}
	distinct, second, top := 0, 0, 0
	for l, n := range count {
		if n > 0 {
			distinct++
			second, top = top, l
		}
	}
	rare := count[top] * distinct
	apart := (top-second)*2 > max(distinct, 2) && count[top] <= 3
	if rare*1000 < len(labels) || apart && rare*2 < len(labels) {
		return 0, fmt.Errorf("%s: label %d of image %d is outside the classes: only %d of %d images have it",
			path, top, slices.Index(labels, top), count[top], len(labels))
	}
	return top + 1, nil
}

// checkLabels fails on a label that is not below the number of classes.
func checkLabels(path string, labels []int, classes int) error {
	for i, l := range labels {
		if l >= classes {
			return fmt.Errorf("%s: label %d of image %d is outside the classes 0 to %d", path, l, i, classes-1)
		}
	}
	return nil
}

// idxFiles is where the four files are.
type idxFiles struct{ trainImages, trainLabels, testImages, testLabels string }

func idxName() *regexp.Regexp { // made when needed, so that programs that read no folder carry no regexp
	return regexp.MustCompile(`^(.*-)?(train|t10k|test)-(images[.-]idx[34]|labels[.-]idx1)-ubyte(\.gz)?$`)
}

// findIDX looks for the four files in dir. A plain file goes before its .gz,
// and t10k before test.
func findIDX(dir string) (paths idxFiles, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return paths, fmt.Errorf("cannot read folder %s: %w", dir, files.Cause(err))
	}
	found := make(map[string]string) // by "train images" and so on
	var prefixes []string
	name := idxName()
	for _, e := range entries { // sorted: a plain file comes before its .gz
		m := name.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		if !slices.Contains(prefixes, m[1]) {
			prefixes = append(prefixes, m[1])
		}
		key := m[2] + " " + m[3][:len("images")]
		if found[key] == "" {
			found[key] = filepath.Join(dir, e.Name())
		}
	}
	if len(prefixes) > 1 {
		return paths, fmt.Errorf("folder %s holds %d data sets (%s): keep one in a folder",
			dir, len(prefixes), strings.Join(prefixes, ", "))
	}
	test := "t10k"
	if found["t10k images"] == "" && found["t10k labels"] == "" {
		test = "test"
	}
	for _, f := range []struct {
		path      *string
		set, what string
		file      string
	}{
		{&paths.trainImages, "train", "images", "train-images-idx3-ubyte"},
		{&paths.trainLabels, "train", "labels", "train-labels-idx1-ubyte"},
		{&paths.testImages, test, "images", "t10k-images-idx3-ubyte"},
		{&paths.testLabels, test, "labels", "t10k-labels-idx1-ubyte"},
	} {
		*f.path = found[f.set+" "+f.what]
		if *f.path == "" {
			return paths, fmt.Errorf("folder %s has no %s, nor %[2]s.gz", dir, f.file)
		}
	}
	return paths, nil
}

// readPair reads images and their labels; Classes is left empty. The images may
// have 3 or 4 dimensions.
func readPair(imagePath, labelPath string) (*Dataset, error) {
	images, err := readIDX(imagePath, 3, 4)
	if err != nil {
		return nil, err
	}
	labels, err := readIDX(labelPath, 1)
	if err != nil {
		return nil, err
	}
	if images.n != labels.n {
		return nil, fmt.Errorf("%s: %d labels, wanted %d, as many as %s has images", labelPath, labels.n, images.n, imagePath)
	}
	d := &Dataset{Shape: images.Shape, Images: make([][]byte, images.n), Labels: make([]int, labels.n)}
	for i := range d.Images {
		n := d.Size()
		d.Images[i] = images.data[i*n:][:n:n]
		d.Labels[i] = int(labels.data[i])
	}
	return d, nil
}

// idx is n images or labels in one block.
type idx struct {
	n int
	nn.Shape
	data []byte
}

// maxImage bounds the bytes of an image, so that no product overflows.
const maxImage = 1 << 28

// readIDX reads a file of unsigned bytes, an array of one of the given numbers of
// dimensions. What its header announces takes memory only if the file can hold it.
func readIDX(path string, dims ...int) (*idx, error) {
	r, err := openIDX(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()

	var head [4 + 4*4]byte
	if err := r.fill(head[:4], "a magic number"); err != nil {
		return nil, err
	}
	magic := binary.BigEndian.Uint32(head[:])
	count := int(head[3])
	if magic>>8 != 0x08 || !slices.Contains(dims, count) {
		what := "images"
		if dims[0] == 1 {
			what = "labels"
		}
		return nil, fmt.Errorf("%s: magic number 0x%08x, wanted 0x%08x for %s", path, magic, 0x800+dims[0], what)
	}
	header := 4 + 4*count
	if err := r.fill(head[4:header], "a header"); err != nil {
		return nil, err
	}
	side := [4]uint32{1, 1, 1, 1} // count, height, width, channels
	for i := range count {
		side[i] = binary.BigEndian.Uint32(head[4+4*i:])
	}
	size := uint64(1)
	for _, n := range side[1:] {
		if n == 0 || uint64(n) > maxImage/size {
			return nil, fmt.Errorf("%s: images of %d×%d×%d, wanted at least one and at most %d pixels", path, side[1], side[2], side[3], maxImage)
		}
		size *= uint64(n)
	}
	if side[0] == 0 {
		return nil, fmt.Errorf("%s: holds no images or labels, its count is zero", path)
	}
	if want := int64(side[0]) * int64(size); want > math.MaxInt { // an int of 32 bits
		return nil, fmt.Errorf("%s: announces %d bytes of data, wanted at most %d", path, want, math.MaxInt)
	}
	f := &idx{n: int(side[0]), Shape: nn.Shape{H: int(side[1]), W: int(side[2]), C: int(side[3])}}

	want := int64(f.n) * int64(size)
	truncated := "%s: truncated: %d bytes behind the header, wanted %d"
	if most := maxUnzipped + maxRatio*r.size; r.zipped && want > most {
		return nil, fmt.Errorf("%s: announces %d bytes of data in %d of gzip, wanted at most %d", path, want, r.size, most)
	}
	if found := r.size - int64(header); !r.zipped && found < want {
		return nil, fmt.Errorf(truncated, path, found, want)
	}
	data := bytes.NewBuffer(make([]byte, 0, want+1+bytes.MinRead)) // never to grow
	found, err := io.CopyN(data, r, want+1)
	if err != nil && err != io.EOF {
		return nil, r.broken(err)
	}
	if found < want {
		return nil, fmt.Errorf(truncated, path, found, want)
	}
	if found > want {
		return nil, fmt.Errorf("%s: more than the %d bytes behind the header that it announces", path, want)
	}
	f.data = data.Bytes()
	return f, nil
}

// What a zipped file may hold: so many bytes, and so many more for each of its
// own. Zeros alone would make a thousand of one.
const (
	maxUnzipped = 16 << 20
	maxRatio    = 100
)

// idxReader reads a file, unzipping it when it is named .gz.
type idxReader struct {
	io.Reader
	file   *os.File
	path   string
	size   int64 // of the file itself
	zipped bool
}

func openIDX(path string) (*idxReader, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	r := &idxReader{Reader: bufio.NewReader(f), file: f, path: path, size: info.Size(), zipped: strings.HasSuffix(path, ".gz")}
	if r.zipped {
		z, err := gzip.NewReader(r.Reader)
		if err != nil {
			f.Close()
			if errors.Is(err, gzip.ErrHeader) {
				return nil, fmt.Errorf("%s: not gzip, though named .gz", path)
			}
			return nil, r.broken(err)
		}
		r.Reader = z
	}
	return r, nil
}

func (r *idxReader) Close() error { return r.file.Close() }

// fill reads all of b, which is what the error calls it.
func (r *idxReader) fill(b []byte, what string) error {
	n, err := io.ReadFull(r, b)
	if n < len(b) && (err == io.EOF || err == io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: truncated: %d bytes of %s, wanted %d", r.path, n, what, len(b))
	}
	if err != nil {
		return r.broken(err)
	}
	return nil
}

// broken describes an error of reading.
func (r *idxReader) broken(err error) error {
	switch {
	case errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%s: what follows the end of its gzip data is not gzip", r.path)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: truncated", r.path)
	}
	return fmt.Errorf("cannot read %s: %w", r.path, files.Cause(err))
}

// sides is H×W×C with every side, even of a single row.
func sides(s nn.Shape) string { return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C) }
