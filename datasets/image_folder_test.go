package datasets_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/nn"
)

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func imageFolder(t testing.TB, dir string, o datasets.Options) *datasets.Data {
	t.Helper()
	d, err := datasets.Read(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// One folder: classes by name, a drawn fifth of each held out, what is no
// picture counted; the same pixels in memory and in a temporary file.
func TestImageFolder(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	dir := t.TempDir()
	toy.Shapes(t, dir, 11, 1)
	toy.File(t, filepath.Join(dir, ".DS_Store"), nil)
	toy.File(t, filepath.Join(dir, "red circle", ".hidden.png"), nil)
	toy.File(t, filepath.Join(dir, "red circle", "notes.txt"), nil)
	toy.File(t, filepath.Join(dir, "red circle", "deeper", "more.PNG"), pngOf(t, image.NewGray(image.Rect(0, 0, 50, 20))))
	var last [2]int
	d := imageFolder(t, dir, datasets.Options{Seed: 3, Progress: func(done, all int) { last = [2]int{done, all} }})
	if !slices.Equal(d.Train.Classes, toy.ShapeClasses) || d.Train.Shape != (nn.Shape{H: 32, W: 32, C: 3}) || d.Hidden != 2 || d.Other != 1 || !d.Split {
		t.Errorf("classes %q, shape %v, hidden %d, other %d", d.Train.Classes, d.Train.Shape, d.Hidden, d.Other)
	}
	if d.Train.Len() != 46 || d.Test.Len() != 10 || last[0] != 2*56 || last[0] != last[1] {
		t.Errorf("%d to train and %d to test, progress %v", d.Train.Len(), d.Test.Len(), last)
	}
	count := map[string]int{}
	for i, path := range d.TestFiles {
		class := d.Test.Classes[d.Test.Labels[i]]
		if !strings.Contains(path, class) || slices.Contains(d.TrainFiles, path) {
			t.Errorf("%s is of class %s", path, class)
		}
		count[class]++
	}
	if len(count) != 5 || slices.IsSorted(d.TrainFiles) {
		t.Errorf("held out are %v, the training set is in order: %v", count, slices.IsSorted(d.TrainFiles))
	}
	memory := int64(1)
	if runtime.GOOS == "js" { // which maps no files
		memory = 0
	}
	streamed := imageFolder(t, dir, datasets.Options{Seed: 3, Memory: memory})
	if !reflect.DeepEqual(d.Train, streamed.Train) || !reflect.DeepEqual(d.Test, streamed.Test) {
		t.Error("pixels in a file are others than in memory")
	}
	if other := imageFolder(t, dir, datasets.Options{Seed: 4}); slices.Equal(other.TestFiles, d.TestFiles) {
		t.Error("another seed holds out the same pictures")
	}
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// Two folders; small grey pictures of one size keep it, unless told otherwise.
func TestImageFolderSets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"train/いぬ", "train/ねこ", "val/いぬ", "val/ねこ", "others/x"} {
		for i := range 2 {
			toy.File(t, filepath.Join(dir, name, fmt.Sprint(i, ".png")), pngOf(t, image.NewGray16(image.Rect(0, 0, 20, 30))))
		}
	}
	d := imageFolder(t, dir, datasets.Options{})
	if d.Train.Shape != (nn.Shape{H: 30, W: 20, C: 1}) || d.Split || d.Train.Len() != 4 || d.Test.Len() != 4 || d.Test.Classes[0] != "いぬ" {
		t.Errorf("%v, %v, split %v", d.Train, d.Test, d.Split)
	}
	d = imageFolder(t, dir, datasets.Options{Height: 8, Width: 9, Color: "rgb", Fit: datasets.FitContain})
	if d.Train.Shape != (nn.Shape{H: 8, W: 9, C: 3}) || d.Fit != datasets.FitContain {
		t.Errorf("%v, fit %s", d.Train, d.Fit)
	}
}

// animated is a WebP file's extended header with the flag of an animation.
var animated = []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00ANIM\x00\x00\x00\x00")

func TestImageFolderWrong(t *testing.T) {
	t.Parallel()
	one := pngOf(t, image.NewGray(image.Rect(0, 0, 4, 4)))
	huge := slices.Clone(one)
	copy(huge[16:24], "\x00\x00\x9c\x40\x00\x00\x9c\x40") // 40,000×40,000
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string // %s is the folder
	}{
		"empty class":       {map[string][]byte{"a/1.png": one, "a/2.png": one, "b/notes": nil}, "%s/b holds no pictures (PNG, JPEG, GIF, BMP or WebP)"},
		"one class":         {map[string][]byte{"a/1.png": one, "a/2.png": one}, "%s has one class, a, wanted a folder for each of two or more"},
		"one picture":       {map[string][]byte{"a/1.png": one, "b/1.png": one, "b/2.png": one}, "%s/a has one picture, wanted two or more: some are held out for the test"},
		"other classes":     {map[string][]byte{"train/a/1.png": one, "train/b/1.png": one, "test/a/1.png": one, "test/c/1.png": one}, "%s/test has a class c that %[1]s/train does not have, wanted the same classes in both"},
		"fewer classes":     {map[string][]byte{"train/a/1.png": one, "train/b/1.png": one, "test/a/1.png": one}, "%s/test has no class b, wanted the classes of %[1]s/train"},
		"test within train": {map[string][]byte{"train/a/1.png": one, "train/test/1.png": one}, "%s/train/test is no class's folder, wanted %[1]s/train and %[1]s/test side by side with the classes' folders in them"},
		"control character": {map[string][]byte{"a\nb/1.png": one}, "folder \"%s/a\\nb\" has a control character in its name, wanted the name of a class"},
		"text":              {map[string][]byte{"a/1.png": one, "a/2.png": []byte("text"), "b/1.png": one, "b/2.png": one}, "%s/a/2.png: not a PNG, JPEG, GIF, BMP or WebP image"},
		"no pixels":         {map[string][]byte{"a/1.png": one, "a/2.gif": []byte("GIF89a\x00\x00\x00\x00\x00\x00\x00;"), "b/1.png": one, "b/2.png": one}, "%s/a/2.gif: the image has 0×0 pixels, wanted some"},
		"animated WebP":     {map[string][]byte{"a/1.png": one, "a/2.webp": animated, "b/1.png": one, "b/2.png": one}, "%s/a/2.webp: an animated WebP, wanted a picture that stands still"},
		"cut short":         {map[string][]byte{"a/1.png": one, "a/2.png": one[:50], "b/1.png": one, "b/2.png": one}, "%s/a/2.png: the png image is damaged: png: invalid format: not enough pixel data"},
		"no folders":        {map[string][]byte{"1.png": one}, "folder %s holds no data: wanted a folder of pictures for each class, train and test with such folders, IDX files like train-images-idx3-ubyte, or CIFAR's like data_batch_1.bin"},
	} {
		dir := t.TempDir()
		for path, data := range c.files {
			if runtime.GOOS == "windows" && strings.Contains(path, "\n") {
				continue
			}
			toy.File(t, filepath.Join(dir, path), data)
		}
		_, err := datasets.Read(context.Background(), dir, datasets.Options{})
		if want := fmt.Sprintf(c.want, dir); runtime.GOOS != "windows" && (err == nil || err.Error() != want) {
			t.Errorf("%s: error\n%v, wanted\n%s", name, err, want)
		}
	}
	dir := t.TempDir()
	for i := range 3 {
		toy.File(t, filepath.Join(dir, "a", fmt.Sprint(i, ".png")), one)
		toy.File(t, filepath.Join(dir, "b", fmt.Sprint(i, ".png")), one)
	}
	toy.File(t, filepath.Join(dir, "b", "3.png"), huge)
	_, err := datasets.Read(context.Background(), dir, datasets.Options{})
	if err == nil || !strings.Contains(err.Error(), "3.png: the image has 40000×40000 pixels") {
		t.Errorf("error %v", err)
	}
	d := imageFolder(t, dir, datasets.Options{SkipBroken: true})
	if len(d.Broken) != 1 || d.Train.Len()+d.Test.Len() != 6 {
		t.Errorf("left out %v, %d and %d read", d.Broken, d.Train.Len(), d.Test.Len())
	}
	d = imageFolder(t, dir, datasets.Options{SkipBroken: true, Height: 8, Width: 8, Color: "gray"}) // no heads are read before
	if len(d.Broken) != 1 || d.Train.Len()+d.Test.Len() != 6 {
		t.Errorf("left out %v, %d and %d read", d.Broken, d.Train.Len(), d.Test.Len())
	}
	if os.Symlink("nowhere", filepath.Join(dir, "a", "link.png")) == nil {
		d = imageFolder(t, dir, datasets.Options{SkipBroken: true})
		if len(d.Broken) != 2 || !strings.Contains(fmt.Sprint(d.Broken), "cannot read "+filepath.Join(dir, "a", "link.png")) {
			t.Errorf("left out %v", d.Broken)
		}
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := datasets.Read(done, dir, datasets.Options{SkipBroken: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a reader that was told to stop", err)
	}
	if os.Symlink(filepath.Join(dir, "b"), filepath.Join(dir, "b", "again")) == nil {
		_, err := datasets.Read(context.Background(), dir, datasets.Options{})
		if want := filepath.Join(dir, "b", "again") + " leads back to one that it is in, wanted no links in circles"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, wanted %s", err, want)
		}
	}
}

// Large pictures are decoded a few at a time, on however many processors.
func TestImageFolderBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(12))
	dir := t.TempDir()
	large := emptyPNG(7000, 7000, 8, 2, 3) // 200 MB in memory
	for i := range 6 {
		for _, class := range []string{"a", "b"} {
			toy.File(t, filepath.Join(dir, class, fmt.Sprint(i, ".png")), large)
		}
	}
	runtime.GC()
	var most uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			}
		}
	}()
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	d := imageFolder(t, dir, datasets.Options{Height: 8, Width: 8, Color: "gray"})
	close(stop)
	<-done
	t.Logf("%d MB at most", most>>20)
	if d.Train.Len()+d.Test.Len() != 12 || most > 1<<30 {
		t.Errorf("%d pictures, %d MB at most, wanted 12 and at most 1024", d.Train.Len()+d.Test.Len(), most>>20)
	}
}

// A few links to folders do not lead to millions.
func TestImageFolderOfLinks(t *testing.T) {
	dir := t.TempDir()
	above := filepath.Join(dir, "a", "x")
	toy.File(t, filepath.Join(above, "0.png"), pngOf(t, image.NewGray(image.Rect(0, 0, 4, 4))))
	for i := range 40 {
		next := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.Mkdir(next, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"left", "right"} {
			if err := os.Symlink(next, filepath.Join(above, name)); err != nil {
				t.Skip(err)
			}
		}
		above = next
	}
	done := make(chan error, 1)
	go func() {
		_, err := datasets.Read(context.Background(), dir, datasets.Options{})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "is reached by more links than 4096") {
			t.Errorf("error %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("reads for more than a minute")
	}
}

// Formats as they come: the first picture of an animation, 16 bits, CMYK, WebP.
func TestFormats(t *testing.T) {
	t.Parallel()
	red := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.RGBA{250, 0, 0, 255}, color.RGBA{0, 0, 250, 255}})
	blue := image.NewPaletted(red.Rect, red.Palette)
	for i := range blue.Pix {
		blue.Pix[i] = 1
	}
	var animation bytes.Buffer
	if err := gif.EncodeAll(&animation, &gif.GIF{Image: []*image.Paletted{red, blue}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	deep := image.NewNRGBA64(red.Rect)
	for i := range 64 {
		deep.SetNRGBA64(i%8, i/8, color.NRGBA64{0xfafa, 0, 0, 0xffff})
	}
	cases := map[string][]byte{"gif": animation.Bytes(), "png": pngOf(t, deep)}
	for _, name := range []string{"red.webp", "red-cmyk.jpg"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		cases[name] = data
	}
	for name, data := range cases {
		img, err := datasets.DecodeImage(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pixels, err := datasets.FitCover.Pixels(img, nn.Shape{H: 1, W: 1, C: 3})
		if err != nil || pixels[0] < 240 || pixels[1] > 16 || pixels[2] > 16 {
			t.Errorf("%s: %d, %v, wanted red", name, pixels, err)
		}
	}
}

// CIFAR's files keep colours in planes.
func TestCIFAR(t *testing.T) {
	t.Parallel()
	record := func(labels ...byte) []byte {
		return slices.Concat(labels, bytes.Repeat([]byte{10}, 1024), bytes.Repeat([]byte{20}, 1024), bytes.Repeat([]byte{30}, 1024))
	}
	ten, hundred := t.TempDir(), t.TempDir()
	for i := 1; i <= 5; i++ {
		toy.File(t, filepath.Join(ten, fmt.Sprintf("data_batch_%d.bin", i)), slices.Concat(record(byte(i)), record(9)))
	}
	toy.File(t, filepath.Join(ten, "test_batch.bin"), record(3))
	toy.File(t, filepath.Join(ten, "batches.meta.txt"), []byte("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"))
	toy.File(t, filepath.Join(hundred, "train.bin"), record(1, 99))
	toy.File(t, filepath.Join(hundred, "test.bin"), record(19, 98))
	d := imageFolder(t, ten, datasets.Options{})
	if d.Train.Len() != 10 || d.Test.Len() != 1 || d.Test.Classes[d.Test.Labels[0]] != "cat" || d.Train.Labels[8] != 5 {
		t.Errorf("%v and %v, labels %v", d.Train, d.Test, d.Train.Labels)
	}
	if mean, deviation := datasets.Statistics(d.Train); fmt.Sprintf("%.6f %.1f", mean, deviation) != "[0.039216 0.078431 0.117647] [0.0 0.0 0.0]" {
		t.Errorf("mean %.6f, deviation %v", mean, deviation)
	}
	d = imageFolder(t, hundred, datasets.Options{})
	if len(d.Train.Classes) != 100 || d.Train.Labels[0] != 99 || d.Test.Labels[0] != 98 {
		t.Errorf("%v and %v", d.Train, d.Test)
	}
	toy.File(t, filepath.Join(hundred, "fine_label_names.txt"), []byte(strings.Repeat("a\n", 99)+"b\x1b[2J"))
	if _, err := datasets.Read(context.Background(), hundred, datasets.Options{}); err == nil || !strings.HasSuffix(err.Error(), `fine_label_names.txt: class "b\x1b[2J" has a control character in its name`) {
		t.Errorf("error %v", err)
	}
	toy.File(t, filepath.Join(ten, "data_batch_3.bin"), record(10))
	if _, err := datasets.Read(context.Background(), ten, datasets.Options{}); err == nil || !strings.HasSuffix(err.Error(), "data_batch_3.bin: label 10 of image 0 is outside the classes 0 to 9") {
		t.Errorf("error %v", err)
	}
	toy.File(t, filepath.Join(ten, "data_batch_3.bin"), record(1)[:3000])
	if _, err := datasets.Read(context.Background(), ten, datasets.Options{}); err == nil || !strings.HasSuffix(err.Error(), "data_batch_3.bin: 3000 bytes, wanted a multiple of the 3073 of an image") {
		t.Errorf("error %v", err)
	}
}
