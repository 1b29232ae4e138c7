package layers_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
)

var losses = []nn.Loss{layers.SoftmaxWithLoss{}, layers.SoftmaxWithLoss{Smoothing: 0.1}, layers.MeanSquaredError{}, layers.SigmoidWithLoss{}}

// TestSoftmaxOfFarApart: outputs of ±1e4, and as large as numbers are, give a
// finite loss, gradient and probabilities.
func TestSoftmaxOfFarApart(t *testing.T) {
	const huge = math.MaxFloat32
	x := &nn.Tensor{N: 4, Shape: nn.Features(3), Data: []float32{
		1e4, -1e4, 0,
		-1e4, -1e4, -1e4,
		1e4, 1e4, -1e4,
		huge, -huge, 0,
	}}
	probabilities := []float64{1, 0, 0, 1. / 3, 1. / 3, 1. / 3, 0.5, 0.5, 0, 1, 0, 0}
	targets := nn.Targets{Labels: []int{1, 2, 0, 0}}
	want := []float64{2e4, math.Log(3), math.Log(2), 0}

	net := network(t, x.Shape, layers.Softmax{})
	golden.Close(t, "probabilities", net.Predict(x).Data, probabilities, golden.Tolerance)
	dx := nn.NewTensor(4, x.Shape)
	for n := range x.N {
		one := nn.Targets{Labels: targets.Labels[n : n+1]}
		loss := layers.SoftmaxWithLoss{}.Loss(dx.Slice(n, n+1), x.Slice(n, n+1), one, 1)
		golden.Close(t, fmt.Sprintf("loss of sample %d", n), []float64{loss}, want[n:n+1], golden.Tolerance)
		probabilities[3*n+targets.Labels[n]]--
	}
	golden.Close(t, "dx", dx.Data, probabilities, golden.Tolerance)
	smooth := layers.SoftmaxWithLoss{Smoothing: 0.1}
	if loss := smooth.Loss(dx, x.Slice(0, 3), nn.Targets{Labels: targets.Labels[:3]}, 3); math.IsNaN(loss) || math.IsInf(loss, 0) {
		t.Errorf("smoothed loss is %v", loss)
	}
}

// TestLossPassesNonFinite: no loss hides a NaN or an Inf.
func TestLossPassesNonFinite(t *testing.T) {
	for _, loss := range losses {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			x, dx := random(rng(1), 3, nn.Features(4)), nn.NewTensor(3, nn.Features(4))
			x.Data[6] = float32(bad)
			sum := loss.Loss(dx, x, nn.Targets{Labels: []int{0, 1, 2}}, 3)
			if !math.IsNaN(sum) && !math.IsInf(sum, 0) {
				t.Errorf("%#v of %v is %v", loss, bad, sum)
			}
			finite := true
			for _, d := range dx.Sample(1) {
				finite = finite && d-d == 0
			}
			if finite {
				t.Errorf("%#v of %v has the gradient %v", loss, bad, dx.Sample(1))
			}
		}
	}
}

// TestLossTargets: labels are the values 1 at the label and 0 elsewhere, and
// values that are probabilities are taken as they are.
func TestLossTargets(t *testing.T) {
	const classes = 300 // more than a loss keeps room for
	x := random(rng(1), 3, nn.Features(classes))
	labels := nn.Targets{Labels: []int{0, 299, 7}}
	hot := nn.NewTensor(3, x.Shape)
	for n, label := range labels.Labels {
		hot.Sample(n)[label] = 1
	}
	even := nn.NewTensor(3, x.Shape)
	for i := range even.Data {
		even.Data[i] = 1.0 / classes
	}
	for _, loss := range losses {
		dl, dv := nn.NewTensor(3, x.Shape), nn.NewTensor(3, x.Shape)
		byLabels := loss.Loss(dl, x, labels, 3)
		byValues := loss.Loss(dv, x, nn.Targets{Values: hot}, 3)
		golden.Close(t, fmt.Sprintf("%#v by labels", loss), []float64{byLabels}, []float64{byValues}, 1e-9)
		golden.Close(t, fmt.Sprintf("%#v: dx by labels", loss), dl.Data, dv.Data, golden.Tolerance)
		r, err := oracle.Of(network(t, x.Shape, layers.Dropout{}))
		if err != nil {
			t.Fatal(err)
		}
		got := loss.Loss(dv, x, nn.Targets{Values: even}, 3)
		want := r.Loss(loss, oracle.From(x), nn.Targets{Values: even})
		golden.Close(t, fmt.Sprintf("%#v by probabilities", loss), []float64{got / 3}, []float64{want}, golden.Tolerance)
		wantDX, _ := r.Gradients(loss, oracle.From(x), nn.Targets{Values: even})
		golden.Close(t, fmt.Sprintf("%#v: dx by probabilities", loss), dv.Data, wantDX.Data, golden.Tolerance)
	}
}

// TestClassWeights: a batch's loss is the weighted mean of its samples' own, and
// the gradient that of the formula in float64.
func TestClassWeights(t *testing.T) {
	x, targets := random(rng(1), 3, nn.Features(3)), nn.Targets{Labels: []int{2, 0, 2}}
	weights := []float64{0.5, 7, 2}
	own := func(n int) float64 {
		return layers.SoftmaxWithLoss{}.Loss(nil, x.Slice(n, n+1), targets.Slice(n, n+1), 1)
	}
	got := nn.Mean(layers.SoftmaxWithLoss{Weights: weights}, nil, x, targets)
	golden.Close(t, "loss", []float64{got}, []float64{(2*own(0) + 0.5*own(1) + 2*own(2)) / 4.5}, golden.Tolerance)
	none := layers.SoftmaxWithLoss{Weights: make([]float64, 3)}
	if loss := nn.Mean(none, nil, x, targets); loss != 0 {
		t.Errorf("of classes that count for nothing the loss is %g", loss)
	}
	r, err := oracle.Of(network(t, x.Shape, layers.Dropout{}))
	if err != nil {
		t.Fatal(err)
	}
	soft := nn.Targets{Values: &nn.Tensor{N: 3, Shape: x.Shape, Data: []float32{0.2, 0.3, 0.5, 1, 0, 0, 0, 0.75, 0.25}}}
	loss := layers.SoftmaxWithLoss{Weights: weights}
	for name, targets := range map[string]nn.Targets{"labels": targets, "probabilities": soft} {
		dx := nn.NewTensor(3, x.Shape)
		got := nn.Mean(loss, dx, x, targets)
		want, _ := r.Gradients(loss, oracle.From(x), targets)
		golden.Close(t, name+": loss", []float64{got}, []float64{r.Loss(loss, oracle.From(x), targets)}, golden.Tolerance)
		golden.Close(t, name+": dx", dx.Data, want.Data, golden.Tolerance)
	}
}

// TestSigmoidFolds: in training the loss stands for a trailing Sigmoid, and
// without a way back the network gives probabilities.
func TestSigmoidFolds(t *testing.T) {
	in := nn.Features(4)
	net := network(t, in, layers.Affine{Units: 3}, layers.Sigmoid{})
	x := random(rng(2), 5, in)
	logits := net.NewPass(nn.PassConfig{Capacity: 5, Loss: layers.SigmoidWithLoss{}}).Forward(x)
	want := make([]float64, len(logits.Data))
	for i, v := range logits.Data {
		want[i] = 1 / (1 + math.Exp(-float64(v)))
	}
	golden.Close(t, "probabilities", net.Predict(x).Data, want, golden.Tolerance)
}

// TestLossRefuses: labels that are no class would be learned as nothing.
func TestLossRefuses(t *testing.T) {
	x := random(rng(1), 2, nn.Features(3))
	for name, targets := range map[string]nn.Targets{
		"a label too large":   {Labels: []int{0, 3}},
		"a negative label":    {Labels: []int{-1, 0}},
		"a label missing":     {Labels: []int{0}},
		"a label more":        {Labels: []int{0, 1, 2}},
		"no targets":          {},
		"values of one class": {Values: nn.NewTensor(2, nn.Features(1))},
		"values of a sample":  {Values: nn.NewTensor(1, nn.Features(3))},
	} {
		for _, loss := range losses {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%#v takes %s", loss, name)
					}
				}()
				loss.Loss(nil, x, targets, 2)
			}()
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("SoftmaxWithLoss takes images")
		}
	}()
	image := random(rng(1), 2, nn.Shape{H: 1, W: 2, C: 3})
	layers.SoftmaxWithLoss{}.Loss(nil, image, nn.Targets{Labels: []int{0, 1}}, 2)
}
