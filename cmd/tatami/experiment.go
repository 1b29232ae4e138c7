package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tatami/experiments"
	"tatami/experiments/lab"
	"tatami/internal/run"
	"tatami/internal/words"
)

func newExperiment(l words.Language) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "experiment",
		Args: func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExperimentList(l), newExperimentRun(l))
	return cmd
}

func newExperimentList(l words.Language) *cobra.Command {
	return &cobra.Command{
		Use: "list",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return wrongUsage("experiment list takes no arguments")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return lab.WriteList(os.Stdout, l, experiments.List())
		},
	}
}

// experimentOptions are the flags of experiment run.
type experimentOptions struct {
	lab.Runner
	chapter int
}

func newExperimentRun(l words.Language) *cobra.Command {
	o := experimentOptions{Runner: lab.Runner{Language: l}}
	cmd := &cobra.Command{
		Use: "run ID… | --chapter N | all",
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := o.choose(cmd, args)
			if err != nil {
				return usageError{err}
			}
			if o.Seeds < 1 || o.Seeds > 1000 {
				return wrongUsage("--seeds is %d, wanted 1 to 1000", o.Seeds)
			}
			return o.run(cmd.Context(), list, slices.Equal(args, []string{"all"}))
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.chapter, "chapter", 0, "")
	f.IntVar(&o.Seeds, "seeds", 1, "")
	f.StringVar(&o.Out, "out", filepath.Join("runs", "experiments"), "")
	f.BoolVar(&o.Fast, "fast", false, "")
	f.StringVar(&o.Weights, "weights", "", "")
	return cmd
}

func (o *experimentOptions) choose(cmd *cobra.Command, args []string) ([]lab.Experiment, error) {
	byChapter := cmd.Flags().Changed("chapter")
	switch {
	case byChapter && len(args) > 0:
		return nil, errors.New("--chapter and names of experiments cannot stand together")
	case byChapter:
		list := lab.OfChapter(experiments.List(), o.chapter)
		if o.chapter == 0 || len(list) == 0 {
			return nil, fmt.Errorf("--chapter is %d: no experiments (valid: %s)", o.chapter, lab.Chapters(experiments.List()))
		}
		return list, nil
	case len(args) == 0:
		return nil, errors.New(`experiment run needs names of experiments, --chapter N, or "all"`)
	case slices.Equal(args, []string{"all"}):
		return experiments.List(), nil
	case slices.Contains(args, "all"):
		return nil, errors.New(`"all" stands alone`)
	}
	return lab.Find(experiments.List(), args...)
}

// run runs the list; report asks for the reports of all.
func (o *experimentOptions) run(parent context.Context, list []lab.Experiment, report bool) error {
	ctx, stop := run.UntilSignal(parent)
	defer stop()
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil {
		width = 0
	}
	line := lab.NewStatusLine(os.Stderr, width, o.Language)
	o.Progress = line.Show
	o.Done = func(r *lab.Result, reused bool) {
		line.Clear()
		lab.WriteDone(os.Stdout, r, reused, o.Language)
	}
	results, err := o.Runner.Run(ctx, list)
	line.Clear()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, words.Text{
			EN: "interrupted; %d of %d are finished in %s; the same command goes on from there",
			JA: "中断しました。%[2]d 件中 %[1]d 件が %[3]s に完成しています。同じコマンドで続きから実行できます。",
		}.In(o.Language, len(results), len(list), o.Out))
		return err
	}
	if err != nil || !report {
		return err
	}
	written, err := o.WriteReports(results, time.Now())
	for _, path := range written {
		if err := say(path); err != nil {
			return err
		}
	}
	return err
}
