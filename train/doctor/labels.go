package doctor

import (
	"errors"
	"math"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/train"
)

// shuffledLabels tells of labels that have nothing to do with the images: the
// class means know no more than chance, and neither does the network. Where it
// has made no progress, that is said of its training loss, after a while; where
// it has learned them by heart, of the test images.
func (d *Doctor) shuffledLabels(e train.Event) error {
	if e.Step < 100 || !d.labels.atChance() || d.told(Labels) {
		return nil
	}
	if d.trend.lowest > 0.97*d.trend.guess {
		if e.Step < while(e) {
			return nil
		}
	} else {
		if e.Test == nil || !byChance(e.Test.Correct, e.Test.Total, largestShare(e.Test.Confusion)) {
			return nil
		}
		if _, accuracy, err := d.probe.evaluate(e.Trainer); err != nil || accuracy < 0.5 {
			return err // running statistics that lag behind leave both at chance
		}
	}
	c := d.labels
	d.tell(e, Labels, "3.6.1", words.Text{
		EN: "the nearest class mean names %.1f%% of %d training images right, guessing %.1f%%: the labels look shuffled or belong to other images; look at some images beside their labels",
		JA: "各クラスの平均画像のうち最も近いものを選ぶ方法で、訓練画像 %[2]d 枚の正解率が %.1[1]f%% です（当てずっぽうなら %.1[3]f%%）。ラベルが入れ替わっているか、別の画像のもののようです。画像とラベルをいくつか並べて確かめてください",
	},
		100*float64(c.right)/float64(c.total), c.total, 100*c.chance)
	return nil
}

// while is how many updates a network may take to begin to learn: 5 epochs,
// but 200 to 1,000 updates. Networks on coloured shapes, whose class means tell
// nothing, were measured to guess for 3 epochs, or 120 updates, and to learn
// well then.
func while(e train.Event) int { return min(max(200, 5*e.Batches), 1000) }

// largestShare is the share of the most frequent true class.
func largestShare(confusion [][]int) float64 {
	most, total := 0, 0
	for _, row := range confusion {
		n := 0
		for _, v := range row {
			n += v
		}
		most, total = max(most, n), total+n
	}
	return float64(most) / float64(total)
}

// labelCheck is how the nearest class mean does on images that it was not made
// of. It cannot memorize, so that labels which tell nothing leave it at chance.
type labelCheck struct {
	right, total int
	chance       float64 // the share that such answers get right by luck
}

func (c labelCheck) atChance() bool { return byChance(c.right, c.total, c.chance) }

// byChance reports whether luck gives so many right answers, within three
// standard deviations.
func byChance(right, total int, chance float64) bool {
	n := float64(total)
	return total >= 20 && float64(right) < n*chance+3*math.Sqrt(n*chance*(1-chance))
}

// checkLabels takes the class means of one half of a sample of the images and
// tries them on the other, some 10 ms of work.
func checkLabels(data datasets.Source) (c labelCheck, err error) {
	classes, size := data.Target().Output().Size(), data.Input().Size()
	n := min(data.Len(), 2*min(max(20e6/(classes*size), 50), 1000))
	x, t := nn.NewTensor(1, data.Input()), data.Target().New(1)
	sample := func(i int) (image []float32, label int) {
		err = errors.Join(err, data.Fill(x, t, []int{i * data.Len() / n}))
		return x.Data, labelOf(t, 0)
	}
	means, counts := make([][]float32, classes), make([]float32, classes)
	for i := 0; i < n && err == nil; i += 2 {
		image, label := sample(i)
		if means[label] == nil {
			means[label] = make([]float32, size)
		}
		counts[label]++
		for j, v := range image {
			means[label][j] += v
		}
	}
	for k, mean := range means {
		for j := range mean {
			mean[j] /= counts[k]
		}
	}
	asked, answered := make([]float64, classes), make([]float64, classes)
	for i := 1; i < n && err == nil; i += 2 {
		image, label := sample(i)
		answer := nearest(means, image)
		c.total++
		asked[label]++
		answered[answer]++
		if answer == label {
			c.right++
		}
	}
	for k := range asked {
		c.chance += asked[k] * answered[k] / float64(max(c.total, 1)*max(c.total, 1))
	}
	return c, err
}

// labelOf is the class of a sample, the likeliest if there are probabilities.
func labelOf(t nn.Targets, i int) int {
	if t.Values != nil {
		return nn.Argmax(t.Values.Sample(i))
	}
	return t.Labels[i]
}

func nearest(means [][]float32, image []float32) int {
	best, least := 0, float32(math.Inf(1))
	for k, mean := range means {
		if mean == nil {
			continue
		}
		var distance float32
		for j, v := range image {
			d := v - mean[j]
			distance += d * d
		}
		if distance < least {
			best, least = k, distance
		}
	}
	return best
}
