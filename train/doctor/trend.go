package doctor

import (
	"math"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/train"
)

// trend is what the loss did so far.
type trend struct {
	guess   float64 // the loss of who knows only how frequent each class is: ln(classes) where all are alike
	classes int
	steps   int
	first   float64 // mean of the first 25 updates
	peak    float64 // highest mean of 5
	lowest  float64 // lowest mean of 50
	last    float64 // mean of the last 50, of all if fewer
	latest  float64 // mean of the last 25
}

func newTrend(data datasets.Source, loss nn.Loss) (trend, error) {
	counts := make([]float64, data.Target().Output().Size())
	count := func(label int) {
		weight := 1.0
		if w, ok := loss.(nn.Weighted); ok {
			weight = w.Weight(nn.Targets{Labels: []int{label}})
		}
		counts[label] += weight
	}
	if d, ok := data.(*datasets.Dataset); ok {
		for _, label := range d.Labels {
			count(label)
		}
	} else {
		for from := 0; from < min(sampled, data.Len()); from += probeSize {
			b, err := images(data, from)
			if err != nil {
				return trend{}, err
			}
			for i := range b.X.N {
				count(labelOf(b.Targets, i))
			}
		}
	}
	all := 0.0
	for _, n := range counts {
		all += n
	}
	t := trend{classes: len(counts), lowest: math.Inf(1)}
	for _, n := range counts {
		if n > 0 {
			p := n / all
			t.guess -= p * math.Log(p)
		}
	}
	return t, nil
}

// follow reads on, in strides of 25 updates.
func (t *trend) follow(rows []train.StepRow) {
	for ; t.steps+every <= len(rows); t.steps += every {
		stride := rows[t.steps : t.steps+every]
		t.latest = mean(stride)
		if t.steps == 0 {
			t.first = t.latest
		}
		for i := 0; i < every; i += 5 {
			t.peak = max(t.peak, mean(stride[i:i+5]))
		}
		t.last = mean(rows[max(0, t.steps-every) : t.steps+every])
		if t.steps > 0 {
			t.lowest = min(t.lowest, t.last)
		}
	}
}

func mean(rows []train.StepRow) float64 {
	sum := 0.0
	for _, r := range rows {
		sum += r.Loss
	}
	return sum / float64(len(rows))
}

// rate tells of a learning rate that is far off.
func (d *Doctor) rate(e train.Event) {
	t := d.trend
	rate := e.History.Steps[len(e.History.Steps)-1].Rate
	switch {
	case e.Step == 75 && t.peak > 2*t.guess && t.last > 0.4*t.guess && !d.told(Exploding):
		d.tell(e, RateTooHigh, "4.4.1", words.Text{
			EN: "the loss jumped to %.3g and is %.3g after %d steps, where guessing costs %.2f: the learning rate %.3g is likely too high; try a tenth of it",
			JA: "損失が %.3g まで跳ね上がり、%[3]d ステップ後も %.3[2]g です（当てずっぽうなら %.2[4]f）。学習率 %.3[5]g が大きすぎるようです。10 分の 1 にしてみてください",
		},
			t.peak, t.last, e.Step, t.guess, rate)
	case t.last > 2*t.lowest && t.last > t.lowest+t.guess/2:
		d.tell(e, RateTooHigh, "4.4.1", words.Text{
			EN: "the loss had fallen to %.3g and has risen to %.3g: the learning rate %.3g is likely too high; try a third of it, or a schedule that lowers it",
			JA: "損失が %.3g まで下がったあと、%.3g に上がりました。学習率 %.3g が大きすぎるようです。3 分の 1 にするか、学習率を下げていくスケジュールを使ってみてください",
		},
			t.lowest, t.last, rate)
	case e.Step >= 100 && t.lowest > 0.9*t.first && rate >= 0.5*highest(e) && !d.told(Vanishing, DeadReLUs, Labels, RateTooHigh):
		if moved := d.probe.moved(e); moved < 1e-4 {
			d.tell(e, RateTooLow, "4.4.1", words.Text{
				EN: "the loss went from %.3f to %.3f in %d steps, each of which moves the weights by %.1g of their length, where about 0.001 is usual: the learning rate %.3g is likely too low; try ten times as much",
				JA: "損失は %[3]d ステップで %.3[1]f から %.3[2]f になっただけで、1 回の更新で重みは自身の大きさの %.1[4]g 倍しか動いていません（普通は 0.001 倍ほど）。学習率 %.3[5]g が小さすぎるようです。10 倍にしてみてください",
			},
				t.first, t.last, e.Step, moved, rate)
		}
	}
}

// highest is the schedule's highest rate, near enough.
func highest(e train.Event) float64 {
	steps := e.Trainer.Epochs * e.Batches
	if e.Trainer.Steps > 0 {
		steps = min(steps, e.Trainer.Steps)
	}
	top := 0.0
	for i := range 200 {
		top = max(top, e.Trainer.Schedule.Rate(i*steps/200))
	}
	return top
}

// stuck tells of a loss that stays where guessing is, unless its cause is
// known.
func (d *Doctor) stuck(e train.Event) error {
	t := d.trend
	if e.Step < while(e) || t.lowest < 0.99*t.guess || t.last > 1.02*t.guess {
		return nil
	}
	if err := d.shuffledLabels(e); err != nil || d.told(Vanishing, DeadReLUs, Labels, RateTooHigh, RateTooLow) {
		return err
	}
	cause, section := words.Text{
		EN: "the network's answers do not depend on the image; the weights' start is the usual cause, or the optimizer: try He's start and adam",
		JA: "ネットワークの答えが画像によって変わっていません。よくある原因は重みの初期値か最適化手法です。He の初期値と adam を試してみてください",
	}, "6.2.1"
	if shrunk := d.probe.length(e); shrunk < 0.5 {
		cause, section = words.Text{
			EN: "the weights have shrunk to %.2g of their length, likely by too much weight decay",
			JA: "重みの大きさが初期値の %.2g 倍に縮んでいます。荷重減衰（Weight decay）が強すぎるようです",
		}.With(shrunk), "6.4.2"
	}
	d.tell(e, Stuck, section, words.Text{
		EN: "the loss is %.3f after %d steps, and guessing among %d classes costs %.3f: %v",
		JA: "%[2]d ステップ後の損失は %.3[1]f で、%[3]d クラスを当てずっぽうに答えたとき（%.3[4]f）と変わりません。%[5]v",
	}, t.last, e.Step, t.classes, t.guess, cause)
	return nil
}

// overFitting compares the training with images that are not trained on. While
// the loss on those still falls nothing is wrong, and where training images do
// no better when they are taken as they are, by running statistics in place of
// the batch's, these lag behind and nothing was learned by heart.
func (d *Doctor) overFitting(e train.Event) error {
	rows := e.History.Epochs
	now := rows[len(rows)-1]
	what, held := words.Text{EN: "test", JA: "テスト"}, func(r train.EpochRow) (loss, accuracy float64) { return r.TestLoss, r.TestAccuracy }
	switch {
	case e.Trainer.Validation != nil:
		what, held = words.Text{EN: "validation", JA: "検証"}, func(r train.EpochRow) (loss, accuracy float64) { return r.ValidationLoss, r.ValidationAccuracy }
	case e.Trainer.Test == nil:
		return nil
	}
	cure := words.Text{
		EN: "more images, augmentation, dropout or weight decay help",
		JA: "画像を増やすこと、データ拡張、Dropout、荷重減衰（Weight decay）が効きます",
	}
	best := now
	for _, r := range rows {
		if l, _ := held(r); l < first(held(best)) {
			best = r
		}
	}
	loss, accuracy := held(now)
	if now.Epoch < best.Epoch+3 {
		return nil
	}
	ownLoss, ownAccuracy, err := d.probe.evaluate(e.Trainer)
	if err != nil {
		return err
	}
	if min(now.TrainAccuracy, ownAccuracy)-accuracy >= 0.1 && now.TrainAccuracy >= 0.8 && !d.told(Labels) {
		d.tell(e, OverFitting, "6.4.1", words.Text{
			EN: "after epoch %d the accuracy is %.1f%% in training and %.1f%% on the %v set: the network memorises its %d images; %v",
			JA: "%d エポック後の正解率は訓練データで %.1f%%、%[4]vデータで %.1[3]f%% です。ネットワークは %[5]d 枚の訓練画像を丸暗記しています（過学習）。%[6]v",
		},
			now.Epoch, 100*now.TrainAccuracy, 100*accuracy, what, e.Trainer.Loader.Data.Len(), cure)
		return nil
	}
	lowest, before := first(held(best)), first(held(rows[len(rows)-2]))
	if min(loss, before) > 1.25*lowest && now.TrainLoss < 0.5*best.TrainLoss && ownLoss < 0.5*loss {
		d.tell(e, OverFitting, "6.4.1", words.Text{
			EN: "the loss on the %v set rose from %.3f after epoch %d to %.3f, while that in training fell to %.3g: the network memorises its %d images; %v",
			JA: "%vデータの損失が %[3]d エポック後の %.3[2]f から %.3[4]f に上がる一方、訓練データの損失は %.3[5]g まで下がりました。ネットワークは %[6]d 枚の訓練画像を丸暗記しています（過学習）。%[7]v",
		},
			what, lowest, best.Epoch, loss, now.TrainLoss, e.Trainer.Loader.Data.Len(), cure)
	}
	return nil
}

func first(a, _ float64) float64 { return a }
