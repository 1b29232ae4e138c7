package manual

import (
	"tatami/internal/words"
)

var trainPage = Page{
	Short: words.Text{
		EN: "Train a network and leave the model, its curves and its filters",
		JA: "ネットワークを学習し、モデル、学習曲線、フィルターを残す",
	},
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
	},
	Example: `  tatami train --out runs/first
  tatami train --net deep --epochs 3 --validation 5000 --augment shift:2,rotate
  tatami train --data photos --size 64
  tatami train --web :8080 --film
  tatami train --resume runs/first`,
	Flags: map[string]words.Text{
		"epochs": {EN: "passes over the training set", JA: "エポック数。訓練データを何周するか"},
		"lr": {
			EN: "learning rate (default: the optimizer's own; under one-cycle three times that, at the peak)",
			JA: "学習率（既定：最適化手法ごとの値。one-cycle ではその 3 倍を最大値とする）",
		},
		"schedule": {
			EN: "constant, step, exponential, cosine or one-cycle, parameters after a colon: step:every=600,factor=0.5",
			JA: "学習率の変え方。constant、step、exponential、cosine、one-cycle のどれか。パラメーターはコロンの後に書く：step:every=600,factor=0.5",
		},
		"warmup": {EN: "steps of linear warm-up before the schedule", JA: "スケジュールの前に、学習率を少しずつ上げるステップ数"},
		"validation": {
			EN: "training images held out; the model is then the best on them",
			JA: "検証用に取り分ける訓練画像の枚数。検証データで最もよかったエポックをモデルにする",
		},
		"patience": {
			EN: "end after so many epochs without a lower validation loss (0: never)",
			JA: "検証データの損失がこのエポック数だけ下がらなければ終える（0：終えない）",
		},
		"average": {
			EN: "average the weights over the updates, 0.999 over the last thousand or so; they are evaluated and kept (0: do not)",
			JA: "更新をまたいで重みの移動平均をとり、それを評価して残す。0.999 で最近の約 1,000 回（0：とらない）",
		},
		"from": {
			EN: "`MODEL` whose network and weights to begin with; for other classes its last layer is drawn anew",
			JA: "学習済みの `MODEL` のネットワークと重みから始める。クラスが違えば最後の層を初期化し直す",
		},
		"freeze": {EN: "first layers of --from that do not learn", JA: "--from の層のうち、学習させない最初の層の数"},
		"schedule-epochs": {
			EN: "epochs that the schedule is stretched over; after them its last rate stays (default: --epochs)",
			JA: "スケジュールの長さ（エポック）。その後は最後の学習率のまま（既定：--epochs）",
		},
		"out":       {EN: "folder of the run (default: runs/<net>-<time>)", JA: "結果を残すフォルダー（既定：runs/<net>-<time>）"},
		"overwrite": {EN: "replace a run that is in --out", JA: "--out に前の実行があれば置き換える"},
		"resume":    {EN: "continue the run in this folder, with its settings; --epochs and --patience may be others", JA: "このフォルダーの実行を、同じ設定で続ける。--epochs と --patience は変えられる"},
		"checkpoint-every": {
			EN: "write the checkpoint within an epoch too, after an `interval` of updates (500) or time (10m); 0: never",
			JA: "エポックの途中でも、`interval` ごとにチェックポイントを書く。更新の回数（500）か時間（10m）で指定する。0：書かない",
		},
		"tensorboard": {
			EN: "write event files for TensorBoard in --out: losses, accuracies, rate, filters, confusion",
			JA: "TensorBoard 用のファイルを --out に書く（損失、正解率、学習率、フィルター、混同行列）",
		},
		"web": {
			EN: "address HOST:PORT of a page that shows the run as it goes on; without a host, this machine alone",
			JA: "学習の様子を映すページのアドレス HOST:PORT。HOST を省くと、このマシンからだけ見られる",
		},
		"origin": {
			EN: "address by which browsers reach a proxy in front of --web, as in https://run.example; may be repeated",
			JA: "--web の前に置いたプロキシーのアドレス（https://run.example など）。何度でも指定できる",
		},
		"film": {
			EN: "leave films of the filters and of the last layer's map too (GIF)",
			JA: "フィルターと最終層の地図が変わっていく動画（GIF）も残す",
		},
		"mpi": {
			EN: "train on all processes of an MPI launcher together (default: where mpirun or srun has started several)",
			JA: "MPI のランチャーが起動した全プロセスで 1 つの学習をする（既定：mpirun や srun が複数のプロセスを起動したとき）",
		},
		"quiet": {EN: "print nothing but the last line", JA: "最後の行だけを表示する"},
	},
	Groups: append(shape,
		Group{words.Text{EN: "Learning on, averaging:", JA: "転移学習と平均："}, "from freeze schedule-epochs average"},
		Group{words.Text{EN: "Results, stopping and going on:", JA: "結果、中断と再開："}, "out overwrite resume checkpoint-every"},
		Group{words.Text{EN: "Watching:", JA: "学習の様子を見る："}, "web origin film tensorboard quiet"},
		Group{words.Text{EN: "Many machines:", JA: "複数のマシン："}, "mpi"}),
}
