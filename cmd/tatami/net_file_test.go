package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A network of one's own, of images of any size.
func TestTrainNetFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	const net = `{"input":{"H":12,"W":10,"C":1},"layers":[{"type":"Convolution","Filters":3,"Kernel":1},{"type":"Tanh"},` +
		`{"type":"Pooling","Size":2,"Average":true},{"type":"BatchNormalization"},{"type":"Affine","Units":3}]}`
	writeTestFile(t, filepath.Join(dir, "own.json"), []byte(net))
	run := trainQuietly(t, dir, "out", "--net", "own.json", "--epochs", "40")
	if run["test_accuracy"].(float64) < 0.9 || run["parameters"] != float64(6+12+3*91) {
		t.Errorf("%v", run)
	}
	fromFile, fromModel := succeeds(t, dir, "summary", "own.json"), succeeds(t, dir, "summary", "out/model.safetensors")
	if fromFile != fromModel || !strings.Contains(fromFile, "3 Pooling average 2×2") {
		t.Errorf("summaries are\n%s\nand\n%s", fromFile, fromModel)
	}
	succeeds(t, dir, "filters", "out/model.safetensors", "--out", "f.svg")
	// The run carries its network: it does without the file.
	writeTestFile(t, filepath.Join(dir, "own.json"), []byte("{}"))
	if got := succeeds(t, dir, "train", "--resume", "out"); !strings.Contains(got, "finished") {
		t.Error(got)
	}
	tatami(t, dir, "train", "--data", "data", "--net", "own.json").refuses(t, 1, "own.json")
	// An image has one class: what answers for each apart would learn one thing and say another.
	writeTestFile(t, filepath.Join(dir, "apart.json"), []byte(strings.Replace(net, `{"type":"Affine","Units":3}`, `{"type":"Affine","Units":3},{"type":"Sigmoid"}`, 1)))
	tatami(t, dir, "train", "--data", "data", "--net", "apart.json").refuses(t, 1, "network apart.json: it ends in Sigmoid", "wanted Softmax")
}
