package inspect_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/inspect"
	"tatami/nn"
)

var rng = rand.New(rand.NewPCG(7, 0))

func build(t *testing.T, in nn.Shape, specs ...nn.Spec) *inspect.Network {
	t.Helper()
	net, err := nn.NewSequential(in, rng, specs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		for i := range p.Value.Data {
			p.Value.Data[i] += 0.1 * float32(rng.NormFloat64())
		}
	}
	return inspect.New(net)
}

func random(shape nn.Shape) *nn.Tensor {
	x := nn.NewTensor(1, shape)
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	return x
}

var small = nn.Shape{H: 9, W: 8, C: 1}

// smooth has two convolutions and no kinks.
func smooth(last ...nn.Spec) []nn.Spec {
	return append([]nn.Spec{
		layers.Convolution{Filters: 3, Kernel: 3, Pad: 1}, layers.Tanh{},
		layers.Convolution{Filters: 4, Kernel: 3, Stride: 2}, layers.Tanh{},
		layers.Affine{Units: 5}, layers.Sigmoid{}, layers.Affine{Units: 3},
	}, last...)
}

// score is the last output before a softmax.
func score(net *nn.Sequential, x *nn.Tensor, class int) float64 {
	ys := net.Activations(x)
	return float64(ys[len(ys)-1].Data[class])
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*(1+math.Abs(want))) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

func TestSaliency(t *testing.T) {
	plain := build(t, small, smooth()...)
	x := random(small)
	for class := range 3 {
		got := plain.Saliency(x, class)
		for i := range x.Data {
			const h = 1e-2
			old := x.Data[i]
			x.Data[i] = old + h
			up := score(plain.Sequential, x, class)
			x.Data[i] = old - h
			down := score(plain.Sequential, x, class)
			x.Data[i] = old
			near(t, "the gradient", float64(got[i]), (up-down)/(2*h), 2e-4)
		}
	}
	// A softmax at the end makes no difference: the score is what goes into it.
	ended := build(t, small, smooth(layers.Softmax{})...)
	for i, p := range plain.Params() {
		copy(ended.Params()[i].Value.Data, p.Value.Data)
	}
	if !slices.Equal(plain.Saliency(x, 1), ended.Saliency(x, 1)) {
		t.Error("a softmax at the end changes the saliency")
	}
}

func TestOcclusion(t *testing.T) {
	n := build(t, nn.Shape{H: 28, W: 28, C: 1}, layers.Convolution{Filters: 2, Kernel: 5}, layers.ReLU{}, layers.Affine{Units: 4}, layers.Softmax{})
	x := random(n.Input())
	o, err := n.Occlude(t.Context(), x, 2)
	if err != nil {
		t.Fatal(err)
	}
	if o.Size != 4 || o.Stride != 2 || o.Rows != 13 || o.Columns != 13 || len(o.Probabilities) != 169 || len(o.Scores) != 169 {
		t.Fatalf("%d×%d squares of %d every %d, %d probabilities, %d scores", o.Rows, o.Columns, o.Size, o.Stride, len(o.Probabilities), len(o.Scores))
	}
	scores := n.Part(0, 3) // without the softmax
	near(t, "the score of the whole image", float64(o.Score), float64(scores.Predict(x).Data[2]), 1e-5)
	for _, at := range [][2]int{{0, 0}, {5, 7}, {9, 12}, {12, 12}} {
		hidden := random(n.Input())
		copy(hidden.Data, x.Data)
		for row := range 4 {
			for column := range 4 {
				hidden.Data[(2*at[0]+row)*28+2*at[1]+column] = 0
			}
		}
		near(t, "the score", float64(o.Scores[at[0]*13+at[1]]), float64(scores.Predict(hidden).Data[2]), 1e-5)
		near(t, "the probability", float64(o.Probabilities[at[0]*13+at[1]]), float64(n.Predict(hidden).Data[2]), 1e-5)
	}
}

// The weight of a map is the mean of its gradient: what the score gains when
// the whole map is raised, for each of its values.
func TestGradCAM(t *testing.T) {
	n := build(t, small, smooth(layers.Softmax{})...)
	if !n.HasGradCAM() || n.GradCAMLayer() != 4 {
		t.Fatalf("Grad-CAM %v after layer %d", n.HasGradCAM(), n.GradCAMLayer())
	}
	tail, err := nn.NewSequential(n.Layers()[3].OutShape(), rng, smooth()[4:]...)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range tail.Params() {
		copy(p.Value.Data, n.Params()[4+i].Value.Data)
	}
	x := random(small)
	maps := n.Activations(x)[3]
	weights := make([]float64, maps.C)
	for c := range weights {
		raised := func(by float32) float64 {
			a := nn.NewTensor(1, maps.Shape)
			copy(a.Data, maps.Data)
			for i := c; i < len(a.Data); i += maps.C {
				a.Data[i] += by
			}
			return score(tail, a, 1)
		}
		const h = 1e-2
		weights[c] = (raised(h) - raised(-h)) / (2 * h) / float64(maps.H*maps.W)
	}
	cam := n.GradCAM(x, 1)
	if cam.H != maps.H || cam.W != maps.W || cam.C != 1 {
		t.Fatalf("Grad-CAM is %v of maps %v", cam.Shape, maps.Shape)
	}
	for i, got := range cam.Data {
		var want float64
		for c, w := range weights {
			want += w * float64(maps.Data[i*maps.C+c])
		}
		near(t, "Grad-CAM", float64(got), max(0, want), 1e-4)
	}
	// One convolution is enough, as long as something comes after it.
	one := build(t, small, layers.Convolution{Filters: 2, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2}, layers.Affine{Units: 3})
	if !one.HasGradCAM() || one.GradCAMLayer() != 2 || one.GradCAM(random(small), 0).Shape != (nn.Shape{H: small.H - 2, W: small.W - 2, C: 1}) {
		t.Errorf("one convolution: Grad-CAM %v after layer %d", one.HasGradCAM(), one.GradCAMLayer())
	}
	// The maps of a residual block are those of its sum, after what normalizes them.
	block := layers.Residual{Body: []nn.Spec{layers.Convolution{Filters: 2, Kernel: 3, Pad: 1}}}
	blocks := build(t, small, layers.Convolution{Filters: 2, Kernel: 3}, block, layers.BatchNormalization{}, layers.ReLU{}, layers.GlobalAveragePooling{}, layers.Affine{Units: 3})
	if !blocks.HasGradCAM() || blocks.GradCAMLayer() != 4 {
		t.Errorf("a residual block: Grad-CAM %v after layer %d", blocks.HasGradCAM(), blocks.GradCAMLayer())
	}
	for what, n := range map[string]*inspect.Network{
		"no convolution":         build(t, small, layers.Affine{Units: 3}),
		"nothing after the maps": build(t, small, layers.Convolution{Filters: 2, Kernel: 3}, layers.ReLU{}),
	} {
		if n.HasGradCAM() {
			t.Errorf("%s, yet Grad-CAM", what)
		}
	}
}

func TestFeatures(t *testing.T) {
	n := build(t, small, smooth(layers.Softmax{})...)
	x := random(small)
	if n.FeatureLayer() != 6 || n.FeatureSize() != 5 || !slices.Equal(n.Features(x).Data, n.Activations(x)[5].Data) {
		t.Errorf("features of layer %d, %d of them", n.FeatureLayer(), n.FeatureSize())
	}
	single := build(t, small, layers.Affine{Units: 3}, layers.Softmax{})
	if single.FeatureLayer() != 0 || single.FeatureSize() != small.Size() || !slices.Equal(single.Features(x).Data, x.Data) {
		t.Error("a single layer's features are not the pixels")
	}
}

func TestNearest(t *testing.T) {
	n := build(t, small, smooth()...)
	data := &datasets.Dataset{Shape: small, Classes: []string{"a"}}
	for range 257 { // not a multiple of what is computed at once
		image := make([]byte, small.Size())
		for i := range image {
			image[i] = byte(rng.IntN(256))
		}
		data.Images, data.Labels = append(data.Images, image), append(data.Labels, 0)
	}
	last := 0
	index, err := inspect.NewIndex(t.Context(), n, data, func(done int) { last = done })
	if err != nil || last != 257 || index.Len() != 257 {
		t.Fatalf("%v, %d of %d done", err, last, index.Len())
	}
	x := random(small)
	want := make([]inspect.Neighbour, data.Len())
	for i := range want {
		a, b := n.Features(x).Data, n.Features(datasets.Tensor(small, data.Images[i])).Data
		var sum float64
		for k := range a {
			sum += math.Pow(float64(a[k]-b[k]), 2)
		}
		want[i] = inspect.Neighbour{Index: i, Distance: math.Sqrt(sum)}
	}
	slices.SortFunc(want, func(a, b inspect.Neighbour) int {
		if a.Distance < b.Distance {
			return -1
		}
		return 1
	})
	nearest := func(x *nn.Tensor, k int) []inspect.Neighbour {
		list, err := index.Nearest(t.Context(), x, k)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for k, got := range nearest(x, 10) {
		if got.Index != want[k].Index {
			t.Errorf("neighbour %d is image %d, want %d", k, got.Index, want[k].Index)
		}
		near(t, "the distance", got.Distance, want[k].Distance, 1e-4)
	}
	if got := nearest(x, 1000); len(got) != 257 {
		t.Errorf("%d neighbours of 257", len(got))
	}
	if got := nearest(datasets.Tensor(small, data.Images[100]), 1)[0]; got.Index != 100 || got.Distance > 1e-5 {
		t.Errorf("the nearest of image 100 is %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := inspect.NewIndex(ctx, n, data, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestConvolution(t *testing.T) {
	n := build(t, small, smooth()...)
	x := random(small)
	for i, pad := range map[int]int{0: 1, 2: 0} {
		c, err := n.Convolution(x, i)
		if err != nil {
			t.Fatal(err)
		}
		if c.Kernel != 3 || c.Pad != pad || c.Stride != 1+i/2 || c.ActivationName != "Tanh" {
			t.Errorf("layer %d: %+v", i+1, c)
		}
		in, out := c.Input, c.Output
		for row := range out.H {
			for column := range out.W {
				for f := range out.C {
					sum := float64(c.Bias.Data[f])
					for u := range c.Kernel {
						for v := range c.Kernel {
							y, x := row*c.Stride-c.Pad+u, column*c.Stride-c.Pad+v
							if y < 0 || x < 0 || y >= in.H || x >= in.W {
								continue
							}
							for k := range in.C {
								sum += float64(in.Data[(y*in.W+x)*in.C+k]) * float64(c.Weight.Sample(f)[(u*c.Kernel+v)*in.C+k])
							}
						}
					}
					at := (row*out.W+column)*out.C + f
					near(t, "the output", float64(out.Data[at]), sum, 1e-5)
					near(t, "the activation", float64(c.Activation.Data[at]), math.Tanh(sum), 1e-5)
				}
			}
		}
	}
	for _, i := range []int{-1, 1, 4, 7} {
		if _, err := n.Convolution(x, i); !errors.Is(err, inspect.ErrNoConvolution) {
			t.Errorf("layer %d: %v", i, err)
		}
	}
}

// Work for an image ends with whoever wanted it.
func TestGivenUp(t *testing.T) {
	n := build(t, small, smooth()...)
	data := &datasets.Dataset{Shape: small, Images: [][]byte{make([]byte, small.Size())}, Labels: []int{0}, Classes: []string{"a"}}
	index, err := inspect.NewIndex(t.Context(), n, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Occlude(ctx, random(small), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("occlusion: %v", err)
	}
	if _, err := index.Nearest(ctx, random(small), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("neighbours: %v", err)
	}
}

// Whatever a network ends in, the probabilities are those that it gives.
func TestOcclusionOfOtherEnds(t *testing.T) {
	for name, last := range map[string][]nn.Spec{"scores": nil, "sigmoid": {layers.Sigmoid{}}} {
		n := build(t, small, append([]nn.Spec{layers.Affine{Units: 3}}, last...)...)
		x := random(small)
		o, err := n.Occlude(t.Context(), x, 1)
		if err != nil {
			t.Fatal(err)
		}
		for row := range o.Size { // the square in the corner
			clear(x.Data[row*small.W*small.C : (row*small.W+o.Size)*small.C])
		}
		near(t, name, float64(o.Probabilities[0]), float64(n.Probabilities(x).Data[1]), 1e-5)
	}
}

// A long image is not hidden at every pixel.
func TestOcclusionOfALongImage(t *testing.T) {
	n := build(t, nn.Shape{H: 4, W: 5000, C: 1}, layers.Pooling{Size: 4}, layers.Affine{Units: 2})
	o, err := n.Occlude(t.Context(), random(n.Input()), 1)
	if err != nil {
		t.Fatal(err)
	}
	if places := o.Rows * o.Columns; places > 1024 || places < 500 || len(o.Probabilities) != places {
		t.Errorf("%d×%d places every %d pixels, %d probabilities", o.Rows, o.Columns, o.Stride, len(o.Probabilities))
	}
}
