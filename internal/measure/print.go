package measure

import (
	"fmt"
	"io"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/kernels"
	"tatami/internal/words"
)

// Print writes the report as tables.
func (r *Report) Print(out io.Writer, l words.Language) {
	line := func(t words.Text, args ...any) { fmt.Fprintln(out, t.In(l, args...)) }
	number := func(x float64) string { return message.NewPrinter(language.English).Sprintf("%.0f", x) }
	distance := map[string]words.Text{
		"near": {EN: ": they are near each other", JA: "（互いに近い）"},
		"far":  {EN: ": they are far from each other", JA: "（互いに遠い）"},
		"busy": {EN: ": other programs are using them", JA: "（ほかのプログラムが使用中）"},
	}[r.Distance()]
	line(words.Text{EN: "%s, %d processors, a barrier of workers %.1f µs%s", JA: "%s、プロセッサー %d 個、ワーカーの待ち合わせ %.1f µs%s"},
		r.ISA, r.Processors, r.Meeting*1e6, distance.In(l))
	for _, isa := range kernels.Available() {
		line(words.Text{EN: "peak of a core, %s: %.1f GFLOP/s", JA: "1 コアのピーク性能（%s）：%.1f GFLOP/s"}, isa, r.Peaks[isa])
	}
	above := false
	for _, n := range r.Networks {
		fmt.Fprintln(out)
		line(words.Text{EN: "%s, batch %d, %s", JA: "%s、バッチサイズ %d、%s"}, n.Name, batch, n.Optimizer)
		line(words.Text{
			EN: "step %.3f ms, %s images/s, epoch %.3f s, %.0f GFLOP/s, %.0f%% of the peak",
			JA: "1 ステップ %.3f ms、%s 枚/秒、1 エポック %.3f 秒、%.0f GFLOP/s、ピークの %.0f%%",
		}, n.StepSeconds*1e3, number(n.ImagesPerSecond), n.EpochSeconds, n.GFLOPS, 100*n.PeakShare)
		line(words.Text{
			EN: "one image %.1f µs (%g allocations), inference %s images/s",
			JA: "1 枚の推論 %.1f µs（メモリー割り当て %g 回）、まとめて推論 %s 枚/秒",
		}, n.Latency*1e6, n.LatencyAllocs, number(n.Inference))
		share := words.Text{EN: "of peak", JA: "ピーク比"}.In(l)
		rows := [][]string{{
			words.Text{EN: "layer", JA: "層"}.In(l), words.Text{EN: "forward µs", JA: "順伝播 µs"}.In(l), "GFLOP/s", share,
			words.Text{EN: "backward µs", JA: "逆伝播 µs"}.In(l), "GFLOP/s", share,
		}}
		for _, layer := range n.Layers {
			rows = append(rows, []string{
				layer.Name, fmt.Sprintf("%.1f", layer.Forward*1e6), number(layer.ForwardGFLOPS), fmt.Sprintf("%.0f%%", 100*layer.ForwardPeak),
				fmt.Sprintf("%.1f", layer.Backward*1e6), number(layer.BackwardGFLOPS), fmt.Sprintf("%.0f%%", 100*layer.BackwardPeak),
			})
			above = above || layer.ForwardPeak > 1 || layer.BackwardPeak > 1
		}
		fmt.Fprint(out, words.Table(rows, 1, 2, 3, 4, 5, 6))
	}
	if above {
		fmt.Fprintln(out)
		line(words.Text{
			EN: "above 100 %: the operations of the direct method are counted, and fewer are done, by Winograd's method, or on the way back through a max pooling or a ReLU, where gradients are 0",
			JA: "100 % を超えるのは、直接法の演算数で数えているためです。Winograd 法や、0 の勾配を飛ばす最大値プーリングと ReLU の逆伝播では、実際の演算はそれより少なくなります",
		})
	}
	fmt.Fprintln(out)
	if r.Stolen != nil {
		line(words.Text{
			EN: "the host gave %.1f%% of the processors' time to others (steal)",
			JA: "ホストがほかに回した CPU 時間（steal）：%.1f%%",
		}, 100**r.Stolen)
	}
	if r.PeakRSS > 0 {
		line(words.Text{
			EN: "peak memory %.0f MB: of the whole process, with all images, each network above and garbage not yet collected; tatami train collects earlier",
			JA: "最大メモリー %.0f MB（このコマンド全体。全画像、上の各ネットワーク、未回収の分を含みます。tatami train は早めに回収します）",
		}, float64(r.PeakRSS)/1e6)
	}
}

// PrintComparison writes how the times differ from those of an earlier report.
func (r *Report) PrintComparison(out io.Writer, before *Report, l words.Language) {
	fmt.Fprintln(out)
	if r.ISA != before.ISA || r.Processors != before.Processors {
		fmt.Fprintln(out, words.Text{EN: "before: %s, %d processors", JA: "前回：%s、プロセッサー %d 個"}.In(l, before.ISA, before.Processors))
	}
	rows := [][]string{{
		words.Text{EN: "time now : before", JA: "時間の比（今回：前回）"}.In(l), words.Text{EN: "step", JA: "ステップ"}.In(l),
		words.Text{EN: "one image", JA: "1 枚の推論"}.In(l), words.Text{EN: "inference time", JA: "まとめて推論"}.In(l),
	}}
	for _, n := range r.Networks {
		for _, b := range before.Networks {
			if b.Name == n.Name {
				rows = append(rows, []string{
					n.Name, fmt.Sprintf("×%.2f", n.StepSeconds/b.StepSeconds), fmt.Sprintf("×%.2f", n.Latency/b.Latency), fmt.Sprintf("×%.2f", b.Inference/n.Inference),
				})
			}
		}
	}
	fmt.Fprint(out, words.Table(rows, 1, 2, 3))
}
