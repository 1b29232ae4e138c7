package manual

import (
	"tatami/internal/words"
)

var benchPage = Page{
	Short: words.Text{
		EN: "Measure training steps, layers, latency and memory on this machine",
		JA: "このマシンで学習、各層、応答の速さとメモリーを測る",
	},
	Long: words.Text{
		EN: `Measure training steps, layers, latency and memory on this machine.

GFLOP/s count the operations of the direct method, 2 a multiply-add; the peak
is measured here, from registers. A step uses all processors, a layer's line
one of them and a shard of 25 images. TATAMI_ISA chooses the instruction set.

Processors are near each other if all workers meet within 0.3 µs. Far ones
(apart on the chip, or on a busy host) gain less from working together. Times
taken while other programs ran here, or while the host gave time to others
(steal), are too long: measure again.

A convolution may stand above 100 % of the peak: a faster method (Winograd's)
takes fewer operations than the direct one that is counted, and where a pooling
follows, the way back works on the maxima alone, a quarter of the positions.`,
		JA: `このマシンで、学習の 1 ステップ、各層、1 枚の推論の時間と、メモリーを測ります。

GFLOP/s は直接法の演算数（積和 1 回を 2 回と数える）から求めます。ピーク性能は、レジスターだけを使う計算で測ります。ステップは全プロセッサーで、層の行は 1 プロセッサーと 25 枚のシャードで測ります。環境変数 TATAMI_ISA で命令セットを選べます。

全ワーカーの待ち合わせが 0.3 µs 未満なら、プロセッサーは「互いに近い」と表示します。遠い場合（チップ上で離れているか、ホストが混んでいるとき）は、並列にしても速くなりにくくなります。ほかのプログラムが動いていたとき、またはホストが CPU 時間をほかに回した（steal）ときの値は実際より遅いので、測り直してください。

畳み込みがピークの 100 % を超えることがあります。Winograd 法は、数えている直接法より演算が少なくて済むからです。また、後ろにプーリングがあると、逆伝播は最大値の位置（全体の 4 分の 1）だけを計算します。`,
	},
	Example: `  tatami bench --json >before.json
  tatami bench --compare before.json`,
	Flags: map[string]words.Text{
		"json":    {EN: "print JSON, for --compare", JA: "JSON で出力する（--compare 用）"},
		"compare": {EN: "file of an earlier --json to compare with", JA: "比べる相手（前に --json で出力したファイル）"},
		"net":     {EN: "networks to measure", JA: "測るネットワーク"},
	},
}
