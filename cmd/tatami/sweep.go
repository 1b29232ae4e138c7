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
		Use: "sweep FILE",
		Short: words.Text{
			EN: "Train with many settings: a grid, random draws or a list",
			JA: "いろいろな設定で学習する（グリッド、ランダム、一覧）",
		}.In(l),
		Long: words.Text{
			EN: `Train once for each of many settings. FILE is JSON: "train" has flags of train
for all runs, and one of these what differs:

  "grid":   {"lr": [0.001, 0.003], "optimizer": ["adam", "sgd"]}
  "random": {"lr": {"from": 1e-4, "to": 0.1, "log": true}}, with "draws": 20
  "list":   [{"lr": 0.001}, {"lr": 0.1, "optimizer": "sgd"}]

With "halving": {"first": 1, "factor": 3} all runs are trained for 1 epoch, the
best third on the validation set goes on to 3, and so on; each is planned for
all its epochs, so that schedules hold.

Run I is left in the folder I of --out. The same command goes on where it was
interrupted, and does nothing twice. --task I does one run alone, and so does
SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX; a halving takes an array a rung.`,
			JA: `設定を変えながら何度も学習します。FILE は JSON です。"train" にはすべての実行に共通のフラグを、次のどれか 1 つには変えるフラグを書きます。

  "grid":   {"lr": [0.001, 0.003], "optimizer": ["adam", "sgd"]}

  "random": {"lr": {"from": 1e-4, "to": 0.1, "log": true}}、"draws": 20

  "list":   [{"lr": 0.001}, {"lr": 0.1, "optimizer": "sgd"}]

"halving": {"first": 1, "factor": 3} と書くと、まず全部を 1 エポック学習し、検証データでよかった 3 分の 1 だけを 3 エポックまで続け、さらに同じように絞ります。どの実行も最後のエポックまでの計画で始めるので、学習率のスケジュールは変わりません。

実行 I の結果は --out の下のフォルダー I に残ります。中断しても、同じコマンドで続きから実行でき、済んだものはやり直しません。--task I では 1 つだけを実行します。環境変数 SLURM_ARRAY_TASK_ID や JOB_COMPLETION_INDEX でも同じです。halving では、段階（rung）ごとに 1 つのアレイを使います。`,
		}.In(l),
		Example: `  tatami sweep rates.json --dry-run
  tatami sweep rates.json --parallel 2
  tatami compare runs/rates --picture rates.png`,
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
	f.StringVar(&o.out, "out", "", words.Text{EN: "folder of the runs' folders (default: runs/<FILE's name>)", JA: "実行ごとのフォルダーを置くフォルダー（既定：runs/<FILE の名前>）"}.In(l))
	f.IntVar(&o.task, "task", 0, words.Text{
		EN: "do this run alone, counted from 0, or in a halving this one of --rung (default: all of them here)",
		JA: "この番号（0 から数える）の実行だけを行う。halving では --rung の中の番号（既定：すべてをここで行う）",
	}.In(l))
	f.IntVar(&o.rung, "rung", 0, words.Text{EN: "stage of a halving that --task is of, counted from 0", JA: "--task がどの段階（rung）のものか。0 から数える"}.In(l))
	f.IntVar(&o.parallel, "parallel", 1, words.Text{EN: "runs at once; they share the processors", JA: "同時に行う実行の数。プロセッサーは分け合う"}.In(l))
	f.BoolVar(&o.dryRun, "dry-run", false, words.Text{EN: "print the runs as commands and do nothing", JA: "実行をコマンドの形で表示するだけで、何もしない"}.In(l))
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
