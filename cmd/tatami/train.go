package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// settings are the flags of train that shape a run; a checkpoint keeps them.
type settings struct {
	Net            string          `json:"net"`
	Architecture   json.RawMessage `json:"architecture,omitempty"` // of a --net FILE.json
	Data           string          `json:"data,omitempty"`
	Epochs         int             `json:"epochs"`
	Batch          int             `json:"batch"`
	Optimizer      string          `json:"optimizer"`
	Rate           float64         `json:"lr"`
	Schedule       string          `json:"schedule"`
	Warmup         int             `json:"warmup"`
	WeightDecay    float64         `json:"weight_decay"`
	Augment        string          `json:"augment"`
	LabelSmoothing float64         `json:"label_smoothing"`
	Clip           float64         `json:"clip"`
	Seed           uint64          `json:"seed"`
	Shards         int             `json:"shards"`
	Limit          int             `json:"limit"`
	Validation     int             `json:"validation"`
	Patience       int             `json:"patience"`
}

// trainOptions are those that only say where and how.
type trainOptions struct {
	settings
	out, resume      string
	overwrite, quiet bool
}

func newTrain() *cobra.Command {
	o := trainOptions{}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a network and leave the model, its curves and its filters",
		Long: `Train a network, by default the book's SimpleConvNet on MNIST, and leave in
--out: model.safetensors, checkpoint, history.csv, steps.csv, run.json and the
pictures loss, accuracy, filters, confusion and mistakes (PNG).

Ctrl-C ends the step, writes the checkpoint and says how to resume.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Net, "net", "simple", "network: mlp, simple, deep, lenet, or FILE.json with an architecture")
	f.StringVar(&o.Data, "data", "", "folder in the IDX layout (default: MNIST)")
	f.IntVar(&o.Epochs, "epochs", 5, "passes over the training set")
	f.IntVar(&o.Batch, "batch", 100, "images a batch")
	f.StringVar(&o.Optimizer, "optimizer", "adam", "sgd, momentum, nesterov, adagrad, rmsprop, adam or adamw")
	f.Float64Var(&o.Rate, "lr", 0, "learning rate (default: the optimizer's own; under one-cycle three times that, at the peak)")
	f.StringVar(&o.Schedule, "schedule", "one-cycle", "constant, step, exponential, cosine or one-cycle, parameters after a colon: step:every=600,factor=0.5")
	f.IntVar(&o.Warmup, "warmup", 0, "steps of linear warm-up before the schedule")
	f.Float64Var(&o.WeightDecay, "weight-decay", 0, "weight decay λ")
	f.StringVar(&o.Augment, "augment", "shift", "none, or a list of shift, rotate, scale, elastic, strength after a colon: shift:2,rotate:10")
	f.Float64Var(&o.LabelSmoothing, "label-smoothing", 0, "share of the target spread over all classes")
	f.Float64Var(&o.Clip, "clip", 0, "bound of the gradient's norm (0: none)")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of all that is random")
	f.IntVar(&o.Shards, "shards", train.DefaultShards, "parts of a batch; results depend on it, not on the processors")
	f.IntVar(&o.Limit, "limit", 0, "use only the first images of the training set (0: all)")
	f.IntVar(&o.Validation, "validation", 0, "training images held out; the model is then the best on them")
	f.IntVar(&o.Patience, "patience", 0, "end after so many epochs without a lower validation loss (0: never)")
	f.StringVar(&o.out, "out", "", "folder of the run (default: runs/<net>-<time>)")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace a run that is in --out")
	f.StringVar(&o.resume, "resume", "", "continue the run in this folder, with its settings")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but the last line")
	return cmd
}

func (o *trainOptions) run(cmd *cobra.Command) error {
	if cmd.Flags().Changed("resume") {
		return o.continueRun(cmd)
	}
	if err := o.check(cmd.Flags().Changed("lr")); err != nil {
		return err
	}
	if o.out == "" {
		name := strings.TrimSuffix(filepath.Base(o.Net), ".json")
		o.out = filepath.Join("runs", name+"-"+time.Now().Format("20060102-150405"))
	}
	if strings.HasSuffix(o.Net, ".json") {
		in, specs, err := findNetwork(o.Net, nn.Shape{}, 0)
		if err != nil {
			return err
		}
		if o.Architecture, err = nn.FormatArchitecture(in, specs); err != nil {
			return err
		}
	}
	r, err := newRun(o)
	if err != nil {
		return err
	}
	if err := prepareFolder(o.out, o.overwrite); err != nil {
		return err
	}
	return r.fit(cmd.Context())
}

func (o *trainOptions) continueRun(cmd *cobra.Command) error {
	var beside string
	for _, name := range changedFlags(cmd) {
		if name != "resume" && name != "quiet" {
			beside = name
		}
	}
	if beside != "" {
		return wrongUsage("--resume takes its settings from the checkpoint: --%s cannot stand beside it", beside)
	}
	dir, quiet := o.resume, o.quiet
	path := filepath.Join(dir, checkpointName)
	text, err := train.Settings(path)
	if err != nil {
		return err
	}
	*o = trainOptions{out: dir, quiet: quiet}
	if err := json.Unmarshal(text, &o.settings); err != nil {
		return fmt.Errorf("%s: settings: %w", path, err)
	}
	if err := o.check(true); err != nil {
		return fmt.Errorf("%s: settings: %v", path, err)
	}
	r, err := newRun(o)
	if err != nil {
		return err
	}
	if err := r.trainer.Resume(path); err != nil {
		return err
	}
	if r.trainer.Done() {
		if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
			fmt.Fprintf(os.Stdout, "%s is finished: %d epochs\n", dir, len(r.trainer.History().Epochs))
			return nil
		}
	}
	clearHalfWritten(dir)
	return r.fit(cmd.Context())
}

// check refuses settings that make no sense and fills the default rate.
func (o *trainOptions) check(rateGiven bool) error {
	rule, err := optim.ParseRule(o.Optimizer, o.WeightDecay)
	if err != nil {
		return usageError{fmt.Errorf("--optimizer: %w", err)}
	}
	if !rateGiven {
		o.Rate = rule.DefaultRate()
		if strings.HasPrefix(o.Schedule, "one-cycle") {
			o.Rate *= 3
		}
	}
	for _, f := range []struct {
		name  string
		value float64
		ok    bool
		want  string
	}{
		{"epochs", float64(o.Epochs), o.Epochs >= 1, "at least 1"},
		{"batch", float64(o.Batch), o.Batch >= 1 && o.Batch <= 1<<16, "1 to 65536"},
		{"lr", o.Rate, o.Rate > 0 && o.Rate <= math.MaxFloat32, "a positive number"},
		{"warmup", float64(o.Warmup), o.Warmup >= 0, "0 or more"},
		{"weight-decay", o.WeightDecay, o.WeightDecay >= 0 && o.WeightDecay <= math.MaxFloat32, "0 or a positive number"},
		{"label-smoothing", o.LabelSmoothing, o.LabelSmoothing >= 0 && o.LabelSmoothing < 1, "0 or more and less than 1"},
		{"clip", o.Clip, o.Clip >= 0 && o.Clip <= math.MaxFloat64, "0 or a positive number"},
		{"shards", float64(o.Shards), o.Shards >= 1 && o.Shards <= 1024, "1 to 1024"},
		{"limit", float64(o.Limit), o.Limit >= 0, "0 or more"},
		{"validation", float64(o.Validation), o.Validation >= 0, "0 or more"},
		{"patience", float64(o.Patience), o.Patience >= 0, "0 or more"},
	} {
		if !f.ok {
			return wrongUsage("--%s is %g, wanted %s", f.name, f.value, f.want)
		}
	}
	if o.Patience > 0 && o.Validation == 0 {
		return wrongUsage("--patience needs --validation")
	}
	if _, err := datasets.ParseAugmentation(o.Augment); err != nil {
		return usageError{fmt.Errorf("--augment: %w", err)}
	}
	if _, err := optim.ParseSchedule(o.Schedule, o.Rate, 1); err != nil {
		return usageError{fmt.Errorf("--schedule: %w", err)}
	}
	return nil
}

// runState is a run with its data, trainer and places.
type runState struct {
	*trainOptions
	train, test *datasets.Dataset
	trainer     *train.Trainer
	firstParams *nn.Tensor // the first layer's filters before training
}

func newRun(o *trainOptions) (*runState, error) {
	r := &runState{trainOptions: o}
	var err error
	if r.train, r.test, err = loadData(o.Data); err != nil {
		return nil, err
	}
	classes := len(r.train.Classes)
	if o.Limit > 0 {
		if o.Limit > r.train.Len() {
			return nil, wrongUsage("--limit is %d, the training set has %d images", o.Limit, r.train.Len())
		}
		r.train = r.train.Limit(o.Limit)
	}
	var held *datasets.Dataset
	if o.Validation > 0 {
		if o.Validation >= r.train.Len() {
			return nil, wrongUsage("--validation is %d, the training set has %d images", o.Validation, r.train.Len())
		}
		if r.train, held, err = r.train.Split(o.Validation, o.Seed); err != nil {
			return nil, err
		}
	}
	net, err := o.network(r.train.Shape, classes)
	if err != nil {
		return nil, err
	}
	if net.Input() != r.train.Shape {
		return nil, fmt.Errorf("network %s takes images of %v, the data have %v", o.Net, net.Input(), r.train.Shape)
	}
	if n := net.Output().Size(); n != classes {
		return nil, fmt.Errorf("network %s gives %d outputs, the data have %d classes", o.Net, n, classes)
	}
	augment, err := datasets.ParseAugmentation(o.Augment)
	if err != nil {
		return nil, err
	}
	if err := augment.Check(r.train.Shape); err != nil {
		return nil, usageError{fmt.Errorf("--augment: %w", err)}
	}
	loader := &datasets.Loader{Data: r.train, BatchSize: o.Batch, Seed: o.Seed, Augment: augment}
	rule, err := optim.ParseRule(o.Optimizer, o.WeightDecay)
	if err != nil {
		return nil, err
	}
	steps := o.Epochs * loader.Batches()
	if o.Warmup >= steps {
		return nil, wrongUsage("--warmup is %d, the run has %d steps", o.Warmup, steps)
	}
	schedule, err := optim.ParseSchedule(o.Schedule, o.Rate, steps-o.Warmup)
	if err != nil {
		return nil, err
	}
	if o.Warmup > 0 {
		schedule = optim.Warmup{Steps: o.Warmup, After: schedule, Start: 1 / float64(o.Warmup+1)}
	}
	text, err := json.Marshal(o.settings)
	if err != nil {
		return nil, err
	}
	r.trainer = &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{Smoothing: o.LabelSmoothing}, Loader: loader,
		Rule: rule, Schedule: schedule, Epochs: o.Epochs, Clip: o.Clip, Seed: o.Seed, Shards: o.Shards,
		Test: r.test, Validation: held, Patience: o.Patience, KeepBest: held != nil,
		Checkpoint: filepath.Join(o.out, checkpointName), Settings: text,
	}
	r.firstParams = firstFilters(net)
	return r, nil
}

func (o *trainOptions) network(shape nn.Shape, classes int) (*nn.Sequential, error) {
	if o.Architecture == nil {
		return buildNetwork(o.Net, shape, classes, o.Seed)
	}
	in, specs, err := nn.ParseArchitecture(o.Architecture, layers.Catalog())
	if err != nil {
		return nil, err
	}
	net, err := nn.NewSequential(in, newRand(o.Seed), specs...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Net, err)
	}
	return net, nil
}

// firstFilters is a copy of the first weight, nil if there is none.
func firstFilters(net *nn.Sequential) *nn.Tensor {
	for _, p := range net.Params() {
		if p.Name == "weight" {
			c := nn.NewTensor(p.Value.N, p.Value.Shape)
			copy(c.Data, p.Value.Data)
			return c
		}
	}
	return nil
}

// fit trains and writes what the run leaves.
func (r *runState) fit(parent context.Context) error {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C quits
	r.trainer.Observers = append(r.trainer.Observers, r.progress(), train.ObserverFunc(r.saveEpoch))
	_, err := r.trainer.Fit(ctx)
	if errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "interrupted after step %d; resume with: tatami train --resume %s\n", len(r.trainer.History().Steps), r.out)
		return err
	}
	if err != nil {
		return err
	}
	return r.finish()
}
