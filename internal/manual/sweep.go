package manual

import (
	"tatami/internal/words"
)

var sweepPage = Page{
	Short: words.Text{
		EN: "Train with many settings: a grid, random draws or a list",
		JA: "いろいろな設定で学習する（グリッド、ランダム、一覧）",
	},
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

  "random": {"lr": {"from": 1e-4, "to": 0.1, "log": true}} と "draws": 20

  "list":   [{"lr": 0.001}, {"lr": 0.1, "optimizer": "sgd"}]

"halving": {"first": 1, "factor": 3} と書くと、まず全部を 1 エポック学習し、検証データでよかった 3 分の 1 だけを 3 エポックまで続け、さらに同じように絞ります。どの実行も最後のエポックまでの計画で始めるので、学習率のスケジュールは変わりません。

実行 I の結果は --out の下のフォルダー I に残ります。中断しても、同じコマンドで続きから実行でき、済んだものはやり直しません。--task I では 1 つだけを実行します。環境変数 SLURM_ARRAY_TASK_ID や JOB_COMPLETION_INDEX でも同じです。halving では、段階（rung）ごとに 1 つのアレイを使います。`,
	},
	Example: `  tatami sweep rates.json --dry-run
  tatami sweep rates.json --parallel 2
  tatami compare runs/rates --picture rates.png`,
	Flags: map[string]words.Text{
		"out": {EN: "folder of the runs' folders (default: runs/<FILE's name>)", JA: "実行ごとのフォルダーを置くフォルダー（既定：runs/<FILE の名前>）"},
		"task": {
			EN: "do this run alone, counted from 0, or in a halving this one of --rung (default: all of them here)",
			JA: "この番号（0 から数える）の実行だけを行う。halving では --rung の中の番号（既定：すべてをここで行う）",
		},
		"rung":     {EN: "stage of a halving that --task is of, counted from 0", JA: "--task がどの段階（rung）のものか。0 から数える"},
		"parallel": {EN: "runs at once; they share the processors", JA: "同時に行う実行の数。プロセッサーは分け合う"},
		"dry-run":  {EN: "print the runs as commands and do nothing", JA: "実行をコマンドの形で表示するだけで、何もしない"},
	},
}
