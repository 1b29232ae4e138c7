package train_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/files/filestest"
	"tatami/internal/kernels"
	"tatami/internal/safetensors"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// A checkpoint of an earlier version is refused by what it is.
func TestResumeEarlierVersion(t *testing.T) {
	path := filepath.Join("testdata", "checkpoint-version1")
	err := newTrainer(t, 1).Resume(path)
	if want := path + ": a checkpoint of an earlier version of tatami, "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, wanted %q…", err, want)
	}
}

// constant is a trainer of a constant rate, small.
func constant(t testing.TB, epochs int) *train.Trainer {
	tr := newTrainer(t, epochs)
	tr.Schedule = optim.Constant{Base: 0.01}
	tr.Loader.BatchSize = 60
	return tr
}

// A finished run whose Epochs are raised is in the end the run that had so
// many from the start, in the same process and from its checkpoint, with the
// best parameters of all epochs.
func TestGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	reference := constant(t, 5)
	want := fit(t, reference)
	same := func(name string, tr *train.Trainer) {
		t.Helper()
		got := fit(t, tr)
		sameBits(t, name, weights(tr.Net), weights(reference.Net))
		if !reflect.DeepEqual(timeless(got), timeless(want)) || tr.BestEpoch().Epoch != reference.BestEpoch().Epoch {
			t.Errorf("%s: another history or best epoch", name)
		}
	}
	tr := constant(t, 2)
	tr.Checkpoint = path
	fit(t, tr)
	resumed := constant(t, 5)
	if err := resumed.Resume(path); err != nil {
		t.Fatal(err)
	}
	if resumed.Done() {
		t.Error("done after 2 of 5 epochs")
	}
	same("resumed", resumed)
	if err := tr.Save(path); err != nil { // the best parameters are in the network
		t.Fatal(err)
	}
	saved := constant(t, 5)
	if err := saved.Resume(path); err != nil {
		t.Fatal(err)
	}
	same("saved after the end", saved)
	if h := fit(t, tr); len(h.Epochs) != 2 {
		t.Errorf("a finished run made %d epochs", len(h.Epochs))
	}
	tr.Epochs = 5
	same("in the same process", tr)
}

// What cannot go on says why.
func TestGoesOnRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	tr := newTrainer(t, 2)
	tr.Checkpoint = path
	fit(t, tr)
	err := newTrainer(t, 3).Resume(path)
	if err == nil || !strings.Contains(err.Error(), "2 epochs and this one 3, for which its schedule gives other rates") {
		t.Errorf("a longer one-cycle: error %v", err)
	}
	cut := constant(t, 2)
	cut.Steps = 6 // of 4 an epoch
	fit(t, cut)
	cut.Steps = 8
	cut.Epochs = 3
	if _, err := cut.Fit(context.Background()); err == nil || !strings.Contains(err.Error(), "ended within epoch 2, at step 6 of 8") {
		t.Errorf("a run ended within an epoch: error %v", err)
	}
}

// Data that would lead a worker astray are refused by the image at fault.
func TestWrongData(t *testing.T) {
	for want, change := range map[string]func(*train.Trainer){
		"image 7 has label 3, wanted 0 to 2":                func(tr *train.Trainer) { dataset(tr.Loader.Data).Labels[7] = 3 },
		"image 9 has 35 bytes, wanted 36 for 6×6×1":         func(tr *train.Trainer) { dataset(tr.Test).Images[9] = make([]byte, 35) },
		"the data have 49 labels, wanted 50, one an image":  func(tr *train.Trainer) { dataset(tr.Validation).Labels = dataset(tr.Validation).Labels[:49] },
		"the data name no classes: set Classes, wanted 3":   func(tr *train.Trainer) { dataset(tr.Loader.Data).Classes = nil },
		"image 100 has 0 bytes, wanted 36 for 6×6×1":        func(tr *train.Trainer) { dataset(tr.Test).Images[100] = nil },
		"the data have 102 labels, wanted 101, one an imag": func(tr *train.Trainer) { dataset(tr.Test).Labels = append(dataset(tr.Test).Labels, 0) },
	} {
		tr := newTrainer(t, 1)
		change(tr)
		if _, err := tr.Fit(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Fit: error %v, wanted %q", err, want)
		}
		var found bool
		for _, data := range []datasets.Source{tr.Loader.Data, tr.Test, tr.Validation} {
			_, err := train.Evaluate(tr.Net, tr.Loss, data, 10)
			found = found || err != nil && strings.Contains(err.Error(), want)
		}
		if !found {
			t.Errorf("Evaluate: no error %q", want)
		}
	}
}

// smallest is a trainer of few values, whose checkpoint takes few writes.
func smallest(t testing.TB, seed uint64) *train.Trainer {
	data := bars(8, seed)
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(seed, 1)), layers.Affine{Units: 3})
	if err != nil {
		t.Fatal(err)
	}
	tr := constant(t, 2)
	tr.Net, tr.Loader.Data, tr.Loader.BatchSize, tr.Shards = net, data, 4, 2
	tr.Test, tr.Validation, tr.KeepBest = nil, nil, false
	return tr
}

// Whatever fails while a checkpoint or a model is written, and wherever power
// is lost, the earlier one or the new one is read.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	checkpoint, model := filepath.Join(dir, "checkpoint"), filepath.Join(dir, "model.safetensors")
	old := smallest(t, 1)
	old.Checkpoint = checkpoint
	fit(t, old)
	if err := nn.Save(model, &nn.Model{Sequential: old.Net}); err != nil {
		t.Fatal(err)
	}
	earlier := map[string][]byte{}
	for _, path := range []string{checkpoint, model} {
		var err error
		if earlier[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	before := func() {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			os.Remove(filepath.Join(dir, e.Name()))
		}
		for path, data := range earlier {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	next := smallest(t, 1)
	next.Epochs = 3
	if err := next.Resume(checkpoint); err != nil {
		t.Fatal(err)
	}
	fit(t, next)
	filestest.Faults(t, dir, before, func() error { return next.Save(checkpoint) }, func(t *testing.T, f filestest.Fault, done bool) {
		again := smallest(t, 1)
		again.Epochs = 3
		if err := again.Resume(checkpoint); err != nil {
			t.Errorf("%v at step %d: %v", f.Kind, f.Step, err)
			return
		}
		if n := len(again.History().Epochs); n != 3 && (done || n != 2) {
			t.Errorf("%v at step %d, done %v: %d epochs", f.Kind, f.Step, done, n)
		}
		fit(t, again)
		sameBits(t, "gone on", weights(again.Net), weights(next.Net))
	})
	filestest.Faults(t, dir, before, func() error { return nn.Save(model, &nn.Model{Sequential: next.Net}) }, func(t *testing.T, f filestest.Fault, done bool) {
		m, err := nn.Load(model, layers.Catalog())
		if err != nil {
			t.Errorf("%v at step %d: %v", f.Kind, f.Step, err)
			return
		}
		if sum := m.SHA256(); sum != next.Net.SHA256() && (done || sum != old.Net.SHA256()) {
			t.Errorf("%v at step %d, done %v: neither the earlier model nor the new", f.Kind, f.Step, done)
		}
	})
	// A run whose disk fails at any step says so, and can be resumed from
	// what it left.
	filestest.Faults(t, dir, before, func() error {
		tr := smallest(t, 1)
		tr.Checkpoint = checkpoint
		_, err := tr.Fit(context.Background())
		return err
	}, func(t *testing.T, f filestest.Fault, _ bool) {
		again := smallest(t, 1)
		if err := again.Resume(checkpoint); err != nil {
			t.Errorf("%v at step %d: %v", f.Kind, f.Step, err)
			return
		}
		fit(t, again)
		sameBits(t, "resumed", weights(again.Net), weights(old.Net))
	})
}

// Any progress and history in a sealed checkpoint is refused or trained from.
func FuzzCheckpoint(f *testing.F) {
	path := filepath.Join(f.TempDir(), "checkpoint")
	unmount, err := files.Mount(filepath.Dir(path), filestest.NewDisk(filestest.Fault{})) // which does not wait for the computer's
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(unmount)
	tr := smallest(f, 1)
	tr.Checkpoint = path
	fit(f, tr)
	whole, err := safetensors.Accept{Types: []string{safetensors.F64}}.Read(path)
	if err != nil {
		f.Fatal(err)
	}
	table := func(name string) []byte {
		var b []byte
		for _, t := range whole.Tensors {
			if t.Name == name {
				for _, v := range t.Wide {
					b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
				}
			}
		}
		return b
	}
	steps, epochs := table("history.steps"), table("history.epochs")
	good := whole.Metadata["progress"]
	f.Add(good, steps, epochs, uint8(2))
	f.Add(good, steps, epochs, uint8(4))
	f.Add(good, steps[:16], epochs, uint8(2))
	f.Add(good, []byte{}, []byte{}, uint8(2))
	f.Add(strings.Replace(good, `"Epoch":2`, `"Done":true,"Epoch":0`, 1), []byte{}, []byte{}, uint8(1))
	f.Add(`{"Done":true,"Epoch":0,"Step":0,"Batch":0,"Steps":null,"Epochs":null}`, []byte{}, []byte{}, uint8(1))
	for _, change := range []string{`"Epoch":0,"Batch":2,"Step":2,"Samples":8`, `"Epoch":-1`, `"Batch":-1`, `"Best":1`, `"Best":-1`, `"Samples":-9223372036854775808`,
		`"Loss":1e308`, `"Correct":99`, `"Seconds":-1`, `"Epochs":9`, `"Steps":3`, `"Epoch":9223372036854775807,"Step":-2`} {
		f.Add(strings.TrimSuffix(good, "}")+","+change+"}", steps, epochs, uint8(3))
		f.Add(strings.TrimSuffix(good, "}")+","+change+"}", steps[:32], []byte{}, uint8(3))
	}
	isa := kernels.ISA()
	f.Fuzz(func(t *testing.T, progress string, steps, epochs []byte, n uint8) {
		file := &safetensors.File{Metadata: map[string]string{"format": "tatami checkpoint 2", "architecture": whole.Metadata["architecture"],
			"progress": strings.ReplaceAll(progress, "avx512", isa)}}
		for _, tensor := range whole.Tensors {
			for name, data := range map[string][]byte{"history.steps": steps, "history.epochs": epochs} {
				if tensor.Name != name {
					continue
				}
				columns := tensor.Shape[1]
				rows := len(data) / 8 / columns
				tensor.Shape, tensor.Wide = []int{rows, columns}, make([]float64, rows*columns)
				if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, tensor.Wide); err != nil {
					t.Fatal(err)
				}
			}
			file.Tensors = append(file.Tensors, tensor)
		}
		file.Seal()
		if err := safetensors.Write(path, file); err != nil {
			return // text that is not UTF-8
		}
		tr := smallest(t, 1)
		tr.Epochs = int(n % 8)
		if tr.Resume(path) != nil {
			return
		}
		tr.Checkpoint = path
		h, err := tr.Fit(context.Background())
		if err != nil {
			return
		}
		if !tr.Done() || len(h.Epochs) < max(1, tr.Epochs) && tr.Steps == 0 || len(h.Epochs) == 0 || len(h.Steps) == 0 {
			t.Errorf("a complete run has %d epochs of %d and %d steps", len(h.Epochs), tr.Epochs, len(h.Steps))
		}
	})
}
