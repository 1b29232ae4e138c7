//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/describe"
	"tatami/internal/files/filestest"
	"tatami/internal/run"
	"tatami/internal/toy"
)

// A folder of pictures of many sizes and formats becomes a classifier by one
// command, which names pictures that it has never seen; the model tells how
// they become its inputs, to eval, predict and others alike.
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("learning shapes takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	toy.Shapes(t, filepath.Join(dir, "shapes"), 60, 1)
	toy.Shapes(t, filepath.Join(dir, "unseen"), 8, 2)
	said := succeeds(t, dir, "train", "--net", "simple", "--data", "shapes", "--out", "run", "--epochs", "20", "--batch", "20", "--standardize")
	if !strings.Contains(said, "network simple: 32×32×3 to 5 classes") || !strings.Contains(said, "data: 240 training images, 60 test images") {
		t.Errorf("train says\n%s", said)
	}
	result := score(t, filepath.Join(dir, "run"))
	if result.TestAccuracy < 0.97 || result.TestTotal != 60 {
		t.Errorf("%d of %d are right, wanted 97 %%", result.TestCorrect, result.TestTotal)
	}
	var evaluated run.Score
	decodeJSON(t, succeeds(t, dir, "eval", "run", "--json"), &evaluated)
	if evaluated != result.Score {
		t.Errorf("eval says %+v, the run %+v", evaluated, result.Score)
	}
	unseen, _ := filepath.Glob(filepath.Join(dir, "unseen", "*", "*"))
	var all []describe.Prediction
	decodeJSON(t, succeeds(t, dir, append([]string{"predict", "run", "--json"}, unseen...)...), &all)
	right := 0
	for _, p := range all {
		if filepath.Base(filepath.Dir(p.Image)) == p.Label {
			right++
		}
	}
	if len(all) != 40 || right < 38 {
		t.Errorf("predict names %d of %d rightly", right, len(all))
	}

	// In ONNX the model is the same.
	succeeds(t, dir, "export", "run", "--out", "run.onnx")
	succeeds(t, dir, "import", "run.onnx", "--out", "back.safetensors")
	if got, want := succeeds(t, dir, "predict", "back.safetensors", unseen[3]), succeeds(t, dir, "predict", "run", unseen[3]); got != want {
		t.Errorf("after ONNX\n%swas\n%s", got, want)
	}
}

// A run on pictures that loses power after its first epoch and is resumed is the
// one that did not, whether pixels are in memory or in a file; the first layer is
// of the pictures.
func TestPicturesResumed(t *testing.T) {
	if testing.Short() {
		t.Skip("three runs on pictures take seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	toy.Shapes(t, filepath.Join(dir, "shapes"), 30, 1)
	train := func(out string, more ...string) []string {
		return append([]string{"train", "--net", "simple", "--data", "shapes", "--out", out, "--epochs", "3", "--batch", "10", "--quiet", "--test-share", "0.3", "--whiten"}, more...)
	}
	succeeds(t, dir, train("whole")...)
	if err := os.Mkdir(filepath.Join(dir, "killed"), 0o755); err != nil {
		t.Fatal(err)
	}
	power := filestest.Fault{Step: 1500, Kind: filestest.Power} // an epoch's files take a thousand steps
	killed := finish(t, command(dir, []string{filestest.Environ(filepath.Join(dir, "killed"), power, 1)}, train("killed", "--memory", "1")...))
	if killed.code != filestest.PowerExit {
		t.Fatalf("exit %d, %s", killed.code, killed.stderr)
	}
	if _, rows := table(t, dir, "killed", "history.csv"); len(rows) != 1 {
		t.Fatalf("power was lost after %d epochs", len(rows))
	}
	succeeds(t, dir, "train", "--resume", "killed", "--memory", "1K", "--quiet")
	sameRun(t, filepath.Join(dir, "killed"), filepath.Join(dir, "whole"))
}

// What is wrong with a folder is said in one sentence, and nothing is written.
func TestWrongPictures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	toy.Shapes(t, filepath.Join(dir, "shapes"), 4, 1)
	bad := filepath.Join(dir, "shapes", "red circle", "bad.png")
	writeTestFile(t, bad, []byte("text"))
	bars.write(t, filepath.Join(dir, "idx"))
	for _, c := range []struct {
		code int
		args string
		want string
	}{
		{1, "train --data shapes", "shapes/red circle/bad.png: not a PNG, JPEG, GIF, BMP or WebP image"},
		{1, "data shapes", "shapes/red circle/bad.png: not a PNG, JPEG, GIF, BMP or WebP image"},
		{1, "data shapes --lang ja", "PNG、JPEG、GIF、BMP、WebP の画像ではありません"},
		{2, "train --data shapes --size 0", `--size is "0", wanted a side of 1 to 4096 pixels`},
		{2, "train --data shapes --size 5000x3", `--size is "5000x3"`},
		{2, "train --data shapes --fit crop", `--fit: unknown fit "crop"`},
		{2, "train --data shapes --color cmyk", "--color is cmyk, wanted rgb or gray"},
		{2, "train --data shapes --test-share 1", "--test-share is 1, wanted 0 or more and less than 1"},
		{2, "train --data shapes --memory much", `--memory is "much", wanted a number of bytes`},
		{2, "train --data idx --size 20", "--size is for folders of pictures, and"},
		{2, "train --standardize --from x", "--standardize cannot stand beside --from"},
		{2, "train --whiten --from x", "--whiten cannot stand beside --from"},
		{2, "train --net cifar --data shapes --standardize", "--standardize cannot stand beside --whiten"},
		{1, "train --data nowhere", "cannot read folder"},
	} {
		untouched(t, dir, func() { tatami(t, dir, strings.Fields(c.args)...).refuses(t, c.code, c.want) })
	}
	var about describe.DataSet
	decodeJSON(t, succeeds(t, dir, "data", "shapes", "--skip-broken", "--json", "--out", "sheet.png"), &about)
	if len(about.Broken) != 1 || fmt.Sprint(about.Train, about.Test) != "[3 3 3 3 3] [1 1 1 1 1]" || about.Height != 32 || len(about.Mean) != 3 {
		t.Errorf("%+v", about)
	}
	if said := succeeds(t, dir, "train", "--net", "mlp", "--data", "shapes", "--skip-broken", "--epochs", "1", "--out", "run"); !strings.Contains(said, "left out: "+bad) && !strings.Contains(said, "bad.png") {
		t.Errorf("train says\n%s", said)
	}
	if said := succeeds(t, dir, "train", "--net", "mlp", "--data", "shapes", "--skip-broken", "--epochs", "1", "--out", "ja", "--lang", "ja"); !strings.Contains(said, "bad.png：PNG、JPEG、GIF、BMP、WebP の画像ではありません\n") {
		t.Errorf("in Japanese train says\n%s", said)
	}
}
