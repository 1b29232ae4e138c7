package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/web"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
	"tatami/train/doctor"
)

// trainOptions are those that only say where and how.
type trainOptions struct {
	settings
	out, resume      string
	overwrite, quiet bool
	tensorboard      bool
	advice           []doctor.Advice // that the run was given so far
	web              string          // address of the live page; empty: none
	film             bool
}

func newTrain() *cobra.Command {
	o := trainOptions{}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a network and leave the model, its curves and its filters",
		Long: `Train a network, by default the book's SimpleConvNet on MNIST, and leave in
--out: model.safetensors, checkpoint, history.csv, steps.csv, run.json, the
pictures loss, accuracy, filters, confusion and mistakes (PNG), and index.html,
a page of it all. A doctor watches the run and says on stderr what seems wrong
with it, and where to read on.

The networks fast and best come with settings of their own, for the shortest
time to 99 % and for the highest accuracy in two minutes; flags go before them.

Ctrl-C ends the step, writes the checkpoint and says how to resume.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.shapeFlags(cmd.Flags())
	f := cmd.Flags()
	f.IntVar(&o.Epochs, "epochs", 5, "passes over the training set")
	f.Float64Var(&o.Rate, "lr", 0, "learning rate (default: the optimizer's own; under one-cycle three times that, at the peak)")
	f.StringVar(&o.Schedule, "schedule", "one-cycle", "constant, step, exponential, cosine or one-cycle, parameters after a colon: step:every=600,factor=0.5")
	f.IntVar(&o.Warmup, "warmup", 0, "steps of linear warm-up before the schedule")
	f.IntVar(&o.Validation, "validation", 0, "training images held out; the model is then the best on them")
	f.IntVar(&o.Patience, "patience", 0, "end after so many epochs without a lower validation loss (0: never)")
	f.StringVar(&o.out, "out", "", "folder of the run (default: runs/<net>-<time>)")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace a run that is in --out")
	f.StringVar(&o.resume, "resume", "", "continue the run in this folder, with its settings")
	f.BoolVar(&o.tensorboard, "tensorboard", false, "write event files for TensorBoard in --out: losses, accuracies, rate, filters, confusion")
	f.StringVar(&o.web, "web", "", "address HOST:PORT of a page that shows the run as it goes on; without a host, this machine alone")
	f.BoolVar(&o.film, "film", false, "leave films of the filters and of the last layer's map too (GIF)")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but the last line")
	return cmd
}

// shapeFlags are the flags that say what is trained on what, and how.
func (o *trainOptions) shapeFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Net, "net", "simple", "network: "+networkNames())
	f.StringVar(&o.Data, "data", "", "folder in the IDX layout (default: MNIST)")
	f.IntVar(&o.Batch, "batch", 100, "images a batch")
	f.StringVar(&o.Optimizer, "optimizer", "adam", strings.Join(optim.RuleNames(), ", ")+"; parameters after a colon: adam:beta1=0.7,beta2=0.9")
	f.Float64Var(&o.WeightDecay, "weight-decay", 0, "weight decay λ")
	f.StringVar(&o.Augment, "augment", "shift", "none, or a list of shift (pixels), rotate (degrees), scale (fraction), elastic and sigma (pixels), strength after a colon: shift:2,rotate:10")
	f.Float64Var(&o.LabelSmoothing, "label-smoothing", 0, "share of the target spread over all classes")
	f.Float64Var(&o.Clip, "clip", 0, "bound of the gradient's norm (0: none)")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of all that is random")
	f.IntVar(&o.Shards, "shards", train.DefaultShards, "parts of a batch; results depend on it, not on the processors")
	f.IntVar(&o.Limit, "limit", 0, "use only the first images of the training set (0: all)")
}

func (o *trainOptions) run(cmd *cobra.Command) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20) // most of the heap is images, which stay; the steps allocate nothing
	}
	if o.web != "" {
		if err := web.CheckAddr(o.web); err != nil {
			return usageError{fmt.Errorf("--web: %w", err)}
		}
	}
	if cmd.Flags().Changed("resume") {
		if o.resume == "" {
			return wrongUsage("--resume names no folder")
		}
		return o.continueRun(cmd)
	}
	if err := follow(recipe(o.Net), cmd); err != nil {
		return err
	}
	if err := o.check(cmd.Flags().Changed("lr")); err != nil {
		return err
	}
	if o.Data != "" { // wherever it will be resumed from
		var err error
		if o.Data, err = filepath.Abs(o.Data); err != nil {
			return err
		}
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
	if o.out == "" {
		name := strings.TrimSuffix(filepath.Base(o.Net), ".json")
		o.out, err = newFolder("runs", name+"-"+time.Now().Format("20060102-150405"))
	} else {
		err = prepareFolder(o.out, o.overwrite)
	}
	if err != nil {
		return err
	}
	return r.fit(cmd.Context())
}

func (o *trainOptions) continueRun(cmd *cobra.Command) error {
	var beside string
	for _, name := range changedFlags(cmd) {
		switch name {
		case "resume", "quiet", "web", "film":
		default:
			beside = name
		}
	}
	if beside != "" {
		return wrongUsage("--resume takes its settings from the checkpoint: --%s cannot stand beside it", beside)
	}
	dir, quiet, address, film := o.resume, o.quiet, o.web, o.film
	path := filepath.Join(dir, checkpointName)
	text, err := train.Settings(path)
	if err != nil {
		return err
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return fmt.Errorf("%s: settings: %w", path, err)
	}
	*o = trainOptions{
		settings: k.settings, out: dir, quiet: quiet, tensorboard: k.TensorBoard, web: address, film: film || k.Film, advice: k.Advice,
	}
	err = o.check(true)
	var r *runState
	if err == nil {
		r, err = newRun(o)
	}
	if usage, ok := errors.AsType[usageError](err); ok { // not of this command line
		return fmt.Errorf("%s: settings: %w", path, usage.error)
	}
	if err != nil {
		return err
	}
	if err := r.trainer.Resume(path); err != nil {
		return err
	}
	if r.trainer.Done() && r.hasResult() {
		fmt.Fprintf(os.Stdout, "%s is finished, after epoch %d\n", dir, len(r.trainer.History().Epochs))
		return nil
	}
	clearHalfWritten(dir)
	if r.filmed != nil {
		if err := r.filmed.load(r.path(framesName), len(r.trainer.History().Steps)); err != nil {
			return err
		}
	}
	return r.fit(cmd.Context())
}

func changedFlags(cmd *cobra.Command) (names []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
