package datasets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"tatami/internal/files"
	"tatami/nn"
)

// cifarLayout is how the binary files of one of the CIFAR sets are named and
// laid out: labels, then 32×32 red, green and blue values, image after image.
type cifarLayout struct {
	train, test []string
	names       string // of the classes, a line each
	labels      int    // bytes before the pixels; the last one counts
	classes     int
}

var cifarLayouts = []cifarLayout{
	{
		[]string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
		[]string{"test_batch.bin"}, "batches.meta.txt", 1, 10,
	},
	{[]string{"train.bin"}, []string{"test.bin"}, "fine_label_names.txt", 2, 100},
}

// cifarIn is the layout whose training files a folder holds, nil if none.
func cifarIn(dir string) *cifarLayout {
	for i, l := range cifarLayouts {
		if info, err := os.Stat(filepath.Join(dir, l.train[0])); err == nil && !info.IsDir() {
			return &cifarLayouts[i]
		}
	}
	return nil
}

// CIFAR reads the binary files of CIFAR-10 or CIFAR-100 (with its 100 fine
// labels) in a folder: 50,000 training and 10,000 test images of 32×32×3. The
// classes have the names in batches.meta.txt or fine_label_names.txt, or
// numbers where the file is missing.
//
// Source: Krizhevsky: Learning multiple layers of features from tiny images
// (2009); https://www.cs.toronto.edu/~kriz/cifar.html.
func CIFAR(dir string) (train, test *Dataset, err error) {
	l := cifarIn(dir)
	if l == nil {
		return nil, nil, fmt.Errorf("folder %s has no %s (CIFAR-10), nor %s (CIFAR-100)", dir, cifarLayouts[0].train[0], cifarLayouts[1].train[0])
	}
	names, err := l.classNames(dir)
	if err != nil {
		return nil, nil, err
	}
	if train, err = l.read(dir, l.train, names); err != nil {
		return nil, nil, err
	}
	test, err = l.read(dir, l.test, names)
	return train, test, err
}

func (l *cifarLayout) classNames(dir string) ([]string, error) {
	path := filepath.Join(dir, l.names)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return numbers(l.classes), nil
	}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<16)) // what is longer has more names
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	names := strings.Fields(string(text))
	if len(names) != l.classes {
		return nil, fmt.Errorf("%s: names %d classes, wanted %d", path, len(names), l.classes)
	}
	for _, name := range names {
		if strings.ContainsFunc(name, unicode.IsControl) {
			return nil, fmt.Errorf("%s: class %.99q has a control character in its name", path, name)
		}
	}
	return names, nil
}

func (l *cifarLayout) read(dir string, names, classes []string) (*Dataset, error) {
	const plane = 32 * 32
	record := l.labels + 3*plane
	d := &Dataset{Shape: nn.Shape{H: 32, W: 32, C: 3}, Classes: classes}
	for _, name := range names {
		path := filepath.Join(dir, name)
		f, err := open(path)
		if err != nil {
			return nil, err
		}
		const most = 1 << 28 // the largest has 154 MB
		data, err := io.ReadAll(io.LimitReader(f, most+1))
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
		}
		if len(data) == 0 || len(data)%record != 0 || len(data) > most {
			return nil, fmt.Errorf("%s: %d bytes, wanted a multiple of the %d of an image", path, len(data), record)
		}
		pixels := make([]byte, len(data)/record*d.Size())
		for i := range len(data) / record {
			from := data[i*record:]
			label := from[l.labels-1]
			if int(label) >= l.classes {
				return nil, fmt.Errorf("%s: label %d of image %d is outside the classes 0 to %d", path, label, i, l.classes-1)
			}
			image := pixels[i*d.Size() : (i+1)*d.Size() : (i+1)*d.Size()]
			for p := range plane {
				for c := range 3 {
					image[3*p+c] = from[l.labels+c*plane+p]
				}
			}
			d.Images, d.Labels = append(d.Images, image), append(d.Labels, int(label))
		}
	}
	return d, nil
}
