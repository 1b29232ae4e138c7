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

	"tatami/internal/rank"
	"tatami/internal/run"
	"tatami/internal/suggest"
	"tatami/internal/sweep"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
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

// plan checks all runs of the file; settings are what each of them differs in,
// after those that all have.
func (o *sweepOptions) plan() (s *sweep.Sweep, common []sweep.Setting, settings [][]sweep.Setting, err error) {
	f, err := sweep.Read(o.file)
	if err != nil {
		return nil, nil, nil, err
	}
	flags := newTrain(o.language).Flags()
	settings = f.Runs(func(flag string) bool {
		known := flags.Lookup(flag)
		return known != nil && (known.Value.Type() == "int" || known.Value.Type() == "uint64")
	})
	s, common = &sweep.Sweep{Dir: o.out, Halving: f.Halving}, f.Common()
	for i, differ := range settings {
		r, err := o.planRun(append(slices.Clone(common), differ...))
		if err != nil { // the file's, not the command line's
			return nil, nil, nil, fmt.Errorf("%s: run %d: %s", o.file, i, err)
		}
		s.Runs = append(s.Runs, r)
	}
	if err := s.Check(); err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", o.file, err)
	}
	return s, common, settings, nil
}

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
	s, common, settings, err := o.plan()
	if err != nil {
		return err
	}
	if err := o.checkTask(s); err != nil {
		return err
	}
	if o.dryRun {
		return o.print(s, common, settings)
	}
	saveMemory()
	ctx, stop := run.UntilSignal(parent)
	defer stop()
	for i := range s.Runs {
		s.Runs[i].Workers = max(1, runtime.GOMAXPROCS(0)/o.parallel)
	}
	if o.oneTask {
		err = o.one(ctx, s, settings)
	} else {
		err = o.all(ctx, s, settings)
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
func (o *sweepOptions) print(s *sweep.Sweep, common []sweep.Setting, settings [][]sweep.Setting) error {
	var b strings.Builder
	for i, differ := range settings {
		if o.oneTask && o.rung == 0 && i != o.task {
			continue
		}
		b.WriteString("tatami train")
		for _, set := range append(slices.Clone(common), differ...) {
			fmt.Fprintf(&b, " %s", run.ShellWord("--"+set.Flag+"="+string(set.Value)))
		}
		fmt.Fprintf(&b, " --out %s\n", run.ShellWord(s.Folder(i)))
	}
	if s.Halving != nil {
		for k, r := range s.Rungs() {
			b.WriteString(words.Text{EN: "rung %d: %d runs, up to epoch %d\n", JA: "段階 %d：実行 %d 件、エポック %d まで\n"}.In(o.language, k, r.Runs, r.Epochs))
		}
	}
	_, err := fmt.Print(b.String())
	return err
}

// one does one run.
func (o *sweepOptions) one(ctx context.Context, s *sweep.Sweep, settings [][]sweep.Setting) error {
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
	fmt.Println(o.said(s, i, settings[i], end))
	return nil
}

// all does all runs, stage by stage.
func (o *sweepOptions) all(ctx context.Context, s *sweep.Sweep, settings [][]sweep.Setting) error {
	var turn sync.Mutex // of those who print
	say := func(line string) {
		turn.Lock()
		defer turn.Unlock()
		fmt.Println(line)
	}
	for k, rung := range s.Rungs() {
		if s.Halving != nil {
			say(words.Text{EN: "rung %d: %d runs, up to epoch %d", JA: "段階 %d：実行 %d 件、エポック %d まで"}.In(o.language, k, rung.Runs, rung.Epochs))
		}
		err := s.All(ctx, k, o.parallel, func(i int, end *sweep.End) { say(o.said(s, i, settings[i], end)) })
		if err != nil {
			return err
		}
	}
	picture := filepath.Join(s.Dir, "compare.png")
	say(words.Text{EN: "next: tatami compare %s --picture %s", JA: "次に：tatami compare %s --picture %s"}.In(o.language, run.ShellWord(s.Dir), run.ShellWord(picture)))
	return nil
}

// said is a line on how a run ended.
func (o *sweepOptions) said(s *sweep.Sweep, i int, settings []sweep.Setting, end *sweep.End) string {
	name := sweep.Name(i)
	for _, set := range settings {
		name += " " + set.Flag + "=" + string(set.Value)
	}
	if end.Diverged != "" {
		return words.Text{EN: "%s: diverged: %s", JA: "%s：発散しました：%s"}.In(o.language, name, errortext.In(errors.New(end.Diverged), o.language))
	}
	if end.Before {
		return words.Text{EN: "%s: done before", JA: "%s：実行済み"}.In(o.language, name)
	}
	r, err := run.Read(s.Folder(i))
	if err != nil {
		return words.Text{EN: "%s: done", JA: "%s：完了"}.In(o.language, name)
	}
	line := words.Text{EN: "%s: test accuracy %.2f%%", JA: "%s：テスト正解率 %.2f%%"}.In(o.language, name, 100*r.Result.TestAccuracy)
	if best, ok := rank.Best(r); ok {
		line += words.Text{EN: ", validation accuracy %.2f%%", JA: "、検証正解率 %.2f%%"}.In(o.language, 100*best)
	}
	return line + words.Text{EN: ", %.1f s", JA: "、%.1f 秒"}.In(o.language, r.Result.TrainSeconds)
}
