package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/datasets"
	"tatami/internal/kernels"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
	"tatami/train"
)

const (
	checkpointName = "checkpoint"
	modelName      = "model.safetensors"
)

// runFiles are all that a run leaves.
var runFiles = []string{
	modelName, checkpointName, "history.csv", "steps.csv", "run.json",
	"loss.png", "accuracy.png", "filters.png", "confusion.png", "mistakes.png",
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func changedFlags(cmd *cobra.Command) (names []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// prepareFolder makes the folder of a run, or clears it of an earlier one.
func prepareFolder(dir string, overwrite bool) error {
	for _, name := range runFiles {
		_, err := os.Lstat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !overwrite {
			return fmt.Errorf("%s holds a run (%s): name another --out, or give --overwrite", dir, name)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".probe")
	if err != nil {
		return fmt.Errorf("cannot write in %s: %w", dir, err)
	}
	probe.Close()
	os.Remove(probe.Name())
	clearHalfWritten(dir)
	for _, name := range runFiles {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// halfWritten are the names that a run's files have before they are renamed.
var halfWritten = regexp.MustCompile(`^\.(model\.safetensors|checkpoint|[a-z]+\.(csv|json|png))[0-9]+$`)

// clearHalfWritten removes what a killed run left.
func clearHalfWritten(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if halfWritten.MatchString(e.Name()) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func (r *runState) path(name string) string { return filepath.Join(r.out, name) }

// saveEpoch writes the model and the curves after each epoch.
func (r *runState) saveEpoch(e train.Event) error {
	if e.Kind != train.Epoch {
		return nil
	}
	if err := r.saveModel(); err != nil {
		return err
	}
	return r.saveHistory()
}

func (r *runState) saveModel() error {
	h := r.trainer.History()
	facts := map[string]string{
		"net": r.Net, "optimizer": r.Optimizer, "lr": fmt.Sprint(r.Rate), "schedule": r.Schedule,
		"augment": r.Augment, "seed": fmt.Sprint(r.Seed), "shards": fmt.Sprint(r.Shards), "batch": fmt.Sprint(r.Batch),
		"epochs": fmt.Sprint(len(h.Epochs)), "data": r.Data,
	}
	if n := len(h.Epochs); n > 0 {
		facts["test_accuracy"] = strconv.FormatFloat(h.Epochs[n-1].TestAccuracy, 'g', -1, 64)
	}
	return nn.Save(r.path(modelName), &nn.Model{Sequential: r.trainer.Net, Classes: r.train.Classes, Facts: facts})
}

func (r *runState) saveHistory() error {
	h := r.trainer.History()
	if err := writeFile(r.path("history.csv"), func(w io.Writer) error { return h.WriteEpochs(w, r.Validation > 0) }); err != nil {
		return err
	}
	return writeFile(r.path("steps.csv"), h.WriteSteps)
}

// result is run.json, and what eval prints of it.
type result struct {
	TestAccuracy  float64 `json:"test_accuracy"`
	TestCorrect   int     `json:"test_correct"`
	TestTotal     int     `json:"test_total"`
	TestLoss      float64 `json:"test_loss"`
	Parameters    int     `json:"parameters"`
	WeightsSHA256 string  `json:"weights_sha256"`
}

type runResult struct {
	settings
	EpochsDone      int       `json:"epochs_done"`
	EpochSeconds    []float64 `json:"epoch_seconds"`
	TrainSeconds    float64   `json:"train_seconds"`
	ImagesPerSecond float64   `json:"images_per_second"`
	result
	ISA     string    `json:"isa"`
	Version string    `json:"version"`
	Go      string    `json:"go"`
	OS      string    `json:"os"`
	Arch    string    `json:"arch"`
	CPUs    int       `json:"cpus"`
	Time    time.Time `json:"time"`
}

// hashWeights is the SHA-256 of the parameters' bytes, little endian, in
// their order.
func hashWeights(net *nn.Sequential) string {
	h := sha256.New()
	for _, p := range net.Params() {
		b := make([]byte, 0, 4*len(p.Value.Data))
		for _, v := range p.Value.Data {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func resultOf(net *nn.Sequential, e *train.Evaluation) result {
	return result{
		TestAccuracy: e.Accuracy(), TestCorrect: e.Correct, TestTotal: e.Total, TestLoss: e.Loss,
		Parameters: nn.CountParams(net.Params()), WeightsSHA256: hashWeights(net),
	}
}

// finish writes the model as it is at the end, the pictures and run.json.
func (r *runState) finish() error {
	if err := r.saveModel(); err != nil {
		return err
	}
	if err := r.saveHistory(); err != nil {
		return err
	}
	net, h := r.trainer.Net, r.trainer.History()
	e := train.Evaluate(net, layers.SoftmaxWithLoss{}, r.test, 100)
	run := runResult{
		settings: r.settings, EpochsDone: len(h.Epochs), result: resultOf(net, e),
		ISA: kernels.ISA(), Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPUs: runtime.GOMAXPROCS(0), Time: time.Now().UTC().Truncate(time.Second),
	}
	for _, row := range h.Epochs {
		run.EpochSeconds = append(run.EpochSeconds, row.Seconds)
		run.TrainSeconds += row.Seconds
	}
	run.ImagesPerSecond = float64(len(h.Epochs)*r.train.Len()) / run.TrainSeconds
	if err := r.draw(e); err != nil {
		return err
	}
	if err := writeFile(r.path("run.json"), func(w io.Writer) error { return printJSON(w, run) }); err != nil {
		return err
	}
	fmt.Printf("test accuracy %.2f%% (%d/%d), loss %.4f, %.1f s, files in %s\n",
		100*e.Accuracy(), e.Correct, e.Total, e.Loss, run.TrainSeconds, r.out)
	return nil
}

// draw writes the pictures of the run.
func (r *runState) draw(e *train.Evaluation) error {
	h := r.trainer.History()
	save := func(name string, f plots.Figure, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return plots.Save(r.path(name), f)
	}
	perEpoch := func(name string, y func(train.EpochRow) float64) plots.Curve {
		byStep := train.Series{Length: len(h.Epochs), At: func(i int) (float64, float64) {
			return float64(h.Epochs[i].Step), y(h.Epochs[i])
		}}
		return plots.Curve{Name: name, Points: byStep, Markers: true}
	}
	loss, err := plots.Loss([]plots.Curve{{Name: "train", Points: h.StepLoss(), Smooth: -1}}, plots.LossOptions{
		Title:      "Loss of " + r.Net,
		Validation: []plots.Curve{perEpoch("test", func(e train.EpochRow) float64 { return e.TestLoss })},
	})
	if err := save("loss.png", loss, err); err != nil {
		return err
	}
	curves := []plots.Curve{
		{Name: "train", Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.TrainAccuracy }), Markers: true},
		{Name: "test", Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.TestAccuracy }), Markers: true},
	}
	if r.Validation > 0 {
		curves = append(curves, plots.Curve{Name: "validation", Points: h.ByEpoch(func(e train.EpochRow) float64 { return e.ValidationAccuracy }), Markers: true})
	}
	accuracy, err := plots.Accuracy(curves, plots.AccuracyOptions{Title: "Accuracy of " + r.Net})
	if err := save("accuracy.png", accuracy, err); err != nil {
		return err
	}
	if r.firstParams != nil {
		filters, err := plots.Filters([]plots.Bank{
			{Title: "before training", Filters: r.firstParams},
			{Title: "after training", Filters: firstFilters(r.trainer.Net)},
		}, plots.FilterOptions{Title: "Filters of the first layer"})
		if err := save("filters.png", filters, err); err != nil {
			return err
		}
	}
	confusion, err := plots.Confusion(e.Confusion, r.test.Classes, plots.ConfusionOptions{Title: "Test set"})
	if err := save("confusion.png", confusion, err); err != nil {
		return err
	}
	mistakes, err := plots.Mistakes(worst(e, r.test, 20), plots.ImagesOptions{Title: "Surest mistakes on the test set"})
	return save("mistakes.png", mistakes, err)
}

func worst(e *train.Evaluation, data *datasets.Dataset, n int) []plots.Mistake {
	var list []plots.Mistake
	for _, m := range e.Mistakes[:min(n, len(e.Mistakes))] {
		list = append(list, plots.Mistake{
			Image: datasets.Tensor(data.Shape, data.Images[m.Index]),
			True:  data.Classes[m.True], Given: data.Classes[m.Given], Probability: m.Probability,
		})
	}
	return list
}
