package datasets_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/nn"
)

// count is n bytes 0, 1, 2 and so on.
func count(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// small is a valid folder: 4 training and 2 test images of 3×2.
func small() map[string][]byte {
	return map[string][]byte{
		"train-images-idx3-ubyte": toy.IDX(count(24), 4, 3, 2),
		"train-labels-idx1-ubyte": toy.IDX([]byte{2, 0, 1, 2}, 4),
		"t10k-images-idx3-ubyte":  toy.IDX(count(12), 2, 3, 2),
		"t10k-labels-idx1-ubyte":  toy.IDX([]byte{1, 0}, 2),
	}
}

func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFolderNames(t *testing.T) {
	// rename maps each name of the small folder; .gz zips the content.
	for name, rename := range map[string]func(string) string{
		"plain":  func(s string) string { return s },
		"gz":     func(s string) string { return s + ".gz" },
		"mixed":  func(s string) string { return strings.Replace(s, "labels-idx1-ubyte", "labels-idx1-ubyte.gz", 1) },
		"test":   func(s string) string { return strings.Replace(s, "t10k", "test", 1) },
		"dot":    func(s string) string { return strings.Replace(s, "-idx", ".idx", 1) },
		"prefix": func(s string) string { return "emnist-balanced-" + strings.Replace(s, "t10k", "test", 1) + ".gz" },
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{"README": nil}
			for old, data := range small() {
				if strings.HasSuffix(rename(old), ".gz") {
					data = toy.Zipped(data)
				}
				files[rename(old)] = data
			}
			train, test, err := datasets.Folder(folder(t, files))
			if err != nil {
				t.Fatal(err)
			}
			shape := nn.Shape{H: 3, W: 2, C: 1}
			if train.Shape != shape || test.Shape != shape || train.Len() != 4 || test.Len() != 2 {
				t.Fatalf("got %v and %v", train, test)
			}
			if !slices.Equal(train.Images[1], []byte{6, 7, 8, 9, 10, 11}) || !slices.Equal(train.Labels, []int{2, 0, 1, 2}) {
				t.Errorf("image 1 is %v, labels are %v", train.Images[1], train.Labels)
			}
			if !slices.Equal(test.Classes, []string{"0", "1", "2"}) {
				t.Errorf("classes %v", test.Classes)
			}
		})
	}
}

func TestFolderChannelsAndClasses(t *testing.T) {
	train, _, err := datasets.Folder(folder(t, map[string][]byte{
		"train-images-idx4-ubyte": toy.IDX(count(256*12), 256, 2, 2, 3),
		"train-labels-idx1-ubyte": toy.IDX(count(256), 256),
		"t10k-images-idx4-ubyte":  toy.IDX(count(12), 1, 2, 2, 3),
		"t10k-labels-idx1-ubyte":  toy.IDX([]byte{255}, 1),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if train.Shape != (nn.Shape{H: 2, W: 2, C: 3}) || len(train.Classes) != 256 {
		t.Errorf("got %v", train)
	}
}

func TestFolderFaults(t *testing.T) {
	const (
		images, labels         = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
		testImages, testLabels = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
	)
	tooMany := "%s: truncated: 24 bytes behind the header, wanted 25769803770"
	if strconv.IntSize == 32 {
		tooMany = "%s: announces 25769803770 bytes of data, wanted at most 2147483647"
	}
	for name, c := range map[string]struct {
		file string
		data []byte // nil: no file
		want string // %s is the file's path
	}{
		"missing":        {images, nil, "has no train-images-idx3-ubyte, nor train-images-idx3-ubyte.gz"},
		"missing labels": {testLabels, nil, "has no t10k-labels-idx1-ubyte"},
		"empty":          {images, []byte{}, "%s: truncated: 0 bytes of a magic number, wanted 4"},
		"magic":          {images, toy.IDX(count(24), 24), "%s: magic number 0x00000801, wanted 0x00000803 for images"},
		"label magic":    {labels, toy.IDX(count(24), 4, 3, 2), "%s: magic number 0x00000803, wanted 0x00000801 for labels"},
		"floats":         {images, append([]byte{0, 0, 0xd, 3}, make([]byte, 100)...), "%s: magic number 0x00000d03, wanted 0x00000803"},
		"header":         {images, toy.IDX(nil, 4, 3, 2)[:9], "%s: truncated: 5 bytes of a header, wanted 12"},
		"truncated":      {images, toy.IDX(count(23), 4, 3, 2), "%s: truncated: 23 bytes behind the header, wanted 24"},
		"trailing":       {images, toy.IDX(count(25), 4, 3, 2), "%s: more than the 24 bytes behind the header"},
		"four billion":   {images, toy.IDX(count(24), -1, 3, 2), tooMany},
		"huge image":     {images, toy.IDX(count(24), 1, math.MaxInt32, math.MaxInt32), "%s: images of 2147483647×2147483647×1, wanted at least one and at most 268435456 pixels"},
		"zero sides":     {images, toy.IDX(nil, 4, 0, 2), "%s: images of 0×2×1, wanted at least one"},
		"no images":      {images, toy.IDX(nil, 0, 3, 2), "%s: holds no images or labels"},
		"counts":         {labels, toy.IDX([]byte{0, 1, 2}, 3), "%s: 3 labels, wanted 4, as many as "},
		"shapes":         {testImages, toy.IDX(count(12), 2, 2, 3), "%s: images of 2×3×1, wanted 3×2×1 as in "},
		"test label":     {testLabels, toy.IDX([]byte{1, 3}, 2), "%s: label 3 of image 1 is outside the classes 0 to 2"},
		"not gzip":       {images + ".gz", toy.IDX(count(24), 4, 3, 2), "%s: not gzip, though named .gz"},
		"empty gzip":     {images + ".gz", []byte{}, "%s: truncated"},
		"cut gzip":       {images + ".gz", toy.Zipped(toy.IDX(count(24), 4, 3, 2))[:30], "%s: truncated"},
		"bad gzip":       {images + ".gz", append(toy.Zipped(toy.IDX(count(24), 4, 3, 2))[:10], 0xff, 0xff, 0xff), "cannot read %s: flate: corrupt input"},
		"checksum":       {images + ".gz", damaged(toy.Zipped(toy.IDX(count(24), 4, 3, 2))), "cannot read %s: gzip: invalid checksum"},
		"gzip and more":  {images + ".gz", append(toy.Zipped(toy.IDX(count(24), 4, 3, 2)), "more"...), "%s: truncated"},
		"gzip and text":  {images + ".gz", append(toy.Zipped(toy.IDX(count(24), 4, 3, 2)), "a longer trailing text"...), "%s: what follows the end of its gzip data is not gzip"},
		"two members":    {images + ".gz", append(toy.Zipped(toy.IDX(count(24), 4, 3, 2)), toy.Zipped([]byte{1})...), "%s: more than the 24 bytes behind the header"},
		"two sets":       {"emnist-letters-" + images, toy.IDX(nil), "holds 2 data sets"},
	} {
		t.Run(name, func(t *testing.T) {
			files := small()
			delete(files, strings.TrimSuffix(c.file, ".gz"))
			if c.data != nil {
				files[c.file] = c.data
			}
			dir := folder(t, files)
			want := strings.ReplaceAll(c.want, "%s", filepath.Join(dir, c.file))
			if _, _, err := datasets.Folder(dir); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
	t.Run("stray label", func(t *testing.T) {
		damaged := make([]byte, 3000)
		damaged[7] = 9
		files := small()
		files[images], files[labels] = toy.IDX(make([]byte, 3000*6), 3000, 3, 2), toy.IDX(damaged, 3000)
		dir := folder(t, files)
		want := filepath.Join(dir, labels) + ": label 9 of image 7 is outside the classes: only 1 of 3000 images have it"
		if _, _, err := datasets.Folder(dir); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "none")
		if _, _, err := datasets.Folder(dir); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "cannot read folder "+dir+": ") {
			t.Errorf("got %v", err)
		}
	})
}

// A few labels far above all others are damage, unless the set is so small that
// they may be classes.
func TestFolderStrayLabel(t *testing.T) {
	const labels = "train-labels-idx1-ubyte"
	for _, c := range []struct {
		images, classes int
		stray           byte
		damage          bool
	}{
		{100, 10, 200, true}, {30, 3, 77, true}, {30, 3, 3, false}, {100, 10, 11, false}, {8, 6, 9, false}, {30, 9, 10, false},
	} {
		all := make([]byte, c.images)
		for i := range all {
			all[i] = byte(i % c.classes)
		}
		all[7] = c.stray
		files := small()
		files["train-images-idx3-ubyte"], files[labels] = toy.IDX(make([]byte, c.images*6), c.images, 3, 2), toy.IDX(all, c.images)
		dir := folder(t, files)
		train, _, err := datasets.Folder(dir)
		want := fmt.Sprintf("%s: label %d of image 7 is outside the classes: only 1 of %d images have it", filepath.Join(dir, labels), c.stray, c.images)
		if c.damage && (err == nil || err.Error() != want) {
			t.Errorf("%+v: error %v, want %s", c, err, want)
		}
		if !c.damage && (err != nil || len(train.Classes) != int(c.stray)+1) {
			t.Errorf("%+v: %v, %v", c, train, err)
		}
	}
}

// damaged changes the checksum that ends a gzip file.
func damaged(z []byte) []byte {
	z[len(z)-8]++
	return z
}

// TestFolderReadsMNIST: our reader and GoMNIST's agree.
func TestFolderReadsMNIST(t *testing.T) {
	toy.Alone(t)
	files := map[string][]byte{}
	test := mnistSets(t).test
	labels := make([]byte, test.Len())
	for i, label := range test.Labels {
		labels[i] = byte(label)
	}
	for _, set := range []string{"train", "t10k"} {
		files[set+"-images-idx3-ubyte.gz"] = toy.Zipped(toy.IDX(bytes.Join(test.Images, nil), 10000, 28, 28))
		files[set+"-labels-idx1-ubyte"] = toy.IDX(labels, 10000)
	}
	_, got, err := datasets.Folder(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if got.Shape != test.Shape || !slices.Equal(got.Labels, test.Labels) || !slices.Equal(got.Classes, test.Classes) ||
		!slices.EqualFunc(got.Images, test.Images, slices.Equal) {
		t.Error("the same files read in two ways differ")
	}
}

func ExampleFolder() {
	_, _, err := datasets.Folder("fashion")
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// Output:
	// true
}

// FuzzFolder: no panic whatever the images and labels are, and what is
// accepted holds together.
func FuzzFolder(f *testing.F) {
	s := small()
	images, labels := s["train-images-idx3-ubyte"], s["train-labels-idx1-ubyte"]
	f.Add(images, labels, false)
	f.Add(toy.Zipped(images), toy.Zipped(labels), true)
	f.Add(toy.IDX(count(24), 2_000_000_000, 3, 2), labels, false)
	// Two folders for all executions, whose test files are the training files
	// by another name: making and removing folders takes most of the time.
	dirs := map[bool]string{}
	for gz, end := range map[bool]string{false: "", true: ".gz"} {
		dirs[gz] = f.TempDir()
		for _, name := range []string{"images-idx3-ubyte", "labels-idx1-ubyte"} {
			training := filepath.Join(dirs[gz], "train-"+name+end)
			if err := errors.Join(os.WriteFile(training, nil, 0o644), os.Link(training, filepath.Join(dirs[gz], "test-"+name+end))); err != nil {
				f.Fatal(err)
			}
		}
	}
	f.Fuzz(func(t *testing.T, images, labels []byte, gz bool) {
		dir, end := dirs[gz], ""
		if gz {
			end = ".gz"
		}
		for name, data := range map[string][]byte{"images-idx3-ubyte": images, "labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(dir, "train-"+name+end), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		train, _, err := datasets.Folder(dir)
		if err != nil {
			return
		}
		if train.Len() < 1 || train.Len() != len(train.Labels) {
			t.Errorf("%d images, %d labels", train.Len(), len(train.Labels))
		}
		for i, image := range train.Images {
			if len(image) != train.Size() || int(train.Labels[i]) >= len(train.Classes) {
				t.Errorf("image %d of %v: %d bytes, label %d", i, train, len(image), train.Labels[i])
			}
		}
	})
}
