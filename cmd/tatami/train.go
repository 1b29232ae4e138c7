package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/run"
	"tatami/internal/web"
	"tatami/optim"
	"tatami/train"
)

// trainOptions are the flags of train.
type trainOptions struct {
	run.Options
	out, resume string
	overwrite   bool
}

func newTrain() *cobra.Command {
	var o trainOptions
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

Ctrl-C ends the step, writes the checkpoint and says how to resume; so does a
terminal that closes.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	shapeFlags(cmd.Flags(), &o.Settings)
	f := cmd.Flags()
	f.IntVar(&o.Epochs, "epochs", 5, "passes over the training set")
	f.Float64Var(&o.Rate, "lr", 0, "learning rate (default: the optimizer's own; under one-cycle three times that, at the peak)")
	f.StringVar(&o.Schedule, "schedule", "one-cycle", "constant, step, exponential, cosine or one-cycle, parameters after a colon: step:every=600,factor=0.5")
	f.IntVar(&o.Warmup, "warmup", 0, "steps of linear warm-up before the schedule")
	f.IntVar(&o.Validation, "validation", 0, "training images held out; the model is then the best on them")
	f.IntVar(&o.Patience, "patience", 0, "end after so many epochs without a lower validation loss (0: never)")
	f.StringVar(&o.out, "out", "", "folder of the run (default: runs/<net>-<time>)")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace a run that is in --out")
	f.StringVar(&o.resume, "resume", "", "continue the run in this folder, with its settings; with --epochs or --patience raised, also one that is finished")
	f.TextVar(&o.CheckpointEvery, "checkpoint-every", train.Interval{}, "write the checkpoint within an epoch too, after an `interval` of updates (500) or time (10m); 0: never")
	f.BoolVar(&o.TensorBoard, "tensorboard", false, "write event files for TensorBoard in --out: losses, accuracies, rate, filters, confusion")
	f.StringVar(&o.Web, "web", "", "address HOST:PORT of a page that shows the run as it goes on; without a host, this machine alone")
	f.StringArrayVar(&o.Origins, "origin", nil, "address by which browsers reach a proxy in front of --web, as in https://run.example; may be repeated")
	f.BoolVar(&o.Film, "film", false, "leave films of the filters and of the last layer's map too (GIF)")
	f.BoolVar(&o.Quiet, "quiet", false, "print nothing but the last line")
	return cmd
}

// shapeFlags are the flags that say what is trained on what, and how.
func shapeFlags(f *pflag.FlagSet, s *run.Settings) {
	f.StringVar(&s.Net, "net", "simple", "network: "+run.NetworkNames())
	f.StringVar(&s.Data, "data", "", "folder in the IDX layout (default: MNIST)")
	f.IntVar(&s.Batch, "batch", 100, "images a batch")
	f.StringVar(&s.Optimizer, "optimizer", "adam", strings.Join(optim.RuleNames(), ", ")+"; parameters after a colon: adam:beta1=0.7,beta2=0.9")
	f.Float64Var(&s.WeightDecay, "weight-decay", 0, "weight decay λ")
	f.StringVar(&s.Augment, "augment", "shift", "none, or a list of shift (pixels), rotate (degrees), scale (fraction), elastic and sigma (pixels), strength after a colon: shift:2,rotate:10")
	f.Float64Var(&s.LabelSmoothing, "label-smoothing", 0, "share of the target spread over all classes")
	f.Float64Var(&s.Clip, "clip", 0, "bound of the gradient's norm (0: none)")
	f.Uint64Var(&s.Seed, "seed", 1, "seed of all that is random")
	f.IntVar(&s.Shards, "shards", train.DefaultShards, "parts of a batch; results depend on it, not on the processors")
	f.IntVar(&s.Limit, "limit", 0, "use only the first images of the training set (0: all)")
}

func (o *trainOptions) run(cmd *cobra.Command) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20) // most of the heap is images, which stay; the steps allocate nothing
	}
	if o.Web != "" {
		if err := web.CheckAddr(o.Web); err != nil {
			return usageError{fmt.Errorf("--web: %w", err)}
		}
	}
	if err := checkOrigins(o.Origins); err != nil {
		return err
	}
	if len(o.Origins) > 0 && o.Web == "" {
		return wrongUsage("--origin needs --web")
	}
	if cmd.Flags().Changed("resume") {
		return o.continueRun(cmd)
	}
	if err := follow(run.Recipe(o.Net), cmd); err != nil {
		return err
	}
	if err := o.Check(cmd.Flags().Changed("lr")); err != nil {
		return err
	}
	r, err := run.New(o.Options)
	if err != nil {
		return err
	}
	folder, err := o.folder()
	if err != nil {
		return err
	}
	defer folder.Release()
	return r.Fit(cmd.Context(), folder)
}

func (o *trainOptions) folder() (*run.Folder, error) {
	if o.out != "" {
		return run.MakeFolder(o.out, o.overwrite)
	}
	name := strings.TrimSuffix(filepath.Base(o.Net), ".json")
	return run.NewFolder("runs", name+"-"+time.Now().Format("20060102-150405"))
}

func (o *trainOptions) continueRun(cmd *cobra.Command) error {
	if o.resume == "" {
		return wrongUsage("--resume names no folder")
	}
	var beside string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "resume", "quiet", "web", "origin", "film", "checkpoint-every", "epochs", "patience":
		default:
			beside = f.Name
		}
	})
	if beside != "" {
		return wrongUsage("--resume takes its settings from the checkpoint: --%s cannot stand beside it", beside)
	}
	folder, err := run.OpenFolder(o.resume)
	if err != nil {
		return err
	}
	defer folder.Release()
	for flag, value := range map[string]*int{"epochs": &o.Epochs, "patience": &o.Patience} {
		if !cmd.Flags().Changed(flag) {
			*value = 0
		} else if *value < 1 {
			return wrongUsage("--%s is %d, wanted 1 or more beside --resume", flag, *value)
		}
	}
	r, err := run.Resume(folder, o.Options)
	if err != nil {
		return err
	}
	return r.Fit(cmd.Context(), folder)
}

// follow sets the flags that the command has and that were not given, as the
// network's recipe says. A rate of its own is meant for its own optimizer.
func follow(recipe map[string]string, cmd *cobra.Command) error {
	flags := cmd.Flags()
	own := flags.Changed("optimizer")
	for name, value := range recipe {
		if flags.Lookup(name) == nil || flags.Changed(name) || name == "lr" && own {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}
