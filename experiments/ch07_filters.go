package experiments

import (
	"math"

	"tatami/experiments/lab"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func runConvolutionFilters(r *lab.Run) {
	untrained := newSimpleConvNet(r)
	net, _ := trainedSimpleConvNet(r)
	if r.Failed() {
		return
	}
	before, after := untrained.Params()[0].Value, net.Params()[0].Value
	noise, structure := neighbours(before), neighbours(after)
	r.Measure("correlation of neighbouring weights before", noise)
	r.Measure("correlation of neighbouring weights after", structure)
	r.Claim("noise becomes structure", math.Abs(noise) < 0.1 && structure > 0.2)
	r.Figure("filters", r.Drawn(plots.Filters([]plots.Bank{{Title: "before", Filters: before}, {Title: "after", Filters: after}},
		plots.FilterOptions{Title: "First convolution of SimpleConvNet", Book: true})))

	image := landscape(92)
	alone := r.Network(image.Shape, nil, layers.Convolution{Filters: after.N, Kernel: after.H, Init: nn.Zero{}})
	if r.Failed() {
		return
	}
	weight := alone.Params()[0].Value
	for n := range after.N { // of length 1, so that weak filters are seen as well
		length := math.Sqrt(sumOfSquares(after.Sample(n)))
		for i, w := range after.Sample(n) {
			weight.Sample(n)[i] = w / float32(length)
		}
	}
	r.Figure("maps", r.Drawn(plots.FeatureMaps([]string{"a picture", "its feature maps"}, []*nn.Tensor{image, alone.Activations(image)[0]},
		plots.FeatureMapOptions{Title: "The learned filters over a picture, in the same order", Limit: after.N, Tile: 92})))
}

// neighbours is the correlation of horizontally or vertically adjacent weights.
func neighbours(filters *nn.Tensor) float64 {
	var mean, variance, covariance float64
	for _, w := range filters.Data {
		mean += float64(w) / float64(len(filters.Data))
	}
	for _, w := range filters.Data {
		variance += math.Pow(float64(w)-mean, 2) / float64(len(filters.Data))
	}
	pairs := 0
	for n := range filters.N {
		filter := filters.Sample(n)
		at := func(i, j int) float64 { return float64(filter[i*filters.W+j]) - mean }
		for i := range filters.H {
			for j := range filters.W {
				if j+1 < filters.W {
					covariance += at(i, j) * at(i, j+1)
					pairs++
				}
				if i+1 < filters.H {
					covariance += at(i, j) * at(i+1, j)
					pairs++
				}
			}
		}
	}
	return covariance / float64(pairs) / variance
}

func sumOfSquares(values []float32) (sum float64) {
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return sum
}

// landscape is a picture of size×size pixels with edges of every direction: a
// mountain, the sun, waves and a gate.
func landscape(size int) *nn.Tensor {
	ink := func(x, y float64) float64 { // of a point in the unit square, y downward
		within := func(v, from, to float64) bool { return v >= from && v < to }
		switch {
		case within(y, 0.40, 0.46) && within(x, 0.50, 0.98), // the gate's beams and posts
			within(y, 0.53, 0.57) && within(x, 0.54, 0.94),
			within(y, 0.40, 0.95) && (within(x, 0.58, 0.64) || within(x, 0.84, 0.90)):
			return 1
		case y >= 0.66: // waves
			if math.Sin(2*math.Pi*(y*12+0.25*math.Sin(2*math.Pi*2*x))) > 0 {
				return 0.5
			}
			return 0.15
		case math.Hypot(x-0.8, y-0.2) < 0.13: // the sun
			return 0.8
		case y > 0.14 && math.Abs(x-0.33) < 0.06+0.6*(y-0.14): // the mountain and its snow
			if y < 0.27+0.03*math.Sin(50*x) {
				return 0
			}
			return 0.65
		}
		return 0.25 - 0.25*y // the sky
	}
	t := nn.NewTensor(1, nn.Shape{H: size, W: size, C: 1})
	const fine = 4 // a pixel is the mean of 4×4 points
	for i := range t.Data {
		for k := range fine * fine {
			x, y := float64(i%size)+(float64(k%fine)+0.5)/fine, float64(i/size)+(float64(k/fine)+0.5)/fine
			t.Data[i] += float32(ink(x/float64(size), y/float64(size)) / (fine * fine))
		}
	}
	return t
}

func convolutionFilters() lab.Experiment {
	return lab.Experiment{
		ID: "ch07-filters", Title: "What a convolution learns", Chapter: 7, Section: "section 7.6.1", Version: 1,
		Setup: "The 30 filters of ch07-simple-convnet before and after training, and the learned ones, without bias and " +
			"scaled to length 1, over a picture, which is drawn here where the book has a photograph. Structure is measured by the correlation of " +
			"weights that are neighbours in a row or column of a filter, over all filters: 0 for noise, 1 where filters are flat.",
		Lesson: "Training turns noise into edges and blobs: filters that answer where light changes, each in its direction.",
		Rows: []lab.Row{
			lab.Near("correlation of neighbouring weights before", 0, 0.1).As("%.3f"),
			lab.AtLeast("correlation of neighbouring weights after", "edges and blobs", 0.25).As("%.3f"),
		},
		Claims: lab.Texts{
			"noise becomes structure": "noise becomes structure: neighbouring weights are correlated after training, not before",
		},
		Figures: lab.Texts{
			"filters": "The 30 filters before and after training (figure 7-24).",
			"maps":    "Red where a filter answers, blue where its opposite would: each map has edges of its own direction (figure 7-25).",
		},
		Run: runConvolutionFilters,
	}
}
