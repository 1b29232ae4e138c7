package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/safetensors"
	"tatami/nn"
)

// Data that are not whole are refused by the name of the file at fault, and a
// run that was to be replaced stays.
func TestWrongData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	gz := bars
	gz.gz = true
	const images, labels, testLabels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"
	change := func(name string, f func(data []byte) []byte) func(t *testing.T, data string) {
		return func(t *testing.T, data string) {
			path := filepath.Join(data, name)
			writeTestFile(t, path, f(readTestFile(t, path)))
		}
	}
	count := func(n uint32) func(data []byte) []byte {
		return func(data []byte) []byte {
			binary.BigEndian.PutUint32(data[4:], n)
			return data
		}
	}
	for i, c := range []struct {
		set   idxSet
		spoil func(t *testing.T, data string)
		want  []string
	}{
		{bars, func(t *testing.T, data string) { os.Remove(filepath.Join(data, labels)) }, []string{"train-labels-idx1-ubyte"}},
		{bars, func(t *testing.T, data string) { os.RemoveAll(data) }, []string{"no such file"}},
		{bars, func(t *testing.T, data string) { os.RemoveAll(data); writeTestFile(t, data, nil) }, []string{"not a directory"}},
		{bars, change(images, func(d []byte) []byte { return d[:len(d)-1] }), []string{images, "truncated"}},
		{bars, change(images, func(d []byte) []byte { return d[:6] }), []string{images, "truncated"}},
		{bars, change(images, func(d []byte) []byte { return nil }), []string{images, "truncated"}},
		{bars, change(images, func(d []byte) []byte { return append(d, 0) }), []string{images, "more than"}},
		{bars, change(images, count(2_000_000_000)), []string{images, "truncated"}},
		{bars, change(labels, count(0)), []string{labels, "zero"}},
		{bars, change(labels, func(d []byte) []byte { return idx(d[8:len(d)-1], len(d)-9) }), []string{labels, "229 labels, want 230"}},
		{bars, change(labels, func(d []byte) []byte { d[20] = 77; return d }), []string{labels, "label 77 of image 12", "outside the classes"}},
		{bars, change(testLabels, func(d []byte) []byte { d[10] = 3; return d }), []string{testLabels, "label 3 of image 2", "outside the classes 0 to 2"}},
		{bars, change(labels, func(d []byte) []byte { d[2] = 13; return d }), []string{labels, "magic number 0x00000d01", "0x00000801"}},
		{bars, change(images, func(d []byte) []byte { return zipped(d) }), []string{images, "magic number"}},
		{gz, change(images+".gz", func(d []byte) []byte { return d[:len(d)/2] }), []string{images + ".gz", "truncated"}},
		{gz, change(images+".gz", func(d []byte) []byte { return []byte("not zipped at all") }), []string{images + ".gz", "not gzip"}},
		{gz, change(images+".gz", func(d []byte) []byte { d[len(d)/2] ^= 0xff; return d }), []string{images + ".gz"}},
	} {
		name := fmt.Sprint("wrong", i)
		data := c.set.write(t, filepath.Join(dir, name))
		c.spoil(t, data)
		untouched(t, filepath.Join(dir, "run"), func() {
			tatami(t, dir, "train", "--data", name, "--out", "run", "--overwrite").refuses(t, 1, append(c.want, name)...)
			tatami(t, dir, "eval", "run/model.safetensors", "--data", name).refuses(t, 1, append(c.want, name)...)
		})
	}
	// A whole set, but of other images or classes than the model's.
	other := bars
	other.width = 11
	other.write(t, filepath.Join(dir, "wide"))
	tatami(t, dir, "eval", "run/model.safetensors", "--data", "wide").refuses(t, 1, "run/model.safetensors", "12×10×1", "12×11×1")
	other = bars
	other.class = 4
	other.write(t, filepath.Join(dir, "four"))
	tatami(t, dir, "eval", "run/model.safetensors", "--data", "four").refuses(t, 1, "run/model.safetensors", "3", "4 classes")
	tatami(t, dir, "eval", "run/model.safetensors", "--data", "").refuses(t, 1, "run/model.safetensors", "12×10×1", "28×28×1")
	writeTestFile(t, filepath.Join(dir, "net.json"), []byte(`{"input":{"H":12,"W":10,"C":1},"layers":[{"type":"Convolution","Filters":1,"Kernel":10},{"type":"Softmax"}]}`))
	tatami(t, dir, "train", "--data", "data", "--net", "net.json").refuses(t, 1, "net.json", "3×1×1", "3 classes")
	// What the model was trained on has gone.
	if err := os.Rename(filepath.Join(dir, "data"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "eval", "run/model.safetensors").refuses(t, 1, "run/model.safetensors", "give --data", filepath.Join(dir, "data"))
	succeeds(t, dir, "eval", "run/model.safetensors", "--data", "elsewhere")
}

// Files that are no models, cut or damaged ones, and ones of another kind.
func TestWrongModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	whole := readTestFile(t, dir, "run", "model.safetensors")
	header := int(8 + binary.LittleEndian.Uint64(whole))
	for i, c := range []struct {
		data []byte
		want string
	}{
		{nil, "not a safetensors file"},
		{[]byte("PK\x03\x04 and so on"), "not a safetensors file"},
		{readTestFile(t, dir, "run", "loss.png"), "not a safetensors file"},
		{whole[:7], "not a safetensors file"},
		{whole[:header/2], "cut short"},
		{whole[:header], "cut short"},
		{whole[:len(whole)-1], "cut short"},
		{append(bytes.Clone(whole), 0), "trailing data"},
		{bytes.Replace(whole, []byte(`"Affine`), []byte("\"\xff\xfe\xfd\xfc\xfb\xfa"), 1), ""},
		{bytes.Replace(whole, []byte(`1.affine.weight`), []byte("2.affine.weight"), 1), "1.affine.weight"},
		{bytes.Replace(whole, []byte(`Units\":50`), []byte(`Units\":51`), 1), "51"},
		{bytes.Replace(whole, []byte(`\"H\":12`), []byte(`\"H\":10`), 1), "1.affine.weight"},
		{bytes.Replace(whole, []byte(`\"ReLU\"`), []byte(`\"RelU\"`), 1), `unknown layer type "RelU"`},
		{append(bytes.Clone(whole[:len(whole)-9]), "123456789"...), "damaged"},
		{readTestFile(t, dir, "run", "checkpoint"), "not a tatami model"},
	} {
		name := fmt.Sprint("wrong", i)
		writeTestFile(t, filepath.Join(dir, name), c.data)
		for _, args := range [][]string{{"eval", name}, {"predict", name, "run/loss.png"}, {"filters", name}, {"summary", name}} {
			tatami(t, dir, args...).refuses(t, 1, name, c.want)
		}
	}
	// Whole, but of no use.
	m, err := loadModel(filepath.Join(dir, "run", "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	m.Params()[0].Value.Data[7] = float32(math.NaN())
	if err := nn.Save(filepath.Join(dir, "nan"), m); err != nil {
		t.Fatal(err)
	}
	tatami(t, dir, "eval", "nan", "--data", "data", "--json").refuses(t, 1, "nan: damaged")
	tatami(t, dir, "predict", "nan", "run/loss.png", "--json").refuses(t, 1, "nan: damaged")
	succeeds(t, dir, "filters", "nan", "--image", "run/loss.png", "--out", "n.png", "--maps", "m.png")
	for _, name := range []string{"nowhere", "run", "/dev/null"} {
		tatami(t, dir, "eval", name).refuses(t, 1, "cannot read "+name)
	}
	tatami(t, dir, "summary", "nowhere.safetensors").refuses(t, 1, "nowhere.safetensors", "no such file")
	tatami(t, dir, "summary", "nowhere.json").refuses(t, 1, "cannot read nowhere.json", "no such file")
}

// A checkpoint that cannot be gone on from is left as it is.
func TestWrongCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	whole := readTestFile(t, dir, "run", "checkpoint")
	replaced := func(old, new string) []byte {
		if !bytes.Contains(whole, []byte(old)) {
			t.Fatalf("the checkpoint has no %s", old)
		}
		data := bytes.Replace(whole, []byte(old), []byte(new), 1)
		f, err := safetensors.Decode(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return data
		}
		var sealed bytes.Buffer
		f.Seal()
		if err := safetensors.Encode(&sealed, f); err != nil {
			t.Fatal(err)
		}
		return sealed.Bytes()
	}
	for i, c := range []struct {
		data []byte
		want string
	}{
		{nil, "not a safetensors file"},
		{whole[:len(whole)/2], "cut short"},
		{append(bytes.Clone(whole[:len(whole)-9]), "123456789"...), "damaged"},
		{readTestFile(t, dir, "run", "model.safetensors"), "not a checkpoint"},
		{bytes.Replace(whole, []byte(`\"epochs\":1`), []byte(`\"epochs\":2`), 1), "damaged"},
		{replaced(`\"optimizer\":\"adam\"`, `\"optimizer\":\"ada*\"`), `unknown optimizer "ada*"`},
		{replaced(`\"epochs\":1`, `\"epochs\":0`), "epochs is 0"},
		{replaced(`\"shards\":4`, `\"shards\":5`), "4 shards"},
		{replaced(`\"batch\":100`, `\"batch\":"10`), ""},
		{replaced(`\"Done\":true`, `\"Done\":fals`), "progress"},
		{replaced(`\"Step\":3,\"Done\"`, `\"Step\":4,\"Done\"`), "do not fit the history"},
		{replaced(`moment.1`, `moment.7`), "moment"},
	} {
		name := fmt.Sprint("wrong", i)
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		writeTestFile(t, filepath.Join(dir, name, "checkpoint"), c.data)
		untouched(t, filepath.Join(dir, name), func() {
			tatami(t, dir, "train", "--resume", name).refuses(t, 1, name+"/checkpoint", c.want)
		})
	}
	tatami(t, dir, "train", "--resume", "nowhere").refuses(t, 1, "cannot read nowhere/checkpoint")
	tatami(t, dir, "train", "--resume", "data").refuses(t, 1, "cannot read data/checkpoint")
	tatami(t, dir, "train", "--resume", "").refuses(t, 2, "--resume")
	finish(t, command(dir, []string{"TATAMI_ISA=portable"}, "train", "--data", "data", "--out", "other", "--quiet", "--epochs", "1"))
	if o := finish(t, command(dir, nil, "version")); !strings.HasSuffix(o.stdout, " portable\n") {
		tatami(t, dir, "train", "--resume", "other").refuses(t, 1, "other/checkpoint", "instruction set portable")
	}
	os.RemoveAll(filepath.Join(dir, "data"))
	untouched(t, filepath.Join(dir, "run"), func() {
		tatami(t, dir, "train", "--resume", "run").refuses(t, 1, "data", "no such file")
	})
}

func TestWrongImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	encode := func(img image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	blank := image.NewGray(image.Rect(0, 0, 30, 30))
	digit := image.NewGray(blank.Rect)
	for i := 10; i < 20; i++ {
		digit.SetGray(15, i, color.Gray{Y: 255})
	}
	whole := encode(digit)
	huge := bytes.Clone(whole)
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0})                        // 65,536 pixels a side
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29])) // of the header
	writeTestFile(t, filepath.Join(dir, "whole.png"), whole)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty.png": {nil, "not a PNG, JPEG or GIF"},
		"text.png":  {[]byte("a digit"), "not a PNG, JPEG or GIF"},
		"cut.png":   {whole[:len(whole)-20], "damaged"},
		"head.png":  {whole[:20], "damaged"},
		"jpeg.jpg":  {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "damaged"},
		"gif.gif":   {[]byte("GIF89a\x02\x00\x02\x00\x80\x00\x00"), "damaged"},
		"huge.png":  {huge, "65536×65536"},
		"blank.png": {encode(blank), "blank"},
		"pdf.png":   {[]byte("%PDF-1.4"), "not a PNG, JPEG or GIF"},
	} {
		writeTestFile(t, filepath.Join(dir, name), c.data)
		untouched(t, dir, func() {
			tatami(t, dir, "predict", "run/model.safetensors", "whole.png", name).refuses(t, 1, name, c.want)
			tatami(t, dir, "filters", "run/model.safetensors", "--image", name).refuses(t, 1, name, c.want)
		})
	}
	tatami(t, dir, "predict", "run/model.safetensors", "nowhere.png").refuses(t, 1, "cannot read nowhere.png")
	tatami(t, dir, "predict", "run/model.safetensors", "run").refuses(t, 1, "run")
	succeeds(t, dir, "predict", "run/model.safetensors", "whole.png")
}

// A place that cannot be written to is named, without a trace of temporary
// files.
func TestWrongPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	writeTestFile(t, filepath.Join(dir, "file"), []byte("mine"))
	places := []string{"file", "file/below", "run/run.json/x"}
	if os.Getuid() != 0 { // who may write everywhere
		if err := os.Mkdir(filepath.Join(dir, "locked"), 0o555); err != nil {
			t.Fatal(err)
		}
		places = append(places, "locked", "locked/below")
	}
	untouched(t, dir, func() {
		for _, place := range places {
			tatami(t, dir, "train", "--data", "data", "--net", "mlp", "--out", place).refuses(t, 1, place)
			picture := filepath.Join(place, "f.png")
			tatami(t, dir, "filters", "run/model.safetensors", "--out", picture).refuses(t, 1, "cannot write "+picture+": ")
		}
		tatami(t, dir, "filters", "run/model.safetensors", "--out", "nowhere/f.png").refuses(t, 1, "cannot write nowhere/f.png: no such file")
	})
}

// A run that goes wrong ends with the step, the layer and what to try.
func TestDiverged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	for _, c := range []struct{ args, want string }{
		{"--optimizer sgd --schedule constant --lr 1e9 --net deep", "first in layer "},
		{"--optimizer momentum --schedule constant --lr 1e9 --epochs 20", "first in "},
		{"--optimizer adam --schedule constant --lr 1e30", "first in layer "},
		{"--optimizer sgd --lr 1e38 --net mlp", "first in layer "},
		{"--optimizer sgd --schedule exponential:factor=1e200 --lr 0.1", ""},
	} {
		args := append([]string{"train", "--data", "data", "--out", "out", "--quiet"}, strings.Fields(c.args)...)
		tatami(t, dir, args...).refuses(t, 1, "step ", "not finite", c.want)
		if left := content(t, filepath.Join(dir, "out")); left["run.json"] != "" {
			t.Errorf("%s left %v", c.args, left)
		}
		os.RemoveAll(filepath.Join(dir, "out"))
	}
}

// On a full disk an earlier run stays as it was, and so do all other files.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	// A small disk of its own, which ends with the shell.
	const script = `
mkdir disk && mount -t tmpfs -o size=2m none disk && cp -r run disk/run || exit 77
cat /dev/zero >disk/rest 2>/dev/null
for args in "train --data data --net mlp --quiet --out disk/new" "train --data data --net mlp --quiet --out disk/run --overwrite --seed 2" \
	"filters run/model.safetensors --out disk/run/loss.png" "filters run/model.safetensors --out disk/f.pdf"; do
	"$0" $args
	echo $?
done
ls -A disk disk/new
diff -r run disk/run && echo as it was
"$0" summary mlp >/dev/full
echo $?
`
	c := command(dir, nil, "-Urm", "sh", "-c", script, os.Args[0])
	var err error
	if c.Path, err = exec.LookPath("unshare"); err != nil {
		t.Skip("there is no unshare: ", err)
	}
	o := finish(t, c)
	if o.code == 77 || strings.HasPrefix(o.stderr, "unshare:") {
		t.Skipf("no disk can be made here: %s", o.stderr)
	}
	full := ": no space left on device\n"
	wantErr := "tatami: cannot write disk/new/checkpoint" + full + "tatami: cannot write disk/run/checkpoint" + full +
		"tatami: cannot write disk/run/loss.png" + full + "tatami: cannot write disk/f.pdf" + full + "tatami: write /dev/stdout" + full
	want := "1\n1\n1\n1\ndisk:\nnew\nrest\nrun\n\ndisk/new:\nas it was\n1\n"
	if o.stdout != want || o.stderr != wantErr {
		t.Errorf("printed\n%s%s\nwanted\n%s%s", o.stdout, o.stderr, want, wantErr)
	}
}
