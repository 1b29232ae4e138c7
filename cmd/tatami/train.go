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
	"tatami/optim"
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
		Use: "train",
		Short: words.Text{
			EN: "Train a network and leave the model, its curves and its filters",
			JA: "ネットワークを学習し、モデル、学習曲線、フィルターを残す",
		}.In(l),
		Long: words.Text{
			EN: `Train a network, by default the book's SimpleConvNet on MNIST, and leave in
--out: model.safetensors, checkpoint, history.csv, steps.csv, run.json, the
pictures loss, accuracy, filters, confusion and mistakes (PNG), and index.html,
a page of it all. A doctor watches the run and says on stderr what seems wrong
with it, and where to read on.

The networks fast and best come with settings of their own, for the shortest
time to 99 % and for the highest accuracy in two minutes, and so do small, which
is taken for a folder of pictures, and cifar, for 50,000 of them; flags go before
them.

Ctrl-C ends the step, writes the checkpoint and says how to resume; so does a
terminal that closes.`,
			JA: `ネットワークを学習します。指定がなければ、MNIST で『ゼロから作る Deep Learning』の SimpleConvNet を学習します。--out のフォルダーには model.safetensors、checkpoint、history.csv、steps.csv、run.json、画像（loss、accuracy、filters、confusion、mistakes の PNG）と、すべてをまとめたページ index.html が残ります。学習中はドクターが様子を見ていて、おかしな点と、本のどこを読めばよいかを標準エラー出力に書きます。

ネットワーク fast と best には専用の設定があります。fast は最短時間で 99 % に達するため、best は 2 分間で最も高い正解率を得るためのものです。small（画像フォルダーの既定）と cifar（5 万枚の写真向け）にもあります。フラグで指定した値はこの設定より優先されます。

Ctrl-C を押すと、今のステップを終えてからチェックポイントを書き、再開のしかたを表示します。端末を閉じたときも同じです。`,
		}.In(l),
		Example: `  tatami train --out runs/first
  tatami train --net deep --epochs 3 --validation 5000 --augment shift:2,rotate
  tatami train --data photos --size 64
  tatami train --web :8080 --film
  tatami train --resume runs/first`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	shapeFlags(cmd.Flags(), &o.Settings, l)
	f := cmd.Flags()
	memoryFlag(f, &o.Memory, l)
	f.IntVar(&o.Epochs, "epochs", 5, words.Text{EN: "passes over the training set", JA: "エポック数。訓練データを何周するか"}.In(l))
	f.Float64Var(&o.Rate, "lr", 0, words.Text{
		EN: "learning rate (default: the optimizer's own; under one-cycle three times that, at the peak)",
		JA: "学習率（既定：最適化手法ごとの値。one-cycle ではその 3 倍を最大値とする）",
	}.In(l))
	f.StringVar(&o.Schedule, "schedule", "one-cycle", words.Text{
		EN: "constant, step, exponential, cosine or one-cycle, parameters after a colon: step:every=600,factor=0.5",
		JA: "学習率の変え方。constant、step、exponential、cosine、one-cycle のどれか。パラメーターはコロンの後に書く：step:every=600,factor=0.5",
	}.In(l))
	f.IntVar(&o.Warmup, "warmup", 0, words.Text{EN: "steps of linear warm-up before the schedule", JA: "スケジュールの前に、学習率を少しずつ上げるステップ数"}.In(l))
	f.IntVar(&o.Validation, "validation", 0, words.Text{
		EN: "training images held out; the model is then the best on them",
		JA: "検証用に取り分ける訓練画像の枚数。検証データで最もよかったエポックをモデルにする",
	}.In(l))
	f.IntVar(&o.Patience, "patience", 0, words.Text{
		EN: "end after so many epochs without a lower validation loss (0: never)",
		JA: "検証データの損失がこのエポック数だけ下がらなければ終える（0：終えない）",
	}.In(l))
	f.Float64Var(&o.Average, "average", 0, words.Text{
		EN: "average the weights over the updates, 0.999 over the last thousand or so; they are evaluated and kept (0: do not)",
		JA: "更新をまたいで重みの移動平均をとり、それを評価して残す。0.999 で最近の約千回（0：とらない）",
	}.In(l))
	f.StringVar(&o.From, "from", "", words.Text{
		EN: "`MODEL` whose network and weights to begin with; for other classes its last layer is drawn anew",
		JA: "学習済みの `MODEL` のネットワークと重みから始める。クラスが違えば最後の層を初期化し直す",
	}.In(l))
	f.IntVar(&o.Freeze, "freeze", 0, words.Text{EN: "first layers of --from that do not learn", JA: "--from の層のうち、学習させない最初の層の数"}.In(l))
	f.IntVar(&o.ScheduleEpochs, "schedule-epochs", 0, words.Text{
		EN: "epochs that the schedule is stretched over; after them its last rate stays (default: --epochs)",
		JA: "スケジュールの長さ（エポック）。その後は最後の学習率のまま（既定：--epochs）",
	}.In(l))
	f.StringVar(&o.out, "out", "", words.Text{EN: "folder of the run (default: runs/<net>-<time>)", JA: "結果を残すフォルダー（既定：runs/<net>-<time>）"}.In(l))
	f.BoolVar(&o.overwrite, "overwrite", false, words.Text{EN: "replace a run that is in --out", JA: "--out に前の実行があれば置き換える"}.In(l))
	f.StringVar(&o.resume, "resume", "", words.Text{EN: "continue the run in this folder, with its settings; --epochs and --patience may be others", JA: "このフォルダーの実行を、同じ設定で続ける。--epochs と --patience は変えられる"}.In(l))
	f.TextVar(&o.CheckpointEvery, "checkpoint-every", train.Interval{}, words.Text{
		EN: "write the checkpoint within an epoch too, after an `interval` of updates (500) or time (10m); 0: never",
		JA: "エポックの途中でも、`interval` ごとにチェックポイントを書く。更新の回数（500）か時間（10m）で指定する。0：書かない",
	}.In(l))
	f.BoolVar(&o.TensorBoard, "tensorboard", false, words.Text{
		EN: "write event files for TensorBoard in --out: losses, accuracies, rate, filters, confusion",
		JA: "TensorBoard 用のファイルを --out に書く（損失、正解率、学習率、フィルター、混同行列）",
	}.In(l))
	f.StringVar(&o.Web, "web", "", words.Text{
		EN: "address HOST:PORT of a page that shows the run as it goes on; without a host, this machine alone",
		JA: "学習の様子を映すページのアドレス HOST:PORT。HOST を省くと、このマシンからだけ見られる",
	}.In(l))
	f.StringArrayVar(&o.Origins, "origin", nil, words.Text{
		EN: "address by which browsers reach a proxy in front of --web, as in https://run.example; may be repeated",
		JA: "--web の前に置いたプロキシのアドレス（https://run.example など）。何度でも指定できる",
	}.In(l))
	f.BoolVar(&o.Film, "film", false, words.Text{
		EN: "leave films of the filters and of the last layer's map too (GIF)",
		JA: "フィルターと最終層の地図が変わっていく動画（GIF）も残す",
	}.In(l))
	f.BoolVar(&o.mpi, "mpi", false, words.Text{
		EN: "train on all processes of an MPI launcher together (default: where mpirun or srun has started several)",
		JA: "MPI のランチャーが起動した全プロセスで 1 つの学習をする（既定：mpirun や srun が複数のプロセスを起動したとき）",
	}.In(l))
	f.BoolVar(&o.Quiet, "quiet", false, words.Text{EN: "print nothing but the last line", JA: "最後の行だけを表示する"}.In(l))
	groupFlags(cmd, l, append(shapeGroups,
		flagGroup{words.Text{EN: "Learning on, averaging:", JA: "転移学習と平均："}, "from freeze schedule-epochs average"},
		flagGroup{words.Text{EN: "Results, stopping and going on:", JA: "結果、中断と再開："}, "out overwrite resume checkpoint-every"},
		flagGroup{words.Text{EN: "Watching:", JA: "学習の様子を見る："}, "web origin film tensorboard quiet"},
		flagGroup{words.Text{EN: "Many machines:", JA: "複数のマシン："}, "mpi"})...)
	return cmd, o
}

// shapeGroups are the groups of the flags that train shares with lr-find; names
// that a command lacks are left out.
var shapeGroups = []flagGroup{
	{words.Text{EN: "Network and data:", JA: "ネットワークとデータ："}, "net data limit validation augment"},
	{words.Text{EN: "Pictures:", JA: "画像："}, "size fit color test-share skip-broken memory standardize"},
	{words.Text{EN: "Training:", JA: "学習："}, "epochs batch optimizer lr schedule warmup patience"},
	{words.Text{EN: "Against over-fitting and jumps:", JA: "過学習と発散を抑える："}, "weight-decay label-smoothing clip"},
	{words.Text{EN: "Reproducing:", JA: "再現："}, "seed shards"},
}

// shapeFlags are the flags that say what is trained on what, and how.
func shapeFlags(f *pflag.FlagSet, s *run.Settings, l words.Language) {
	f.StringVar(&s.Net, "net", "simple", netUsage(l))
	f.StringVar(&s.Data, "data", "", dataText.In(l))
	pictureFlags(f, s, l)
	f.BoolVar(&s.Standardize, "standardize", false, words.Text{
		EN: "begin the network with a layer that gives each channel mean 0 and deviation 1",
		JA: "各チャネルを平均 0、標準偏差 1 にする層をネットワークの先頭に置く",
	}.In(l))
	f.IntVar(&s.Batch, "batch", 100, words.Text{EN: "images a batch", JA: "バッチサイズ。1 バッチの画像の枚数"}.In(l))
	f.StringVar(&s.Optimizer, "optimizer", "adam", words.Text{
		EN: "%s; parameters after a colon: adam:beta1=0.7,beta2=0.9",
		JA: "最適化手法。%s のどれか。パラメーターはコロンの後に書く：adam:beta1=0.7,beta2=0.9",
	}.In(l, strings.Join(optim.RuleNames(), ", ")))
	f.Float64Var(&s.WeightDecay, "weight-decay", 0, words.Text{EN: "weight decay λ", JA: "荷重減衰（Weight decay）の λ"}.In(l))
	f.StringVar(&s.Augment, "augment", "shift", words.Text{
		EN: "none, or a list of shift (pixels), rotate (degrees), scale (fraction), elastic and sigma (pixels), and for photographs flip, crop (pixels), brightness and contrast (fraction), erase (probability) and mixup (α), strength after a colon: shift:2,rotate:10",
		JA: "データ拡張。none、または shift（ピクセル）、rotate（度）、scale（割合）、elastic と sigma（ピクセル）、写真向けの flip、crop（ピクセル）、brightness と contrast（割合）、erase（確率）、mixup（α）を並べる。強さはコロンの後に書く：shift:2,rotate:10",
	}.In(l))
	f.Float64Var(&s.LabelSmoothing, "label-smoothing", 0, words.Text{EN: "share of the target spread over all classes", JA: "教師ラベルのうち、全クラスに均等に配る割合（ラベル平滑化）"}.In(l))
	f.Float64Var(&s.Clip, "clip", 0, words.Text{EN: "bound of the gradient's norm (0: none)", JA: "勾配のノルムの上限（0：なし）"}.In(l))
	f.Uint64Var(&s.Seed, "seed", 1, words.Text{EN: "seed of all that is random", JA: "すべての乱数のシード値"}.In(l))
	f.IntVar(&s.Shards, "shards", train.DefaultShards, words.Text{
		EN: "parts of a batch; results depend on it, not on the processors",
		JA: "バッチの分割数。結果はこの値で決まり、プロセッサーの数には左右されない",
	}.In(l))
	f.IntVar(&s.Limit, "limit", 0, words.Text{EN: "use only the first images of the training set (0: all)", JA: "訓練画像のうち、先頭から使う枚数（0：すべて）"}.In(l))
}

// pictureFlags are the flags that say how pictures are read.
func pictureFlags(f *pflag.FlagSet, s *run.Settings, l words.Language) {
	f.StringVar(&s.Size, "size", "", words.Text{
		EN: "size of pictures in the network, 64 or HEIGHTxWIDTH (default: their own if all have one of at most 64, else 32)",
		JA: "ネットワークに入れる画像の大きさ。64、または高さと幅で 48x64（既定：全画像が同じ大きさで 64 以下ならその大きさ、それ以外は 32）",
	}.In(l))
	f.StringVar(&s.Fit, "fit", "", words.Text{
		EN: "how a picture becomes an input: cover (cropped), contain (with black edges), stretch or digit (default: cover; digit for MNIST)",
		JA: "画像を入力にする方法。cover（切り取る）、contain（余白を黒にする）、stretch（引き伸ばす）、digit（数字）のどれか（既定：cover。MNIST は digit）",
	}.In(l))
	f.StringVar(&s.Color, "color", "", words.Text{EN: "rgb or gray (default: what the pictures are)", JA: "rgb または gray（既定：画像に合わせる）"}.In(l))
	f.Float64Var(&s.TestShare, "test-share", 0, words.Text{
		EN: "share of each class held out where there is no test folder (default: 0.2)",
		JA: "test フォルダーがないとき、各クラスからテスト用に取り分ける割合（既定：0.2）",
	}.In(l))
	f.BoolVar(&s.SkipBroken, "skip-broken", false, words.Text{EN: "leave out pictures that cannot be read", JA: "読めない画像を読み飛ばす"}.In(l))
}

// dataText says what --data takes.
var dataText = words.Text{
	EN: "folder of pictures (a folder a class), of IDX files or of CIFAR's (default: MNIST)",
	JA: "画像（クラスごとのフォルダー）、IDX 形式、CIFAR のどれかのデータがあるフォルダー（既定：MNIST）",
}

// memoryFlag is that of commands that read data.
func memoryFlag(f *pflag.FlagSet, m *run.Memory, l words.Language) {
	f.Var(m, "memory", words.Text{
		EN: "memory for pixels, as in 2G; more of them go to a temporary file (default: half of what is free)",
		JA: "ピクセルに使うメモリ（例：2G）。超えると一時ファイルに置く（既定：空きの半分）",
	}.In(l))
}

// netUsage says what --net takes.
func netUsage(l words.Language) string {
	return words.Text{
		EN: "network: %s, or FILE.json with an architecture",
		JA: "ネットワーク。%s のどれか、または構造を書いた FILE.json",
	}.In(l, run.NetworkNames())
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
	folder, err := o.sharedFolder(o.folder)
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
		debug.SetGCPercent(20)
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
		case "resume", "quiet", "memory", "web", "origin", "film", "checkpoint-every", "epochs", "patience", "mpi":
		default:
			beside = f.Name
		}
	})
	if beside != "" {
		return wrongUsage("--resume takes its settings from the checkpoint: --%s cannot stand beside it", beside)
	}
	folder, err := o.sharedFolder(func() (*run.Folder, error) { return run.OpenFolder(o.resume) })
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
