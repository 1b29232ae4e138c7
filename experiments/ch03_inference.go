package experiments

import (
	"context"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot/plotter"

	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/plots"
)

func inference() Experiment {
	const book, here = "test accuracy with the book's weights", "test accuracy of a network trained here"
	return Experiment{
		ID: "ch03-inference", Title: "Recognising digits, one by one and in batches", Chapter: 3, Section: "sections 3.6.2 and 3.6.3", Version: 1,
		Setup: "784-50-100-10, sigmoid, with the weights that come with the book (--weights FILE). Without that file the network is " +
			"trained first: Xavier, Adam .001, batch 100, 6,000 updates. One goroutine takes all test images through it in batches " +
			"of 1 to 100; the time is that of the fastest thousand in three rounds. Weights and pixels are float32 as in the book's file, but so are the sums.",
		Lesson:  "A trained network is a few products of matrices; taken in batches, the same answers come sooner.",
		Weights: true,
		Rows: []Row{
			// 1 image of 10,000: float32 may turn the answer where two classes tie.
			near(book, 0.9352, 0.00011).as("%.4f").with("--weights FILE"),
			shown(here, "").as("%.4f").with("to be run without --weights"),
			shown("batch 1: µs an image", "").as("%.2f"),
			shown("batch 100: µs an image", "").as("%.2f"),
			shown("time of batch 1 / time of batch 100", "").as("%.1f"),
			atMost("images answered otherwise in a batch of 100", "", 1).as("%.0f"),
		},
		Run: func(ctx context.Context, r *Run) error {
			training, test, err := r.MNIST()
			if err != nil {
				return err
			}
			net, err := nn.NewSequential(test.Shape, r.Rand(1),
				layers.Affine{Units: 50, Init: nn.Xavier{}}, layers.Sigmoid{},
				layers.Affine{Units: 100, Init: nn.Xavier{}}, layers.Sigmoid{},
				layers.Affine{Units: 10, Init: nn.Xavier{}}, layers.Softmax{})
			if err != nil {
				return err
			}
			row := book
			if r.Weights != "" {
				if err := net.ImportPyTorch(r.Weights); err != nil {
					return err
				}
			} else {
				row = here
				r.Note("No --weights were given: the network was trained first.")
				net, _, err = r.Trained("ch03-network", 1, func() (*nn.Sequential, *Log, error) {
					log, err := protocol{Net: net, Train: training, Test: test, Batch: 100, Rule: optim.Adam{}, Rate: 0.001,
						Updates: r.Scale(6000, 1200), Evaluate: -1}.fit(ctx, r)
					return net, log, err
				})
				if err != nil {
					return err
				}
			}

			x, labels := tensor(test)
			answers := map[int]*nn.Tensor{}
			micros := map[int]float64{}
			var points plotter.XYs
			var rows [][]any
			for _, batch := range []int{1, 2, 5, 10, 20, 50, 100} {
				pass := net.NewPass(nn.PassConfig{Capacity: batch})
				y := nn.NewTensor(x.N, net.Output())
				micros[batch] = math.Inf(1)
				for range 3 {
					for from := 0; from < x.N; from += 1000 {
						if err := ctx.Err(); err != nil {
							return err
						}
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
				one := largest(answers[1].Sample(i))
				if one == label {
					right++
				}
				if one != largest(answers[100].Sample(i)) {
					different++
				}
			}
			accuracy := float64(right) / float64(x.N)
			r.Measure(row, accuracy)
			r.Measure("batch 1: µs an image", micros[1])
			r.Measure("batch 100: µs an image", micros[100])
			r.Measure("time of batch 1 / time of batch 100", micros[1]/micros[100])
			r.Measure("images answered otherwise in a batch of 100", float64(different))
			r.Claim("nine in ten test images are recognised", accuracy > 0.9)
			r.Claim("a batch of 100 takes less time an image than one by one", micros[100] < micros[1])
			if err := r.CSV("times", []string{"batch", "microseconds an image"}, rows); err != nil {
				return err
			}
			var pictures []plots.Picture
			for i := range 20 {
				img, err := plots.Image(x, i)
				if err != nil {
					return err
				}
				y := answers[1].Sample(i)
				answer := fmt.Sprintf("%d (%.1f %%)", largest(y), 100*y[largest(y)])
				if largest(y) != labels[i] {
					answer = fmt.Sprintf("%s, not %d", answer, labels[i])
				}
				pictures = append(pictures, plots.Picture{Image: img, Captions: []string{answer}})
			}
			f, err := plots.Images(pictures, plots.ImagesOptions{Title: "What the network says", Columns: 10})
			if err != nil {
				return err
			}
			if err := r.Figure("answers", "The first 20 test images with the network's answer and its probability.", f); err != nil {
				return err
			}
			f, err = plots.Chart(plots.ChartOptions{Title: "Time an image", X: plots.Axis{Label: "images in a batch", Log: true},
				Y: plots.Axis{Label: "µs an image, one core", Zero: true}}, plots.Curve{Points: points, Markers: true})
			if err != nil {
				return err
			}
			return r.Figure("times", "The larger the batch, the less time an image takes: weights are read once for all of it.", f)
		},
	}
}

// largest is the position of the largest value.
func largest(values []float32) (at int) {
	for i, v := range values {
		if v > values[at] {
			at = i
		}
	}
	return at
}
