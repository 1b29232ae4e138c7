package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/run"
	"tatami/internal/suggest"
	"tatami/internal/sweep"
	"tatami/internal/words"
)

// ofOneRun are the flags of train that a sweep gives, or that are for one who
// watches a run.
var ofOneRun = strings.Fields("out overwrite resume web origin quiet lang help")

// sweepOptions are the flags of sweep.
type sweepOptions struct {
	language       words.Language
	file, out      string
	task, rung     int
	parallel       int
	dryRun         bool
	oneTask, ofOne bool // --task or its variable, --rung is given
}

func newSweep(l words.Language) *cobra.Command {
	o := sweepOptions{language: l}
	cmd := &cobra.Command{
		Use:  "sweep FILE",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			if err := o.check(cmd.Flags()); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "")
	f.IntVar(&o.task, "task", 0, "")
	f.IntVar(&o.rung, "rung", 0, "")
	f.IntVar(&o.parallel, "parallel", 1, "")
	f.BoolVar(&o.dryRun, "dry-run", false, "")
	return cmd
}

func (o *sweepOptions) check(flags *pflag.FlagSet) error {
	o.oneTask, o.ofOne = flags.Changed("task"), flags.Changed("rung")
	from := "--task"
	if !o.oneTask {
		name, n, err := sweep.TaskOf(os.Getenv)
		if err != nil {
			return err
		}
		if name != "" {
			o.task, o.oneTask, from = n, true, name
		}
	}
	switch {
	case o.parallel < 1 || o.parallel > 1024:
		return wrongUsage("--parallel is %d, wanted 1 to 1024", o.parallel)
	case o.oneTask && flags.Changed("parallel"):
		return wrongUsage("%s is one run: --parallel cannot stand beside it", from)
	case o.ofOne && !o.oneTask:
		return wrongUsage("--rung needs --task")
	}
	if o.out == "" {
		o.out = filepath.Join("runs", strings.TrimSuffix(filepath.Base(o.file), filepath.Ext(o.file)))
	}
	return nil
}

// isInt says which flags take whole numbers.
func isInt(flags *pflag.FlagSet) func(flag string) bool {
	return func(flag string) bool {
		known := flags.Lookup(flag)
		return known != nil && (known.Value.Type() == "int" || known.Value.Type() == "uint64")
	}
}

// planRun is a run of train with these flags.
func (o *sweepOptions) planRun(settings []sweep.Setting) (run.Options, error) {
	cmd, t := trainCommand(o.language)
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(ofOneRun, f.Name) {
			names = append(names, f.Name)
		}
	})
	var args []string
	for _, s := range settings {
		if !slices.Contains(names, s.Flag) {
			return t.Options, suggest.Unknown("flag of train", s.Flag, names)
		}
		args = append(args, "--"+s.Flag+"="+string(s.Value))
	}
	if err := cmd.ParseFlags(args); err != nil {
		return t.Options, unknownFlag(cmd, err)
	}
	if err := t.settle(cmd); err != nil {
		return t.Options, err
	}
	if t.From != "" {
		var err error
		if t.From, err = filepath.Abs(t.From); err != nil {
			return t.Options, err
		}
	}
	t.Quiet, t.Silent = true, true
	return t.Options, t.Resolve()
}

func (o *sweepOptions) run(parent context.Context) error {
	s, err := sweep.Plan(o.file, o.out, isInt(newTrain(o.language).Flags()), o.planRun)
	if err != nil {
		return err
	}
	if err := o.checkTask(s); err != nil {
		return err
	}
	if o.dryRun {
		task := -1
		if o.oneTask && o.rung == 0 {
			task = o.task
		}
		_, err := fmt.Print(s.Text(task, o.language))
		return err
	}
	saveMemory()
	ctx, stop := run.UntilSignal(parent)
	defer stop()
	for i := range s.Runs {
		s.Runs[i].Workers = max(1, runtime.GOMAXPROCS(0)/o.parallel)
	}
	say := func(line string) { fmt.Println(line) }
	if o.oneTask {
		err = s.Task(ctx, o.task, o.rung, say, o.language)
	} else {
		err = s.Run(ctx, o.parallel, say, o.language)
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, words.Text{EN: "interrupted; the same command goes on from there", JA: "中断しました。同じコマンドで続きから実行できます。"}.In(o.language))
	}
	if setting, ok := errors.AsType[run.SettingError](err); ok { // the file's
		return fmt.Errorf("%s: %s", o.file, setting)
	}
	return err
}

// checkTask asks for a task that the sweep has.
func (o *sweepOptions) checkTask(s *sweep.Sweep) error {
	rungs := s.Rungs()
	switch {
	case !o.oneTask:
		return nil
	case s.Halving != nil && !o.ofOne:
		return wrongUsage("the sweep is a halving of %d rungs: --rung says which one the task is of", len(rungs))
	case o.rung < 0 || o.rung >= len(rungs):
		return wrongUsage("--rung is %d, wanted 0 to %d", o.rung, len(rungs)-1)
	case o.task < 0 || o.task >= rungs[o.rung].Runs:
		return wrongUsage("task %d of %d runs, wanted 0 to %d", o.task, rungs[o.rung].Runs, rungs[o.rung].Runs-1)
	}
	return nil
}
