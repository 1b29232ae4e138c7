package train

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"path/filepath"
	"strconv"

	"tatami/internal/kernels"
	"tatami/internal/safetensors"
	"tatami/nn"
	"tatami/optim"
)

// A checkpoint is a model file, which nn.Load does not take, with further
// tensors and metadata.
const (
	checkpointFormat = "tatami checkpoint"
	keyProgress      = "progress"
	keySettings      = "settings"
	bestName         = "best"
)

// progress is the state but for its tensors. Losses are kept as their bits'
// shortest decimal, so that they come back exactly.
type progress struct {
	Epoch, Batch, Step int
	Done               bool
	Loss               float64
	Correct, Samples   int
	Seconds            float64
	LowestLoss         string
	Stale              int
	BestEpoch          EpochRow
	Shards             int
	ISA                string
	OptimizerSteps     int
	Data               string // checksum of the training set
	Steps              []StepRow
	Epochs             []EpochRow
}

// Save writes a checkpoint: parameters, moments, position, history, settings.
func (t *Trainer) Save(path string) error {
	arch, err := nn.FormatArchitecture(t.Net.Input(), t.Net.Specs())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f := &safetensors.File{Metadata: map[string]string{"format": checkpointFormat, "architecture": string(arch)}}
	for _, tensor := range t.Net.NamedTensors() {
		f.Tensors = append(f.Tensors, safetensors.Tensor(tensor))
	}
	steps, moments := t.optimizer.State()
	p := progress{
		Epoch: t.epoch, Batch: t.batch, Step: t.step, Done: t.done,
		Loss: t.loss, Correct: t.correct, Samples: t.samples, Seconds: t.seconds,
		LowestLoss: strconv.FormatFloat(t.lowestLoss, 'g', -1, 64), Stale: t.stale, BestEpoch: t.bestEpoch,
		Shards: t.Shards, ISA: kernels.ISA(), OptimizerSteps: steps, Data: t.dataSum(),
		Steps: t.history.Steps, Epochs: t.history.Epochs,
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.Metadata[keyProgress] = string(text)
	f.Metadata[keySettings] = string(t.Settings)
	for i, m := range moments {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: momentName(i), Shape: []int{len(m)}, Data: m})
	}
	if t.best != nil {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: bestName, Shape: []int{len(t.best)}, Data: t.best})
	}
	f.Seal()
	return safetensors.Write(path, f)
}

// dataSum is a checksum of the training set, which takes some milliseconds for
// MNIST the first time.
func (t *Trainer) dataSum() string {
	if t.sum == "" {
		h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
		h.Write(t.Loader.Data.Labels)
		for _, image := range t.Loader.Data.Images {
			h.Write(image)
		}
		t.sum = fmt.Sprintf("%08x", h.Sum32())
	}
	return t.sum
}

func momentName(i int) string { return fmt.Sprintf("moment.%d", i+1) }

// Settings reads the settings that a checkpoint was given.
func Settings(path string) ([]byte, error) {
	f, err := readCheckpoint(path)
	if err != nil {
		return nil, err
	}
	return []byte(f.Metadata[keySettings]), nil
}

func readCheckpoint(path string) (*safetensors.File, error) {
	f, err := safetensors.Read(path)
	if err != nil {
		return nil, err
	}
	if got := f.Metadata["format"]; got != checkpointFormat {
		return nil, fmt.Errorf("%s: not a checkpoint: its format is %q, wanted %q", path, got, checkpointFormat)
	}
	if err := f.CheckSeal(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Resume continues from a checkpoint in a trainer with the same settings,
// before Fit: the run goes on as if it had not been interrupted, bit for bit
// on the same instruction set.
func (t *Trainer) Resume(path string) error {
	f, err := readCheckpoint(path)
	if err != nil {
		return err
	}
	if err := t.resume(f); err != nil {
		return fmt.Errorf("%s: %w", filepath.Clean(path), err)
	}
	return nil
}

func (t *Trainer) resume(f *safetensors.File) error {
	var p progress
	if err := json.Unmarshal([]byte(f.Metadata[keyProgress]), &p); err != nil {
		return fmt.Errorf("metadata %q: %w", keyProgress, err)
	}
	lowest, err := strconv.ParseFloat(p.LowestLoss, 64)
	if err != nil || math.IsNaN(lowest) {
		return fmt.Errorf("metadata %q: lowest loss %q is no number", keyProgress, p.LowestLoss)
	}
	if t.Shards == 0 {
		t.Shards = DefaultShards
	}
	if p.Shards != t.Shards {
		return fmt.Errorf("its run has %d shards, this one %d", p.Shards, t.Shards)
	}
	if isa := kernels.ISA(); p.ISA != isa {
		return fmt.Errorf("its run used instruction set %s, this machine runs %s; set TATAMI_ISA=%s to get the same results", p.ISA, isa, p.ISA)
	}
	if p.Batch < 0 || p.Epoch < 0 || p.Step != len(p.Steps) || p.Epoch != len(p.Epochs) {
		return fmt.Errorf("metadata %q: epoch %d, batch %d and step %d do not fit the history", keyProgress, p.Epoch, p.Batch, p.Step)
	}
	if n := t.Loader.Batches(); !p.Done && p.Step != p.Epoch*n+p.Batch {
		return fmt.Errorf("its run had other data: it made %d updates, which are not %d epochs of %d batches and %d more", p.Step, p.Epoch, n, p.Batch)
	}
	if err := t.prepare(); err != nil {
		return err
	}
	if got := t.dataSum(); p.Data != got {
		return fmt.Errorf("its run had other training images or labels: their checksum (CRC-32C) is %s, wanted %s", got, p.Data)
	}
	count := nn.CountParams(t.Net.Params())
	rest := map[string]int{bestName: count}
	moments := make([][]float32, t.Rule.Moments())
	for i := range moments {
		rest[momentName(i)] = t.optimizer.Size()
	}
	var best []float32
	var params []nn.NamedTensor
	for _, tensor := range f.Tensors {
		want, ok := rest[tensor.Name]
		if !ok {
			params = append(params, nn.NamedTensor(tensor))
			continue
		}
		if len(tensor.Data) != want {
			return fmt.Errorf("tensor %q has %d values, wanted %d", tensor.Name, len(tensor.Data), want)
		}
		if tensor.Name == bestName {
			best = tensor.Data
		}
		for k := range moments {
			if tensor.Name == momentName(k) {
				moments[k] = tensor.Data
			}
		}
	}
	if err := t.Net.SetNamedTensors(params); err != nil {
		return err
	}
	t.optimizer = optim.New(t.Rule, t.Net.Params())
	if err := t.optimizer.SetState(p.OptimizerSteps, moments); err != nil {
		return err
	}
	t.state = state{
		history: History{p.Steps, p.Epochs}, epoch: p.Epoch, batch: p.Batch, step: p.Step, done: p.Done,
		loss: p.Loss, correct: p.Correct, samples: p.Samples, seconds: p.Seconds,
		lowestLoss: lowest, stale: p.Stale, best: best, bestEpoch: p.BestEpoch,
	}
	return nil
}
