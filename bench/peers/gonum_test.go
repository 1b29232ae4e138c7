package main

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// Sizes of the book's SimpleConvNet.
const (
	batch, side, kernel       = 100, 28, 5
	outSide, filters          = side - kernel + 1, 30
	half                      = outSide / 2
	pixels, taps              = outSide * outSide, kernel * kernel
	flatSize, hidden, classes = half * half * filters, 100, 10
)

// gonumNet is SimpleConvNet with Adam the way the book writes it: windows laid
// out by im2col for all images, and every product by gonum's blas32.
type gonumNet struct {
	params [6]blas32.General // filters, bias, affine, bias, affine, bias; outputs × inputs as tatami has them
	grads  [6]blas32.General
	m, v   [6][]float32
	steps  int

	windows, maps, flat, h, y, dh, dflat, dmaps blas32.General
	where                                       []int32 // of each maximum
	ones                                        blas32.General
}

func newGonumNet(params []*nn.Param) *gonumNet {
	n := &gonumNet{
		windows: matrix(batch*pixels, taps), maps: matrix(batch*pixels, filters), flat: matrix(batch, flatSize),
		h: matrix(batch, hidden), y: matrix(batch, classes), dh: matrix(batch, hidden), dflat: matrix(batch, flatSize),
		dmaps: matrix(batch*pixels, filters), where: make([]int32, batch*flatSize), ones: matrix(1, batch*pixels),
	}
	for i := range n.ones.Data {
		n.ones.Data[i] = 1
	}
	rows := [6]int{filters, 1, hidden, 1, classes, 1}
	for i, p := range params {
		n.params[i] = matrix(rows[i], len(p.Value.Data)/rows[i])
		copy(n.params[i].Data, p.Value.Data)
		n.grads[i] = matrix(n.params[i].Rows, n.params[i].Cols)
		n.m[i], n.v[i] = make([]float32, len(p.Value.Data)), make([]float32, len(p.Value.Data))
	}
	return n
}

func matrix(rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}

// update is a step; it returns the loss before it.
func (n *gonumNet) update(images [][]byte, labels []int) float64 {
	const none, turned = blas.NoTrans, blas.Trans
	for i, image := range images {
		for p := range pixels {
			row := n.windows.Data[(i*pixels+p)*taps:][:taps]
			for k := range row {
				row[k] = float32(image[(p/outSide+k/kernel)*side+p%outSide+k%kernel]) / 255
			}
		}
	}
	blas32.Gemm(none, turned, 1, n.windows, n.params[0], 0, n.maps)
	n.pool()
	blas32.Gemm(none, turned, 1, n.flat, n.params[2], 0, n.h)
	addBias(n.h, n.params[3].Data)
	for i, v := range n.h.Data {
		n.h.Data[i] = max(v, 0)
	}
	blas32.Gemm(none, turned, 1, n.h, n.params[4], 0, n.y)
	addBias(n.y, n.params[5].Data)
	loss := n.softmax(labels)

	dy, top := n.y, blas32.General{Rows: 1, Cols: batch, Stride: batch, Data: n.ones.Data}
	blas32.Gemm(turned, none, 1, dy, n.h, 0, n.grads[4])
	blas32.Gemm(none, none, 1, top, dy, 0, n.grads[5])
	blas32.Gemm(none, none, 1, dy, n.params[4], 0, n.dh)
	for i, v := range n.h.Data {
		if v == 0 {
			n.dh.Data[i] = 0
		}
	}
	blas32.Gemm(turned, none, 1, n.dh, n.flat, 0, n.grads[2])
	blas32.Gemm(none, none, 1, top, n.dh, 0, n.grads[3])
	blas32.Gemm(none, none, 1, n.dh, n.params[2], 0, n.dflat)
	clear(n.dmaps.Data)
	for i, at := range n.where {
		if n.flat.Data[i] > 0 {
			n.dmaps.Data[at] = n.dflat.Data[i]
		}
	}
	blas32.Gemm(turned, none, 1, n.dmaps, n.windows, 0, n.grads[0])
	blas32.Gemm(none, none, 1, n.ones, n.dmaps, 0, n.grads[1])
	n.adam()
	return loss
}

// pool adds the bias and takes ReLU of each 2×2 window's maximum.
func (n *gonumNet) pool() {
	i := 0
	for image := range batch {
		for r := range half {
			for c := range half {
				at := (image*pixels + 2*r*outSide + 2*c) * filters
				for f := range filters {
					best := at + f
					for _, k := range [3]int{at + f + filters, at + f + outSide*filters, at + f + (outSide+1)*filters} {
						if n.maps.Data[k] > n.maps.Data[best] {
							best = k
						}
					}
					n.flat.Data[i], n.where[i] = max(n.maps.Data[best]+n.params[1].Data[f], 0), int32(best)
					i++
				}
			}
		}
	}
}

func addBias(y blas32.General, bias []float32) {
	for i := range y.Data {
		y.Data[i] += bias[i%len(bias)]
	}
}

// softmax replaces the logits by their gradient.
func (n *gonumNet) softmax(labels []int) (loss float64) {
	for i, label := range labels {
		row := n.y.Data[i*classes:][:classes]
		highest, sum := slices.Max(row), 0.0
		for k, v := range row {
			e := math.Exp(float64(v - highest))
			row[k] = float32(e)
			sum += e
		}
		for k := range row {
			row[k] /= float32(sum) * batch
		}
		loss -= math.Log(float64(row[label])*batch) / batch
		row[label] -= 1. / batch
	}
	return loss
}

func (n *gonumNet) adam() {
	n.steps++
	c1, c2 := 1-math.Pow(0.9, float64(n.steps)), 1-math.Pow(0.999, float64(n.steps))
	rate, root := float32(0.001/c1), float32(1/math.Sqrt(c2))
	for i := range n.params {
		w, g, m, v := n.params[i].Data, n.grads[i].Data, n.m[i], n.v[i]
		for k, d := range g {
			m[k] += 0.1 * (d - m[k])
			v[k] += 0.001 * (d*d - v[k])
			w[k] -= rate * m[k] / (float32(math.Sqrt(float64(v[k])))*root + 1e-8)
		}
	}
}

func simpleTrainer(t testing.TB, updates int) (*train.Trainer, *datasets.Dataset) {
	data, _, err := datasets.MNIST()
	if err != nil {
		t.Fatal(err)
	}
	data = data.Limit(batch)
	network, err := networks.Find("simple")
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 0)), network.Specs(classes)...)
	if err != nil {
		t.Fatal(err)
	}
	return &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: batch, Seed: 1},
		Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.001}, Epochs: updates,
	}, data
}

// TestGonumStep: it is the same step.
func TestGonumStep(t *testing.T) {
	trainer, data := simpleTrainer(t, 5)
	peer := newGonumNet(trainer.Net.Params())
	h, err := trainer.Fit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range h.Steps {
		if loss := peer.update(data.Images, data.Labels); math.Abs(loss-s.Loss) > 1e-3*s.Loss {
			t.Errorf("step %d: loss %g over gonum, %g in tatami", s.Step, loss, s.Loss)
		}
	}
}

// BenchmarkStep compares tatami's instruction set of the day, TATAMI_ISA, with
// gonum's blas32 on a step of SimpleConvNet.
func BenchmarkStep(b *testing.B) {
	b.Run("tatami", func(b *testing.B) {
		trainer, _ := simpleTrainer(b, b.N)
		b.ResetTimer()
		if _, err := trainer.Fit(context.Background()); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		trainer, data := simpleTrainer(b, 1)
		peer := newGonumNet(trainer.Net.Params())
		for b.Loop() {
			peer.update(data.Images, data.Labels)
		}
	})
}
