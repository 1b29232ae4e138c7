package train

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"tatami/datasets"
	"tatami/internal/kernels"
	"tatami/internal/safetensors"
	"tatami/nn"
	"tatami/optim"
)

// A checkpoint is a model file, which nn.Load does not take, with further
// tensors and metadata. The history is two tensors of float64, so that a row
// costs 16 bytes and comes back exactly.
const (
	checkpointFormat = "tatami checkpoint 2"
	earlierFormat    = "tatami checkpoint" // its history was JSON in the header
	keyProgress      = "progress"
	keySettings      = "settings"
	bestName         = "best"
	averageName      = "average"
	stepsName        = "history.steps"
	epochsName       = "history.epochs"
)

// progress is what the metadata keep of a run: where it stands, and what must
// be the same for it to go on.
type progress struct {
	position
	Epochs, Steps int // at which it was to end
	Shards        int
	Average       float64 `json:",omitempty"` // as in [Trainer]
	ISA           string
	Data          string // checksum of the training set
}

// checkpointed is how many times at most a row of the history is written in a
// run, see due.
const checkpointed = 500

// due reports whether the run is to write its checkpoint: after each epoch,
// but where that added less than a 500th to the updates since the last one. So
// the history's cost stays in proportion to the updates, however many there
// are, and a kill loses an epoch or a 500th of the run.
func (t *Trainer) due() bool { return (t.at.Step-t.saved)*checkpointed >= t.at.Step }

// Save writes a checkpoint: parameters and their average, moments, position, history, settings.
//
// Of several ranks rank 0 writes; Save does nothing on the others.
func (t *Trainer) Save(path string) error {
	if t.Ranks != nil && t.Ranks.Rank() > 0 {
		return nil
	}
	if err := t.group.complete(); err != nil {
		return t.lost(err)
	}
	if t.restored {
		t.exchangeBest(false)
		defer t.exchangeBest(true)
	}
	if t.average != nil && t.average.shown {
		t.exchangeAverage(false)
		defer t.exchangeAverage(true)
	}
	arch, err := nn.FormatArchitecture(t.Net.Input(), t.Net.Specs())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f := &safetensors.File{Metadata: map[string]string{"format": checkpointFormat, "architecture": string(arch)}}
	for _, tensor := range t.Net.NamedTensors() {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: tensor.Name, Shape: tensor.Shape, Data: tensor.Data})
	}
	sum, err := t.dataSum()
	if err != nil {
		return fmt.Errorf("%s: the data's checksum: %w", path, err)
	}
	text, err := json.Marshal(progress{t.at, max(1, t.Epochs), t.Steps, t.Shards, t.Average, kernels.ISA(), sum})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.Metadata[keyProgress] = string(text)
	f.Metadata[keySettings] = string(t.Settings)
	_, moments := t.optimizer.State()
	for i, m := range moments {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: momentName(i), Shape: []int{len(m)}, Data: m})
	}
	if t.at.Best > 0 {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: bestName, Shape: []int{len(t.best)}, Data: t.best})
	}
	if t.average != nil {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: averageName, Shape: []int{len(t.average.values)}, Data: t.average.values})
	}
	steps, epochs := t.history.flat()
	f.Tensors = append(f.Tensors,
		safetensors.Tensor{Name: stepsName, Shape: []int{len(t.history.Steps), stepColumns}, Wide: steps},
		safetensors.Tensor{Name: epochsName, Shape: []int{len(t.history.Epochs), epochColumns}, Wide: epochs})
	f.Seal()
	if err := safetensors.Write(path, f); err != nil {
		return err
	}
	t.saved = t.at.Step
	return nil
}

// dataSum is a checksum of the training set, see [datasets.Checksum].
func (t *Trainer) dataSum() (_ string, err error) {
	if t.sum == "" {
		t.sum, err = datasets.Checksum(t.Loader.Data)
	}
	return t.sum, err
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

// checkpointStep is the number of updates of a checkpoint's run.
func checkpointStep(path string) (int, error) {
	f, err := readCheckpoint(path)
	if err != nil {
		return 0, err
	}
	var p progress
	err = json.Unmarshal([]byte(f.Metadata[keyProgress]), &p)
	return p.Step, err
}

func readCheckpoint(path string) (*safetensors.File, error) {
	f, err := safetensors.Accept{Types: []string{safetensors.F64}}.Read(path)
	if err != nil {
		return nil, err
	}
	switch got := f.Metadata["format"]; got {
	case checkpointFormat:
	case earlierFormat:
		return nil, fmt.Errorf("%s: a checkpoint of an earlier version of tatami, wanted format %q: finish its run with that version, or train anew", path, checkpointFormat)
	default:
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
//
// Epochs, Steps and Patience may be others: a finished run goes on where they
// are higher. It is then as if it had been given them from its start, so a
// schedule that depends on them, and would have given other rates so far, is
// an error.
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
	decoder := json.NewDecoder(strings.NewReader(f.Metadata[keyProgress]))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return fmt.Errorf("metadata %q: %w", keyProgress, err)
	}
	if t.Shards == 0 {
		t.Shards = DefaultShards
	}
	if p.Shards != t.Shards {
		return fmt.Errorf("its run has %d shards, this one %d", p.Shards, t.Shards)
	}
	if p.Average != t.Average {
		return fmt.Errorf("its run averages weights by %g, this one by %g", p.Average, t.Average)
	}
	if isa := kernels.ISA(); p.ISA != isa {
		return fmt.Errorf("its run used instruction set %s, this machine runs %s; set TATAMI_ISA=%s to get the same results", p.ISA, isa, p.ISA)
	}
	if err := t.prepare(); err != nil {
		return err
	}
	tensors, own := map[string]safetensors.Tensor{}, []nn.NamedTensor{}
	rest := map[string][]int{stepsName: {p.Step, stepColumns}, epochsName: {p.Epoch, epochColumns}}
	if p.Best > 0 {
		rest[bestName] = []int{nn.CountParams(t.Net.Params())}
	}
	if t.average != nil {
		rest[averageName] = []int{nn.CountParams(t.Net.Params())}
	}
	for i := range t.Rule.Moments() {
		rest[momentName(i)] = []int{t.optimizer.Size()}
	}
	for _, tensor := range f.Tensors {
		want, ok := rest[tensor.Name]
		wide := len(want) > 1
		switch {
		case !ok:
			own = append(own, nn.NamedTensor{Name: tensor.Name, Shape: tensor.Shape, Data: tensor.Data})
			continue
		case !slices.Equal(tensor.Shape, want) || wide != (tensor.Wide != nil):
			return fmt.Errorf("tensor %q has shape %v, wanted %v as metadata %q tell", tensor.Name, tensor.Shape, want, keyProgress)
		}
		tensors[tensor.Name] = tensor
	}
	for name := range rest {
		if _, ok := tensors[name]; !ok {
			return fmt.Errorf("tensor %q is missing", name)
		}
	}
	history, err := t.check(p, tensors[stepsName].Wide, tensors[epochsName].Wide)
	if err != nil {
		return err
	}
	if got, err := t.dataSum(); err != nil {
		return err
	} else if p.Data != got {
		return fmt.Errorf("its run had other training images or labels: their checksum (CRC-32C) is %s, wanted %s", got, p.Data)
	}
	if err := t.Net.SetNamedTensors(own); err != nil {
		return err
	}
	if t.average != nil {
		t.average = newAverage(t.Net.Params())
		copy(t.average.values, tensors[averageName].Data)
	}
	var moments [][]float32
	for i := range t.Rule.Moments() {
		moments = append(moments, tensors[momentName(i)].Data)
	}
	t.optimizer = optim.New(t.Rule, t.Net.Params())
	if err := t.optimizer.SetState(p.Step, moments); err != nil {
		return err
	}
	history.Values = t.history.Values
	t.at, t.history, t.best, t.restored, t.saved = p.position, history, tensors[bestName].Data, false, p.Step
	return nil
}

// check fails unless a run of t's settings can stand where p says, and returns
// its history.
func (t *Trainer) check(p progress, steps, epochs []float64) (h History, err error) {
	n := t.Loader.Batches()
	if h, err = unflatten(steps, epochs, n); err != nil {
		return h, fmt.Errorf("its run had other data than %d batches an epoch, or is damaged: %w", n, err)
	}
	begin, samples := 0, 0
	if p.Epoch > 0 {
		begin = h.Epochs[p.Epoch-1].Step
	}
	if p.Batch < 0 || p.Batch > n || p.Step != begin+p.Batch || p.Batch > 0 && begin != p.Epoch*n {
		return h, fmt.Errorf("its run had other data: it made %d updates, which are not %d epochs of %d batches and %d more", p.Step, p.Epoch, n, p.Batch)
	}
	for i := range p.Batch {
		samples += t.Loader.Len(i)
	}
	seconds := p.Seconds >= 0 && p.Seconds <= math.MaxInt32
	if p.Samples != samples || p.Correct < 0 || p.Correct > samples || !seconds || p.Best < 0 || p.Best > p.Epoch {
		return h, fmt.Errorf("metadata %q: %d of %d samples right in %g s, best epoch %d: wanted %d samples, and an epoch of %d",
			keyProgress, p.Correct, p.Samples, p.Seconds, p.Best, samples, p.Epoch)
	}
	if p.Epochs == max(1, t.Epochs) && p.Steps == t.Steps {
		return h, nil
	}
	for i, s := range h.Steps {
		if rate := t.Schedule.Rate(i); math.Abs(rate-s.Rate) > 1e-9*math.Abs(s.Rate) {
			return h, fmt.Errorf("its run was to have %d epochs and this one %d, for which its schedule gives other rates: %g in step %d, which was made at %g; a schedule of a fixed length cannot go on",
				p.Epochs, max(1, t.Epochs), rate, i+1, s.Rate)
		}
	}
	return h, nil
}
