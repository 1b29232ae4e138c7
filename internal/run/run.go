// Package run is a training run in a folder: its settings, what is seen of it
// while it goes on, and what it leaves.
package run

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/web"
	"tatami/internal/web/page"
	"tatami/internal/web/record"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/train"
	"tatami/train/doctor"
)

// Options are the settings of a run and what else is wanted of it.
type Options struct {
	Settings
	TensorBoard bool   // event files
	Film        bool   // films of the filters and of the last layer's map
	Web         string // address of a live page; empty: none
	// Origins are addresses by which browsers reach the page through a proxy.
	Origins []string
	Reading
	Quiet    bool // print nothing but the last line
	Silent   bool // nor that: another speaks for the run
	Workers  int  // processors to use at most; 0: all
	Language words.Language
	// CheckpointEvery is how often a checkpoint is written within an epoch.
	CheckpointEvery train.Interval
	// Ranks are the processes that train together; nil: this one alone.
	Ranks train.Ranks
}

// follows reports whether this is another rank than the one that writes and
// tells.
func (o *Options) follows() bool { return o.Ranks != nil && o.Ranks.Rank() > 0 }

// kept is what a checkpoint keeps for a resume beside the state of training.
type kept struct {
	Settings
	TensorBoard bool            `json:"tensorboard,omitempty"`
	Film        bool            `json:"film,omitempty"`
	Every       train.Interval  `json:"checkpoint_every,omitzero"`
	Advice      []doctor.Advice `json:"advice,omitempty"`
}

// Run is a run with its data, trainer and observers.
type Run struct {
	Options
	data      *datasets.Data
	trainer   *train.Trainer
	untrained *nn.Tensor // the first layer's filters before training; nil: not known
	advice    []doctor.Advice
	film      *Film        // nil: not wanted
	listener  net.Listener // of the live page; nil: not wanted

	folder   *Folder
	record   *record.Recorder
	progress *progress
}

// Agree is an error of any rank on all.
func (o *Options) Agree(err error) error {
	if o.Ranks == nil {
		return err
	}
	return train.Agree(o.Ranks, err)
}

// New loads the data and builds the network of a new run, whose settings Check
// has passed. Nothing is written.
func New(o Options) (*Run, error) {
	if err := o.Resolve(); err != nil {
		return nil, err
	}
	return newRun(o, nil)
}

// Resume continues the run in a folder from its checkpoint, with its settings.
// Of the options Web, Origins, Quiet, Silent and Workers count, and Film, CheckpointEvery, Epochs
// and Patience where they are given. With other Epochs the schedule is as long
// as it was, and stays at its last rate.
func Resume(folder *Folder, o Options) (*Run, error) {
	path := folder.path(checkpointFile)
	text, err := train.Settings(path)
	if err != nil {
		return nil, err
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fmt.Errorf("%s: settings: %w", path, err)
	}
	epochs, patience := o.Epochs, o.Patience
	o.Settings, o.TensorBoard, o.Film = k.Settings, k.TensorBoard, o.Film || k.Film
	o.CheckpointEvery = cmp.Or(o.CheckpointEvery, k.Every)
	err = o.Check(true)
	var r *Run
	if err == nil {
		if epochs > 0 && epochs != o.Epochs {
			if o.scheduleEnds() {
				o.ScheduleEpochs = cmp.Or(o.ScheduleEpochs, o.Epochs)
			}
			o.Epochs = epochs
		}
		o.Patience = cmp.Or(patience, o.Patience)
		if err := o.Check(true); err != nil { // of this command line
			return nil, err
		}
		r, err = newRun(o, k.Advice)
	}
	if wrong, ok := errors.AsType[SettingError](err); ok { // of the checkpoint
		return nil, fmt.Errorf("%s: settings: %w", path, wrong.error)
	}
	if err != nil {
		return nil, err
	}
	if err := r.trainer.Resume(path); err != nil {
		return nil, err
	}
	if done := len(r.trainer.History().Epochs); done > r.Epochs {
		return nil, wrongSetting("--epochs is %d, the run in %s has done %d", r.Epochs, folder, done)
	}
	if !r.trainer.Done() {
		folder.replaceResults()
	}
	return r, nil
}

func newRun(o Options, advice []doctor.Advice) (*Run, error) {
	if o.Ranks != nil && o.Ranks.Size() > o.Shards {
		return nil, wrongSetting("--shards is %d, wanted at least %d, one for each rank", o.Shards, o.Ranks.Size())
	}
	r := &Run{Options: o, advice: advice}
	var err error
	reading := o.Reading
	if !o.Quiet {
		reading.Progress = ReadProgress(o.Language)
	}
	if r.data, err = r.Load(reading); err != nil {
		return nil, err
	}
	if r.trainer, err = r.NewTrainer(r.data); err != nil {
		return nil, err
	}
	r.trainer.Workers = o.Workers
	r.trainer.Ranks = o.Ranks
	if err := r.keep(); err != nil {
		return nil, err
	}
	if o.follows() {
		return r, nil
	}
	if o.From == "" { // whose filters may be gone when the run is resumed
		r.untrained = FirstFilters(r.trainer.Net)
	}
	if o.Film {
		if r.film, err = NewFilm(r.trainer.Net, r.trainer.Test, o.Epochs*r.trainer.Loader.Batches()); err != nil {
			return nil, err
		}
	}
	if o.Web != "" {
		if r.listener, err = web.Listen(o.Web); err != nil {
			return nil, fmt.Errorf("--web: %w", err)
		}
	}
	return r, nil
}

// keep gives checkpoints what a resume needs.
func (r *Run) keep() (err error) {
	r.trainer.Settings, err = json.Marshal(kept{r.Settings, r.TensorBoard, r.Film, r.CheckpointEvery, r.advice})
	return err
}

// Fit trains and writes what the run leaves. Interrupted, it says how to resume
// and returns [context.Canceled].
func (r *Run) Fit(parent context.Context, folder *Folder) error {
	if r.follows() {
		if err := r.Agree(nil); err != nil {
			return err
		}
		ctx, stop := UntilSignal(parent)
		defer stop()
		r.trainer.Checkpoint = folder.path(checkpointFile)
		_, err := r.trainer.Fit(ctx)
		return err
	}
	if r.finishedIn(folder) {
		if r.Ranks != nil { // the others are there
			if err := r.Agree(nil); err != nil {
				return err
			}
			if _, err := r.trainer.Fit(parent); err != nil {
				return err
			}
		}
		if r.Silent {
			return nil
		}
		fmt.Println(words.Text{EN: "%s is finished, after epoch %d", JA: "%s の学習は終わっています（%d エポック）"}.In(r.Language, folder, len(r.trainer.History().Epochs)))
		return nil
	}
	files.RemoveUnfinished(folder.dir, func(name string) bool { return slices.Contains(allFiles, name) })
	var err error
	if r.film != nil {
		r.film.path = folder.path(framesFile)
		err = r.film.load(len(r.trainer.History().Steps))
	}
	if err := r.Agree(err); err != nil {
		return err
	}
	ctx, stop := UntilSignal(parent)
	defer stop()
	r.folder = folder
	r.trainer.Checkpoint = folder.path(checkpointFile)
	if r.record, err = record.New(r.facts(), r.trainer.Net, r.trainer.Loader.Data, r.trainer.Test); err != nil {
		return err
	}
	r.record.Before(r.untrained)
	for _, a := range r.advice {
		r.record.Advise(a)
	}
	if r.From != "" && !r.Quiet && len(r.trainer.History().Steps) == 0 {
		fmt.Println(r.adopted(r.Language))
	}
	r.progress = &progress{quiet: r.Quiet, language: r.Language, images: r.trainer.Loader.Data.Len()}
	observers := []train.Observer{r.progress, r.doctor(), train.ObserverFunc(r.saveEpoch), r.record}
	var events *Board
	if r.TensorBoard {
		events = &Board{Dir: folder.dir, Language: r.Language}
		observers = append(observers, events)
	}
	if r.film != nil {
		observers = append(observers, r.film)
	}
	observers = append(observers, &train.SaveEvery{Interval: r.CheckpointEvery, Then: r.savedBetween})
	if !r.Quiet {
		fmt.Println(r.header())
	}
	if r.listener == nil {
		r.trainer.Observers = observers
		return r.failed(r.fit(ctx, events))
	}
	shown := serveLive(ctx, stop, r.record, web.NewGuard(r.Web, r.listener, r.Origins...), r.listener)
	r.trainer.Observers = append(observers, shown.monitor)
	if !r.Quiet {
		fmt.Println(words.Text{EN: "watch at %s", JA: "学習の様子：%s"}.In(r.Language, web.URL(r.listener)))
	}
	err = r.failed(r.fit(ctx, events))
	shown.end(ctx, err == nil, r.Language)
	return err
}

func (r *Run) fit(ctx context.Context, events *Board) error {
	_, err := r.trainer.Fit(ctx)
	r.progress.clear()
	if closeErr := events.Close(); err == nil {
		err = closeErr
	}
	if errors.Is(err, context.Canceled) {
		if dropErr := r.dropEarlier(); dropErr != nil {
			return dropErr
		}
		if err := r.saveFirst(); err != nil {
			return err
		}
		if err := r.writePage(); err != nil {
			return err
		}
		if r.Silent {
			return err
		}
		fmt.Fprintln(os.Stderr, words.Text{
			EN: "interrupted after step %d; resume with: %s", JA: "ステップ %d の後で中断しました。再開するには：%s",
		}.In(r.Language, len(r.trainer.History().Steps), resumeCommand(r.folder.dir)))
		return err
	}
	if err != nil {
		return err
	}
	return r.finish()
}

// doctor is an observer that gives advice, on stderr and for run.json.
func (r *Run) doctor() *doctor.Doctor {
	d := &doctor.Doctor{Advice: r.advice}
	d.Tell = func(a doctor.Advice) {
		r.advice = d.Advice
		_ = r.keep() // advice can be encoded
		r.record.Advise(a)
		if !r.Quiet {
			r.progress.clear()
			text := a.Text
			if r.Language == words.Japanese {
				text = a.Japanese
			}
			fmt.Fprintln(os.Stderr, words.Text{EN: "doctor: %s", JA: "ドクター：%s"}.In(r.Language, text))
		}
	}
	return d
}

// savedBetween follows a checkpoint within an epoch.
func (r *Run) savedBetween() error {
	if r.film != nil {
		if err := r.film.save(); err != nil {
			return err
		}
	}
	if err := r.dropEarlier(); err != nil {
		return err
	}
	return r.saveFirst()
}

// saveFirst writes the model of a run that has not come to the end of its first
// epoch, so that it can be looked at.
func (r *Run) saveFirst() error {
	if len(r.trainer.History().Epochs) > 0 {
		return nil
	}
	return r.saveModel(train.EpochRow{})
}

// dropEarlier removes the files of the run that this one replaces.
func (r *Run) dropEarlier() error {
	own := []string{checkpointFile}
	if r.film != nil {
		own = append(own, framesFile)
	}
	return r.folder.dropEarlier(own...)
}

// failed tells pages of an error, which it returns, and leaves one that shows
// how far the run came.
func (r *Run) failed(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	r.record.SetState(record.Failed, err.Error())
	if len(r.folder.earlier) == 0 { // else the folder is still the earlier run's
		_ = r.writePage() // the first error tells more
	}
	return err
}

// writePage writes what is known of the run as a page.
func (r *Run) writePage() error {
	return files.Write(r.folder.path(pageFile), func(w io.Writer) error { return page.Run(w, r.record.Whole()) })
}
