package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tatami/internal/describe"
	"tatami/internal/run"
)

// A run from a model takes its layers, leaves the frozen ones as they are, draws
// the last one anew for other classes, says so, and is resumed without the model.
func TestTrainFrom(t *testing.T) {
	if testing.Short() {
		t.Skip("six runs take seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "digits", "--epochs", "1")
	other := bars
	other.class, other.train = 5, 400
	other.write(t, filepath.Join(dir, "other"))
	writeTestFile(t, filepath.Join(dir, "copy.safetensors"), readTestFile(t, dir, "digits", "model.safetensors"))

	args := []string{"train", "--data", "other", "--from", "copy.safetensors", "--freeze", "2", "--average", "0.9", "--batch", "50", "--epochs", "3"}
	said := succeeds(t, dir, append(args, "--out", "kana")...)
	if want := "took 2 layers with weights, layer 1 (Convolution"; !strings.HasPrefix(said, want) || !strings.Contains(said, "copy.safetensors; the first 2 layers are frozen; drew anew layer 6 (Affine 5)\n") {
		t.Errorf("said %q, wanted %q…", said, want)
	}
	if said, want := spoken(t, dir, "ja_JP.UTF-8", append(args, "--out", "ja")...).stdout, regexp.MustCompile(`^\S+/copy\.safetensors から重みのある 2 層（第 1 層（Conv[^）]+）から第 4 層（Affine \d+）まで）を引き継ぎました。最初の 2 層は学習しません。第 6 層（Affine 5）は初期化し直しました\n`); !want.MatchString(said) {
		t.Errorf("said %q in Japanese, wanted %v", said, want)
	}
	result := readJSON[run.Result](t, readTestFile(t, dir, "kana", "run.json"))
	if len(result.Taken) != 2 || !slices.Equal(result.Drawn, []string{"layer 6 (Affine 5)"}) || result.Net != "simple" || result.Freeze != 2 || result.Average != 0.9 {
		t.Errorf("run.json has %+v", result.Settings)
	}
	before, err := run.LoadModel(filepath.Join(dir, "digits"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := run.LoadModel(filepath.Join(dir, "kana"))
	if err != nil {
		t.Fatal(err)
	}
	for i, frozen := range []bool{true, true, false, false} { // of the convolution and the first affine layer
		if same := slices.Equal(before.Params()[i].Value.Data, after.Params()[i].Value.Data); same != frozen {
			t.Errorf("parameter %d is as before: %v, wanted %v", i, same, frozen)
		}
	}
	if f := after.Facts; f["average"] != "0.9" || f["freeze"] != "2" || !strings.HasSuffix(f["from"], "copy.safetensors") {
		t.Errorf("the model's facts are %v", f)
	}

	// The command that the page gives makes the same run; resumed after fewer epochs it is the same, too.
	words := strings.Split(result.Command("x"), " ")[2:]
	succeeds(t, dir, append(words, "--out", "again", "--quiet")...)
	sameRun(t, filepath.Join(dir, "again"), filepath.Join(dir, "kana"))
	constant := append(args, "--schedule", "constant", "--quiet", "--schedule-epochs", "1")
	succeeds(t, dir, append(constant, "--out", "whole")...)
	succeeds(t, dir, append(constant, "--epochs", "1", "--out", "longer")...)
	if err := os.Remove(filepath.Join(dir, "copy.safetensors")); err != nil {
		t.Fatal(err)
	}
	succeeds(t, dir, "train", "--resume", "longer", "--epochs", "3", "--quiet")
	sameRun(t, filepath.Join(dir, "longer"), filepath.Join(dir, "whole"))

	// A model of the same classes is taken whole, and eval tells what it measures.
	if r := trainQuietly(t, dir, "on", "--epochs", "1", "--from", "digits"); len(r["taken"].([]any)) != 3 || r["drawn"] != nil {
		t.Errorf("run.json has taken %v, drawn %v", r["taken"], r["drawn"])
	}
	if got := succeeds(t, dir, "eval", "kana", "--tta", "flip,shift"); !strings.Contains(got, ", weights averaged by 0.9, answers averaged over flip,shift:1\n") {
		t.Errorf("eval says %q", got)
	}
	score := readJSON[describe.Evaluation](t, []byte(succeeds(t, dir, "eval", "kana", "--tta", "shift", "--json")))
	if score.TTA != "shift:1" || score.Average != "0.9" || score.TestLoss == result.TestLoss || score.TestTotal != bars.test {
		t.Errorf("eval --json gives %+v", score)
	}
	plain := readJSON[map[string]any](t, []byte(succeeds(t, dir, "eval", "digits", "--json")))
	if plain["tta"] != nil || plain["average"] != nil {
		t.Errorf("eval --json of a plain model gives %v", plain)
	}
}

// What cannot be meant is told in a sentence.
func TestTrainFromWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "digits", "--epochs", "1")
	wide := bars
	wide.width = 11
	wide.write(t, filepath.Join(dir, "wide"))
	train := func(args ...string) outcome {
		return tatami(t, dir, append([]string{"train", "--data", "data", "--quiet", "--out", "x"}, args...)...)
	}
	train("--from", "digits", "--net", "deep").refuses(t, 2, "--from", "--net")
	train("--from", "").refuses(t, 2, "--from names no model")
	train("--freeze", "2").refuses(t, 2, "--freeze needs --from")
	train("--from", "digits", "--freeze", "-1").refuses(t, 2, "--freeze is -1")
	train("--from", "digits", "--freeze", "6").refuses(t, 2, "--freeze is 6, wanted at most 5", "layer 6 (Affine 3)")
	train("--from", "nowhere.safetensors").refuses(t, 1, "nowhere.safetensors")
	train("--from", "digits", "--data", "wide").refuses(t, 1, "digits takes images of 12×10×1, the data have 12×11×1")
	train("--average", "1").refuses(t, 2, "--average is 1, wanted 0 or more and less than 1")
	tatami(t, dir, "train", "--resume", "digits", "--epochs", "0").refuses(t, 2, "--epochs is 0")
	tatami(t, dir, "train", "--resume", "digits", "--from", "digits").refuses(t, 2, "--resume", "--from")
	tatami(t, dir, "eval", "digits", "--tta", "flop").refuses(t, 2, "--tta", `did you mean "flip"`)
	tatami(t, dir, "eval", "digits", "--tta", "shift:30").refuses(t, 2, "--tta is shift:30, wanted shifts of at most 9 pixels for images of 12×10×1")
	if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
		t.Error("a refused run left its folder")
	}
}

// A finished run goes on with the epochs that it is given, at the last rate of a
// schedule that has an end.
func TestResumeEpochs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "2", "--batch", "50")
	succeeds(t, dir, "train", "--resume", "run", "--epochs", "4", "--quiet")
	header, rows := table(t, dir, "run", "history.csv")
	if len(rows) != 4 || !strings.HasPrefix(header, "epoch,step,lr") || rows[3][2] != rows[1][2] {
		t.Errorf("history.csv has %v", rows)
	}
	if got := succeeds(t, dir, "train", "--resume", "run"); got != "run is finished, after epoch 4\n" {
		t.Errorf("said %q", got)
	}
	tatami(t, dir, "train", "--resume", "run", "--epochs", "3").refuses(t, 2, "--epochs is 3, the run in run has done 4")
	trainQuietly(t, dir, "whole", "--epochs", "4", "--schedule-epochs", "2", "--batch", "50")
	sameRun(t, filepath.Join(dir, "run"), filepath.Join(dir, "whole"))
}
