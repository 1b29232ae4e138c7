package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/toy"
)

// idxSet is a set of images to be written in the IDX layout: each has a bright
// row, whose place is its label.
type idxSet struct {
	train, test          int // images
	height, width, class int
	gz                   bool
	testName             string // "t10k" if empty
	noise                int    // every so many labels are wrong; 0: none
}

// bars is a set that takes a few milliseconds an epoch.
var bars = idxSet{train: 230, test: 61, height: 12, width: 10, class: 3}

// write makes dir a folder of the set.
func (s idxSet) write(t testing.TB, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	testName := s.testName
	if testName == "" {
		testName = "t10k"
	}
	for name, n := range map[string]int{"train": s.train, testName: s.test} {
		images, labels := make([]byte, 0, n*s.height*s.width), make([]byte, 0, n)
		for i := range n {
			label := i % s.class
			at := label * s.height / s.class
			for y := range s.height {
				for range s.width {
					v := rng.IntN(60)
					if y == at {
						v += 180
					}
					images = append(images, byte(v))
				}
			}
			if s.noise > 0 && i%s.noise == 0 {
				label = (label + 1) % s.class
			}
			labels = append(labels, byte(label))
		}
		s.file(t, filepath.Join(dir, name+"-images-idx3-ubyte"), images, n, s.height, s.width)
		s.file(t, filepath.Join(dir, name+"-labels-idx1-ubyte"), labels, n)
	}
	return dir
}

func (s idxSet) file(t testing.TB, path string, data []byte, sides ...int) {
	t.Helper()
	content := toy.IDX(data, sides...)
	if s.gz {
		path, content = path+".gz", toy.Zipped(content)
	}
	writeTestFile(t, path, content)
}

func writeTestFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readTestFile(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readJSON decodes a file or a command's output.
func readJSON[T any](t testing.TB, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// content is a folder's files by name, as hashes; "none" where it is not there.
func content(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return map[string]string{"none": ""}
	}
	all := map[string]string{}
	for _, e := range entries {
		if !e.IsDir() {
			all[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(readTestFile(t, dir, e.Name())))
		}
	}
	return all
}

// untouched runs f and asks that no file of dir has changed.
func untouched(t *testing.T, dir string, f func()) {
	t.Helper()
	before := content(t, dir)
	f()
	if after := content(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("%s had %v, now %v", dir, before, after)
	}
}

// table is a CSV file's header and rows.
func table(t testing.TB, path ...string) (header string, rows [][]string) {
	t.Helper()
	text := string(readTestFile(t, path...))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, l := range lines[1:] {
		rows = append(rows, strings.Split(l, ","))
	}
	return lines[0], rows
}

// sameRun asks that two runs left the same: all but how long it took.
func sameRun(t *testing.T, got, want string) {
	t.Helper()
	for _, name := range []string{"model.safetensors", "steps.csv", "filters.png", "loss.png", "accuracy.png", "confusion.png", "mistakes.png"} {
		if !bytes.Equal(readTestFile(t, got, name), readTestFile(t, want, name)) {
			t.Errorf("%s differs between %s and %s", name, got, want)
		}
	}
	header, rows := table(t, got, "history.csv")
	wantHeader, wantRows := table(t, want, "history.csv")
	seconds := slices.Index(strings.Split(header, ","), "seconds")
	for _, r := range slices.Concat(rows, wantRows) {
		r[seconds] = ""
	}
	if header != wantHeader || !reflect.DeepEqual(rows, wantRows) {
		t.Errorf("history.csv has\n%s\n%v\nwanted\n%s\n%v", header, rows, wantHeader, wantRows)
	}
	timeless := func(dir string) map[string]any {
		run := readJSON[map[string]any](t, readTestFile(t, dir, "run.json"))
		for _, key := range []string{"epoch_seconds", "train_seconds", "images_per_second", "time", "cpus"} {
			if run[key] == nil {
				t.Errorf("%s/run.json has no %s", dir, key)
			}
			delete(run, key)
		}
		return run
	}
	if a, b := timeless(got), timeless(want); !reflect.DeepEqual(a, b) {
		t.Errorf("run.json has %v, wanted %v", a, b)
	}
}

// shared is a file of the folder beside the repository, which not everyone has.
func shared(t *testing.T, name string) string {
	t.Helper()
	root, err := golden.Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not there: %v", name, err)
	}
	return path
}
