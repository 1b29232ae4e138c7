package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tatami/internal/toy"
)

// No command writes over what it reads, over the pictures of a data set, or over
// what a run left.
func TestInputIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	toy.Shapes(t, filepath.Join(dir, "shapes"), 4, 1)
	trainQuietly(t, dir, "run", "--data", "shapes", "--net", "mlp", "--epochs", "1")
	toy.File(t, filepath.Join(dir, "p.png"), readTestFile(t, dir, "run", "loss.png"))
	if err := os.Symlink("p.png", filepath.Join(dir, "link.png")); err != nil {
		t.Skip(err)
	}
	untouched(t, dir, func() {
		const picture = "shapes/red circle/new.png"
		for _, c := range [][]string{
			{"--out is p.png, which is to be read", "filters", "run", "--image", "p.png", "--out", "p.png"},
			{"--maps is p.png, which is to be read", "filters", "run", "--image", "link.png", "--maps", "p.png"},
			{"--out の link.png は、読み込むファイルそのものです", "filters", "run", "--image", "p.png", "--out", "link.png", "--lang", "ja"},
			{"--out is " + picture + ", among the pictures of shapes", "data", "shapes", "--out", picture},
			{"データ ./shapes の画像のフォルダーの中です", "data", "./shapes", "--out", picture, "--lang", "ja"},
			{"--out is run/checkpoint, a file of the run", "import", "run/model.safetensors", "--net", "mlp", "--out", "run/checkpoint"},
			{"--out is run/index.html, a file of the run", "compare", "run", "--out", "run/index.html"},
			{"--out is run/model.safetensors, wanted a name that ends in .html", "publish", "run", "--out", "run/model.safetensors"},
			{"--out is run/index.html, a file of the run", "learn", "--out", "run/index.html"},
		} {
			tatami(t, dir, c[1:]...).refuses(t, 2, c[0])
		}
	})
}

// What cannot be said on a full disk is an error.
func TestSaidNowhere(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no /dev/full")
	}
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--net", "mlp", "--epochs", "1")
	for _, args := range []string{"export run", "import model.onnx --out back.safetensors", "filters run"} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		c := command(dir, nil, strings.Fields(args)...)
		c.Stdout = full
		if err := c.Run(); c.ProcessState.ExitCode() != 1 {
			t.Errorf("%s: %v, wanted exit code 1", args, err)
		}
		full.Close()
	}
}
