package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/run"
	"tatami/internal/suggest"
	"tatami/internal/sweep"
	"tatami/internal/words"
)

// taskVariables hold the number of a task of an array: those of Slurm and of
// Kubernetes.
var taskVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}

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
	for _, name := range taskVariables {
		value := os.Getenv(name)
		if o.oneTask || value == "" {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%s is %q, wanted a whole number", name, value)
		}
		o.task, o.oneTask, from = n, true, name
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
		return o.print(s)
	}
	saveMemory()
	ctx, stop := run.UntilSignal(parent)
	defer stop()
	for i := range s.Runs {
		s.Runs[i].Workers = max(1, runtime.GOMAXPROCS(0)/o.parallel)
	}
	if o.oneTask {
		err = o.one(ctx, s)
	} else {
		err = o.all(ctx, s)
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

// print writes the runs as commands, and the stages of a halving.
func (o *sweepOptions) print(s *sweep.Sweep) error {
	var b strings.Builder
	for i := range s.Runs {
		if !o.oneTask || o.rung > 0 || i == o.task {
			fmt.Fprintln(&b, s.Command(i))
		}
	}
	if s.Halving != nil {
		for k := range s.Rungs() {
			fmt.Fprintln(&b, s.RungText(k, o.language))
		}
	}
	_, err := fmt.Print(b.String())
	return err
}

// one does one run.
func (o *sweepOptions) one(ctx context.Context, s *sweep.Sweep) error {
	runs, err := s.Rung(o.rung)
	if err != nil {
		return err
	}
	if o.task >= len(runs) { // so many have diverged
		fmt.Println(words.Text{EN: "nothing to do: %d runs are left", JA: "することはありません。残っている実行は %d 件です"}.In(o.language, len(runs)))
		return nil
	}
	i := runs[o.task]
	end, err := s.Do(ctx, i, o.rung)
	if err != nil {
		return err
	}
	fmt.Println(s.EndText(i, end, o.language))
	return nil
}

// all does all runs, stage by stage.
func (o *sweepOptions) all(ctx context.Context, s *sweep.Sweep) error {
	var turn sync.Mutex // of those who print
	say := func(line string) {
		turn.Lock()
		defer turn.Unlock()
		fmt.Println(line)
	}
	for k := range s.Rungs() {
		if s.Halving != nil {
			say(s.RungText(k, o.language))
		}
		err := s.All(ctx, k, o.parallel, func(i int, end *sweep.End) { say(s.EndText(i, end, o.language)) })
		if err != nil {
			return err
		}
	}
	picture := filepath.Join(s.Dir, "compare.png")
	say(words.Text{EN: "next: tatami compare %s --picture %s", JA: "次に：tatami compare %s --picture %s"}.In(o.language, run.ShellWord(s.Dir), run.ShellWord(picture)))
	return nil
}
