package experiments

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
	"tatami/pytorch"
)

// bookWeights and ownWeights are the rows of the accuracy, with either.
const (
	bookWeights = "test accuracy with the book's weights"
	ownWeights  = "test accuracy of a network trained here"
)

// inferenceNet is 784-50-100-10 with the weights of the book's file or, where
// none is given, trained here.
func inferenceNet(r *lab.Run) *nn.Sequential {
	net := r.Network(r.Test().Shape, r.Rand(1),
		layers.Affine{Units: 50, Init: nn.Xavier{}}, layers.Sigmoid{},
		layers.Affine{Units: 100, Init: nn.Xavier{}}, layers.Sigmoid{},
		layers.Affine{Units: 10, Init: nn.Xavier{}}, layers.Softmax{})
	if r.Failed() {
		return nil
	}
	if r.Weights != "" {
		r.Fail(pytorch.Import(net, r.Weights))
		return net
	}
	r.Note("untrained")
	net, _ = r.Trained("ch03-network", 1, func() (*nn.Sequential, *lab.Log) {
		return net, r.Fit(lab.Protocol{Net: net, Training: r.Training(), Test: r.Test(), Batch: 100, Rule: optim.Adam{}, Rate: 0.001,
			Updates: r.Scale(6000, 1200), Evaluate: -1})
	})
	return net
}

func runInference(r *lab.Run) {
	net := inferenceNet(r)
	x, labels := lab.Tensor(r.Test())
	answers := map[int]*nn.Tensor{}
	micros := map[int]float64{}
	var points plotter.XYs
	var rows [][]any
	for _, batch := range []int{1, 2, 5, 10, 20, 50, 100} {
		if r.Failed() {
			return
		}
		pass := net.NewPass(nn.PassConfig{Capacity: batch})
		y := nn.NewTensor(x.N, net.Output())
		micros[batch] = math.Inf(1)
		for range 3 {
			for from := 0; from < x.N; from += 1000 {
				start := time.Now()
				for i := from; i < from+1000; i += batch {
					copy(y.Slice(i, i+batch).Data, pass.Forward(x.Slice(i, i+batch)).Data)
				}
				micros[batch] = min(micros[batch], time.Since(start).Seconds()*1e6/1000)
			}
		}
		answers[batch] = y
		points = append(points, plotter.XY{X: float64(batch), Y: micros[batch]})
		rows = append(rows, []any{batch, micros[batch]})
	}

	right, different := 0, 0
	for i, label := range labels {
		one := nn.Argmax(answers[1].Sample(i))
		if one == label {
			right++
		}
		if one != nn.Argmax(answers[100].Sample(i)) {
			different++
		}
	}
	accuracy := float64(right) / float64(x.N)
	if r.Weights != "" {
		r.Measure(bookWeights, accuracy)
	} else {
		r.Measure(ownWeights, accuracy)
	}
	r.Measure("batch 1: µs an image", micros[1])
	r.Measure("batch 100: µs an image", micros[100])
	r.Measure("time of batch 1 / time of batch 100", micros[1]/micros[100])
	r.Measure("images answered otherwise in a batch of 100", float64(different))
	r.Claim("recognises digits", accuracy > 0.9)
	r.Claim("batches are faster", micros[100] < micros[1])
	r.CSV("times", []string{"batch", "microseconds an image"}, rows)
	var pictures []plots.Picture
	for i := range 20 {
		y := answers[1].Sample(i)
		answer := fmt.Sprintf("%d (%.1f %%)", nn.Argmax(y), 100*y[nn.Argmax(y)])
		if nn.Argmax(y) != labels[i] {
			answer = fmt.Sprintf("%s, not %d", answer, labels[i])
		}
		pictures = append(pictures, r.Picture(x, i, answer))
	}
	r.Figure("answers", r.Drawn(plots.Images(pictures, plots.ImagesOptions{Title: "What the network says", Columns: 10})))
	r.Chart("times", plots.ChartOptions{Title: "Time an image", X: plots.Axis{Label: "images in a batch", Log: true},
		Y: plots.Axis{Label: "µs an image, one core", Zero: true}}, plots.Curve{Points: points, Markers: true})
}

func inference() lab.Experiment {
	return lab.Experiment{
		ID: "ch03-inference", Title: "Recognising digits, one by one and in batches", Chapter: 3, Section: "sections 3.6.2 and 3.6.3", Version: 1,
		Setup: "784-50-100-10, sigmoid, with the weights that come with the book (--weights FILE). Without that file the network is " +
			"trained first: Xavier, Adam .001, batch 100, 6,000 updates. One goroutine takes all test images through it in batches " +
			"of 1 to 100; the time is that of the fastest thousand in three rounds. Weights and pixels are float32 as in the book's file, but so are the sums.",
		Lesson:  "A trained network is a few products of matrices; taken in batches, the same answers come sooner.",
		Weights: true,
		Rows: []lab.Row{
			// 1 image of 10,000: float32 may turn the answer where two classes tie.
			lab.Near(bookWeights, 0.9352, 0.00011).As("%.4f").With("--weights FILE"),
			lab.Shown(ownWeights, "").As("%.4f").With("to be run without --weights"),
			lab.Shown("batch 1: µs an image", "").As("%.2f"),
			lab.Shown("batch 100: µs an image", "").As("%.2f"),
			lab.Shown("time of batch 1 / time of batch 100", "").As("%.1f"),
			lab.AtMost("images answered otherwise in a batch of 100", "", 1).As("%.0f"),
		},
		Claims: lab.Texts{
			"recognises digits":  "nine in ten test images are recognised",
			"batches are faster": "a batch of 100 takes less time an image than one by one",
		},
		Figures: lab.Texts{
			"answers": "The first 20 test images with the network's answer and its probability.",
			"times":   "The larger the batch, the less time an image takes: weights are read once for all of it.",
		},
		Notes: lab.Texts{
			"untrained": "No --weights were given: the network was trained first.",
		},
		Run: runInference,
	}
}
