package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/datasets"
	"tatami/internal/run"
	"tatami/internal/web"
	"tatami/internal/words"
	"tatami/train"
)

// trainOptions are the flags of train.
type trainOptions struct {
	run.Options
	out, resume string
	overwrite   bool
	mpi         bool
}

func newTrain(l words.Language) *cobra.Command {
	cmd, _ := trainCommand(l)
	return cmd
}

// trainCommand is train and what its flags set.
func trainCommand(l words.Language) (*cobra.Command, *trainOptions) {
	o := &trainOptions{Options: run.Options{Language: l}}
	cmd := &cobra.Command{
		Use:  "train",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	shapeFlags(cmd.Flags(), &o.Settings)
	f := cmd.Flags()
	f.Var(&o.Memory, "memory", "")
	f.IntVar(&o.Epochs, "epochs", 5, "")
	f.Float64Var(&o.Rate, "lr", 0, "")
	f.StringVar(&o.Schedule, "schedule", "one-cycle", "")
	f.IntVar(&o.Warmup, "warmup", 0, "")
	f.IntVar(&o.Validation, "validation", 0, "")
	f.IntVar(&o.Patience, "patience", 0, "")
	f.Float64Var(&o.Average, "average", 0, "")
	f.StringVar(&o.From, "from", "", "")
	f.IntVar(&o.Freeze, "freeze", 0, "")
	f.IntVar(&o.ScheduleEpochs, "schedule-epochs", 0, "")
	f.StringVar(&o.out, "out", "", "")
	f.BoolVar(&o.overwrite, "overwrite", false, "")
	f.StringVar(&o.resume, "resume", "", "")
	f.TextVar(&o.CheckpointEvery, "checkpoint-every", train.Interval{}, "")
	f.BoolVar(&o.TensorBoard, "tensorboard", false, "")
	f.StringVar(&o.Web, "web", "", "")
	f.StringArrayVar(&o.Origins, "origin", nil, "")
	f.BoolVar(&o.Film, "film", false, "")
	f.BoolVar(&o.mpi, "mpi", false, "")
	f.BoolVar(&o.Quiet, "quiet", false, "")
	return cmd, o
}

// shapeFlags are the flags that say what is trained on what, and how.
func shapeFlags(f *pflag.FlagSet, s *run.Settings) {
	f.StringVar(&s.Net, "net", "simple", "")
	f.StringVar(&s.Data, "data", "", "")
	pictureFlags(f, s)
	f.BoolVar(&s.Standardize, "standardize", false, "")
	f.BoolVar(&s.Whiten, "whiten", false, "")
	f.IntVar(&s.Batch, "batch", 100, "")
	f.StringVar(&s.Optimizer, "optimizer", "adam", "")
	f.Float64Var(&s.WeightDecay, "weight-decay", 0, "")
	f.StringVar(&s.Augment, "augment", "shift", "")
	f.Float64Var(&s.LabelSmoothing, "label-smoothing", 0, "")
	f.StringVar(&s.ClassWeights, "class-weights", "", "")
	f.Float64Var(&s.Clip, "clip", 0, "")
	f.Uint64Var(&s.Seed, "seed", 1, "")
	f.IntVar(&s.Shards, "shards", train.DefaultShards, "")
	f.IntVar(&s.Limit, "limit", 0, "")
}

// pictureFlags are the flags that say how pictures are read.
func pictureFlags(f *pflag.FlagSet, s *run.Settings) {
	f.StringVar(&s.Size, "size", "", "")
	f.StringVar(&s.Fit, "fit", "", "")
	f.StringVar(&s.Color, "color", "", "")
	f.Float64Var(&s.TestShare, "test-share", 0, "")
	f.BoolVar(&s.SkipBroken, "skip-broken", false, "")
}

func (o *trainOptions) run(cmd *cobra.Command) error {
	saveMemory()
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
	job, err := o.startRanks(cmd)
	if err != nil {
		return err
	}
	if job == nil {
		return o.fit(cmd, cmd.Context())
	}
	defer job.Close()
	return quietly(job, o.fit(cmd, job.Context(cmd.Context())))
}

// fit makes or continues a run.
func (o *trainOptions) fit(cmd *cobra.Command, ctx context.Context) error {
	if cmd.Flags().Changed("resume") {
		return o.continueRun(cmd, ctx)
	}
	if err := o.settle(cmd); err != nil {
		return err
	}
	r, err := run.New(o.Options)
	if err := o.Agree(err); err != nil {
		return err
	}
	folder, err := o.SharedFolder(o.folder)
	if err != nil {
		return err
	}
	defer folder.Release()
	return o.watched(folder, func() error { return r.Fit(ctx, folder) })
}

// saveMemory collects garbage early: most of the heap is images, which stay, and
// the steps allocate nothing.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(3)
	}
}

// settle checks the settings of a new run and fills in what no flag gave.
func (o *trainOptions) settle(cmd *cobra.Command) error {
	if cmd.Flags().Changed("from") {
		switch {
		case o.From == "":
			return wrongUsage("--from names no model")
		case cmd.Flags().Changed("net"):
			return wrongUsage("--from brings its network: --net cannot stand beside it")
		}
	} else {
		usualNet(cmd, &o.Settings)
		if err := follow(run.Recipe(o.Net), cmd); err != nil {
			return err
		}
	}
	return o.Check(cmd.Flags().Changed("lr"))
}

func (o *trainOptions) folder() (*run.Folder, error) {
	if o.out != "" {
		return run.MakeFolder(o.out, o.overwrite)
	}
	name := strings.TrimSuffix(filepath.Base(o.Net), ".json")
	if o.From != "" {
		name = "transfer"
	}
	return run.NewFolder("runs", name+"-"+time.Now().Format("20060102-150405"))
}

func (o *trainOptions) continueRun(cmd *cobra.Command, ctx context.Context) error {
	if o.resume == "" {
		return wrongUsage("--resume names no folder")
	}
	var beside string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "resume", "lang", "quiet", "memory", "web", "origin", "film", "checkpoint-every", "epochs", "patience", "mpi":
		default:
			beside = f.Name
		}
	})
	if beside != "" {
		return wrongUsage("--resume takes its settings from the checkpoint: --%s cannot stand beside it", beside)
	}
	folder, err := o.SharedFolder(func() (*run.Folder, error) { return run.OpenFolder(o.resume) })
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
	if err := o.Agree(err); err != nil {
		return err
	}
	return o.watched(folder, func() error { return r.Fit(ctx, folder) })
}

// usualNet takes the network for folders of pictures where the data are one and
// no network is named.
func usualNet(cmd *cobra.Command, s *run.Settings) {
	if s.Data == "" || cmd.Flags().Changed("net") {
		return
	}
	if kind, err := datasets.KindOf(s.Data); err == nil && kind == datasets.KindPictures {
		s.Net = "small"
	}
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
