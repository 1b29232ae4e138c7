package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/kernels"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/layers/inspect"
	"tatami/nn"
	"tatami/train"
	"tatami/train/doctor"
)

// saveEpoch writes the model, the best so far if the run keeps that, and the
// curves after each epoch.
func (r *Run) saveEpoch(e train.Event) error {
	if e.Kind != train.Evaluated {
		return nil
	}
	if err := r.dropEarlier(); err != nil {
		return err
	}
	row := e.History.Epochs[len(e.History.Epochs)-1]
	if !e.Trainer.KeepBest || row == e.Trainer.BestEpoch() {
		if err := r.saveModel(row); err != nil {
			return err
		}
	}
	return r.saveHistory()
}

// saveModel writes the network as it was after the given epoch; the zero row is
// that of a network within its first.
func (r *Run) saveModel(row train.EpochRow) error {
	facts := map[string]string{
		"net": r.Net, "optimizer": r.Optimizer, "lr": fmt.Sprint(r.Rate), "schedule": r.Schedule,
		"augment": r.Augment, "seed": fmt.Sprint(r.Seed), "shards": fmt.Sprint(r.Shards), "batch": fmt.Sprint(r.Batch),
		"epochs": fmt.Sprint(row.Epoch), "data": r.Data,
	}
	r.readingFacts(facts, r.data)
	if usual, err := r.usualScore(); err != nil {
		return err
	} else if usual != "" {
		facts[inspect.FactScore] = usual
	}
	if row.Epoch > 0 {
		facts["test_accuracy"] = strconv.FormatFloat(row.TestAccuracy, 'g', -1, 64)
	}
	if r.From != "" {
		facts["from"], facts["freeze"] = r.From, fmt.Sprint(r.Freeze)
	}
	if r.Average > 0 {
		facts["average"] = fmt.Sprint(r.Average)
	}
	return nn.Save(r.folder.path(ModelFile), &nn.Model{Sequential: r.trainer.Net, Classes: r.trainer.Test.Target().Classes, Facts: facts})
}

// usualScore is that of at most a thousand test images, evenly out of all.
func (r *Run) usualScore() (string, error) {
	test := r.trainer.Test
	n := min(test.Len(), 1000)
	if n == 0 || !test.Target().Labels() {
		return "", nil
	}
	index := make([]int, n)
	for i := range index {
		index[i] = i * test.Len() / n
	}
	var err error
	usual := inspect.New(r.trainer.Net).UsualScore(func(yield func(*nn.Tensor) bool) {
		for part := range slices.Chunk(index, 50) {
			var images datasets.Batch
			if images, err = datasets.Samples(test, part...); err != nil || !yield(images.X) {
				return
			}
		}
	})
	return usual, err
}

func (r *Run) saveHistory() error {
	h := r.trainer.History()
	if err := files.Write(r.folder.path(historyFile), func(w io.Writer) error { return h.WriteEpochs(w, r.Validation > 0) }); err != nil {
		return err
	}
	return files.Write(r.folder.path(stepsFile), h.WriteSteps)
}

// Score is what a network is worth on a test set: a part of run.json, and what
// eval prints.
type Score struct {
	TestAccuracy  float64 `json:"test_accuracy"`
	TestCorrect   int     `json:"test_correct"`
	TestTotal     int     `json:"test_total"`
	TestLoss      float64 `json:"test_loss"`
	Parameters    int     `json:"parameters"`
	WeightsSHA256 string  `json:"weights_sha256"`
}

// Result is run.json.
type Result struct {
	Settings
	EpochsDone      int       `json:"epochs_done"`
	EpochSeconds    []float64 `json:"epoch_seconds"`
	TrainSeconds    float64   `json:"train_seconds"`
	ImagesPerSecond float64   `json:"images_per_second"`
	Score
	Advice  []doctor.Advice `json:"advice"` // of the doctor
	ISA     string          `json:"isa"`
	Version string          `json:"version"`
	Go      string          `json:"go"`
	OS      string          `json:"os"`
	Arch    string          `json:"arch"`
	CPUs    int             `json:"cpus"`
	Ranks   int             `json:"ranks,omitempty"`     // processes that trained together
	Sent    int64           `json:"rank_sent,omitempty"` // bytes that rank 0 sent to the others
	Time    time.Time       `json:"time"`
}

// ScoreOf is the score of an evaluation of net.
func ScoreOf(net *nn.Sequential, e *train.Evaluation) Score {
	return Score{
		TestAccuracy: e.Accuracy(), TestCorrect: e.Correct, TestTotal: e.Total, TestLoss: e.Loss,
		Parameters: nn.CountParams(net.Params()), WeightsSHA256: net.SHA256(),
	}
}

// ScoreText is what people are told of an evaluation.
func ScoreText(e *train.Evaluation, l words.Language) string {
	return words.Text{
		EN: "test accuracy %.2f%% (%d/%d), loss %.4f", JA: "テスト正解率 %.2f%%（%d/%d）、損失 %.4f",
	}.In(l, 100*e.Accuracy(), e.Correct, e.Total, e.Loss)
}

// finishedIn reports whether the run is complete and the folder's run.json is
// its own, and not that of one which it replaces.
func (r *Run) finishedIn(folder *Folder) bool {
	var left Result
	text, err := os.ReadFile(folder.path(ResultFile))
	if !r.trainer.Done() || err != nil || json.Unmarshal(text, &left) != nil {
		return false
	}
	got, err := json.Marshal(left.Settings)
	want, err2 := json.Marshal(r.Settings)
	return err == nil && err2 == nil && bytes.Equal(got, want)
}

// finish writes the model as it is at the end, the pictures and run.json.
func (r *Run) finish() error {
	net, h := r.trainer.Net, r.trainer.History()
	images := len(h.Epochs) * r.trainer.Loader.Data.Len()
	// The training images and the observers are most of the memory, and pictures take some of their own.
	r.trainer.Loader, r.trainer.Observers, r.data.Train = nil, nil, nil
	debug.FreeOSMemory()
	row := h.Epochs[len(h.Epochs)-1]
	if r.trainer.KeepBest {
		row = r.trainer.BestEpoch()
	}
	if err := r.saveModel(row); err != nil {
		return err
	}
	if err := r.saveHistory(); err != nil {
		return err
	}
	e, err := train.Evaluate(net, layers.SoftmaxWithLoss{}, r.trainer.Test, 100)
	if err != nil {
		return err
	}
	run := Result{
		Settings: r.Settings, Advice: append([]doctor.Advice{}, r.advice...), EpochsDone: len(h.Epochs), Score: ScoreOf(net, e),
		ISA: kernels.ISA(), Version: Version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPUs: runtime.GOMAXPROCS(0), Time: time.Now().UTC().Truncate(time.Second),
	}
	for _, row := range h.Epochs {
		run.EpochSeconds = append(run.EpochSeconds, row.Seconds)
		run.TrainSeconds += row.Seconds
	}
	if r.Ranks != nil {
		run.Ranks, run.Sent = r.Ranks.Size(), r.trainer.Sent()
	}
	run.ImagesPerSecond = float64(images) / run.TrainSeconds
	if err := r.draw(e); err != nil {
		return err
	}
	if r.film != nil {
		if err := r.film.Write(r.folder.path, r.Language); err != nil {
			return err
		}
	}
	if err := r.record.Evaluated(e, r.trainer.Test); err != nil {
		return err
	}
	if err := r.writePage(); err != nil {
		return err
	}
	if err := files.Write(r.folder.path(ResultFile), func(w io.Writer) error { return files.EncodeJSON(w, run) }); err != nil {
		return err
	}
	if r.film != nil {
		os.Remove(r.folder.path(framesFile)) // a resume before this draws the films again
	}
	if r.Silent {
		return nil
	}
	last := words.Text{EN: "%v, %.1f s, files in %s", JA: "%v、%.1f 秒、ファイルは %s にあります"}.In(r.Language, ScoreText(e, r.Language), run.TrainSeconds, r.folder)
	if !r.Quiet {
		last += "\n" + r.whatNext()
	}
	_, err = fmt.Println(last)
	if readerGone(err) {
		return nil
	}
	return err
}
