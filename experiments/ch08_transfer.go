package experiments

import (
	"os"

	"tatami/datasets"
	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

// fashionFolder is where Debian's package dataset-fashion-mnist puts it.
const fashionFolder = "/usr/share/datasets/fashion-mnist"

// classesOf are the images of some neighbouring classes, as a set of its own.
func classesOf(d *datasets.Dataset, from, to int) *datasets.Dataset {
	var index []int
	for i, label := range d.Labels {
		if int(label) >= from && int(label) < to {
			index = append(index, i)
		}
	}
	s := d.Subset(index)
	for i := range s.Labels {
		s.Labels[i] -= uint8(from)
	}
	if len(d.Classes) > 0 {
		s.Classes = d.Classes[from:to]
	}
	return s
}

// fewOf are the first n images of each class.
func fewOf(d *datasets.Dataset, n int) *datasets.Dataset {
	var index []int
	taken := make([]int, len(d.Classes))
	for i, label := range d.Labels {
		if taken[label]++; taken[label] <= n {
			index = append(index, i)
		}
	}
	return d.Subset(index)
}

func transferSpecs(classes int) []nn.Spec {
	return []nn.Spec{
		layers.Convolution{Filters: 16, Kernel: 5}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Convolution{Filters: 32, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.Affine{Units: 64}, layers.ReLU{},
		layers.Affine{Units: classes}, layers.Softmax{},
	}
}

// transferFrozen is the number of layers that are convolutions and what stands
// between them.
const transferFrozen = 6

// learnFew trains a network on few images.
func learnFew(r *lab.Run, net *nn.Sequential, few *datasets.Dataset) {
	r.Fit(lab.Protocol{
		Net: net, Training: few, Batch: min(50, few.Len()), Rule: optim.Adam{}, Rate: 0.001, Updates: 400, Evaluate: -1,
	})
}

// compareFew measures what n images a class teach a network from scratch and
// one that begins with a model's layers, the convolutions frozen.
func compareFew(r *lab.Run, m *nn.Model, training, test *datasets.Dataset, n int) (scratch, transferred float64) {
	if r.Failed() {
		return 0, 0
	}
	few := fewOf(training, n)
	fresh := r.Network(few.Shape, r.Rand(2), transferSpecs(len(few.Classes))...)
	learnFew(r, fresh, few)
	net, taken, err := m.ForClasses(r.Rand(3), few.Classes)
	if err == nil {
		net, err = net.Freeze(min(taken, transferFrozen))
	}
	if r.Fail(err); r.Failed() {
		return 0, 0
	}
	learnFew(r, net, few)
	return r.Accuracy(fresh, test), r.Accuracy(net, test)
}

func runTransfer(r *lab.Run) {
	digits, test := r.Training().Limit(r.Scale(60_000, 6000)), r.Test()
	if r.Failed() {
		return
	}
	r.Status("digits 0 to 4")
	first := classesOf(digits, 0, 5)
	net := r.Network(first.Shape, r.Rand(1), transferSpecs(5)...)
	r.Fit(lab.Protocol{Net: net, Training: first, Batch: 100, Rule: optim.Adam{}, Rate: 0.001, Updates: r.Scale(1200, 150), Evaluate: -1})
	if r.Failed() {
		return
	}
	m := &nn.Model{Sequential: net, Classes: first.Classes}
	r.Measure("digits 0 to 4: test accuracy", r.Accuracy(net, classesOf(test, 0, 5)))

	counts := []int{1, 5, 20}
	var scratches, transfers lab.Numbers
	second, secondTest := classesOf(digits, 5, 10), classesOf(test, 5, 10)
	if r.Fast {
		secondTest = secondTest.Limit(2000)
	}
	for i, n := range counts {
		r.Part(i, len(counts), "digits 5 to 9, %d images a class", n)
		scratch, transferred := compareFew(r, m, second, secondTest, n)
		scratches, transfers = append(scratches, lab.Number(scratch)), append(transfers, lab.Number(transferred))
	}
	if r.Failed() {
		return
	}
	r.Measure("digits 5 to 9, 5 a class: from scratch", float64(scratches[1]))
	r.Measure("digits 5 to 9, 5 a class: transferred", float64(transfers[1]))
	r.Claim("better with five", transfers[1] > scratches[1]+0.03)
	r.CSV("accuracy", []string{"row", "images a class", "scratch", "transferred"}, [][]any{
		{1, counts[0], scratches[0], transfers[0]}, {2, counts[1], scratches[1], transfers[1]}, {3, counts[2], scratches[2], transfers[2]},
	})
	r.Chart("accuracy", plots.ChartOptions{
		Title: "Digits 5 to 9 from 1, 5 and 20 images a class", X: plots.Axis{Label: "1, 5, 20 images"}, Y: plots.Axis{Label: "test accuracy", Max: 1},
	}, scratches.Curve("from scratch"), transfers.Curve("transferred"))

	if _, err := os.Stat(fashionFolder); err != nil {
		r.Note("no fashion")
		return
	}
	r.Status("Fashion-MNIST")
	fashion, fashionTest, err := datasets.Folder(fashionFolder)
	if r.Fail(err); r.Failed() {
		return
	}
	if r.Fast {
		fashionTest = fashionTest.Limit(2000)
	}
	scratch, transferred := compareFew(r, m, fashion, fashionTest, 5)
	r.Measure("Fashion-MNIST, 5 a class: from scratch", scratch)
	r.Measure("Fashion-MNIST, 5 a class: transferred", transferred)
}

func transfer() lab.Experiment {
	const fashion = "Debian's dataset-fashion-mnist"
	return lab.Experiment{
		ID: "ch08-transfer", Title: "Learning on from another task", Chapter: 8, Section: "section 8.2.5", Version: 1,
		Setup: "Two convolutions (16 of 5×5, 32 of 3×3, each with ReLU and 2×2 max pooling), affine 64, affine 5, learn the digits " +
			"0 to 4: Adam 0.001, batch 100, 1,200 updates (fast: 150 on 6,000 images). Then a network is to learn the digits 5 to 9 " +
			"from 1, 5 or 20 images a class: from scratch, or with the layers of the first, the convolutions frozen and the last " +
			"drawn anew; Adam 0.001, 400 updates (fast: accuracy on 2,000 test images). The same with Fashion-MNIST, where it is installed.",
		Lesson: "What the layers of one task see serves another: with few images a network that begins with them is ahead of one from scratch.",
		Rows: []lab.Row{
			lab.Shown("digits 0 to 4: test accuracy", ""),
			lab.Shown("digits 5 to 9, 5 a class: from scratch", ""),
			lab.Shown("digits 5 to 9, 5 a class: transferred", ""),
			lab.Shown("Fashion-MNIST, 5 a class: from scratch", "").With(fashion),
			lab.Shown("Fashion-MNIST, 5 a class: transferred", "").With(fashion),
		},
		Claims:  lab.Texts{"better with five": "from five images a class the transferred network learns more"},
		Figures: lab.Texts{"accuracy": "Test accuracy on the digits 5 to 9 after 1, 5 and 20 images a class."},
		Notes:   lab.Texts{"no fashion": "Fashion-MNIST was left out: Debian's package dataset-fashion-mnist is not installed."},
		Run:     runTransfer,
	}
}
