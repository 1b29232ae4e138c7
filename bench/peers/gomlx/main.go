// Command gomlx is GoMLX's side of bench/peers/run, on its backend in pure Go.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/gomlx/compute/gobackend"
	G "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

const batch = 100

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: gomlx DATA NET BATCHES")
		os.Exit(2)
	}
	batches, err := strconv.Atoi(os.Args[3])
	check(err)
	images, err := os.ReadFile(filepath.Join(os.Args[1], "images.bin"))
	check(err)
	labels, err := os.ReadFile(filepath.Join(os.Args[1], "labels.bin"))
	check(err)

	network, ok := map[string]func(*model.Scope, *G.Node) *G.Node{"mlp": mlp, "simple": simple, "deep": deep}[os.Args[2]]
	if !ok {
		log.Fatalf("unknown network %q", os.Args[2])
	}
	rule := optimizer.Adam().LearningRate(0.001).Epsilon(1e-8).Done()
	if os.Args[2] == "mlp" {
		rule = optimizer.StochasticGradientDescent().WithLearningRate(0.1).WithDecay(false).Done()
	}
	backend, err := gobackend.New("")
	check(err)
	trainer := train.NewTrainer(backend, model.NewStore(), network, loss.SparseCategoricalCrossEntropyLogits, rule, nil, nil)

	xs, ys := make([]float32, batch*784), make([]int32, batch)
	var value float32
	var start time.Time
	for b := range batches + 1 {
		if b == 1 { // the first one also prepares
			start = time.Now()
		}
		at := b * batch % len(labels)
		for i, v := range images[at*784 : (at+batch)*784] {
			xs[i] = float32(v) / 255
		}
		for i, l := range labels[at : at+batch] {
			ys[i] = int32(l)
		}
		metrics, err := trainer.TrainStep(train.Batch{
			Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(xs, batch, 28, 28, 1)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(ys, batch, 1)},
		})
		check(err)
		value = tensors.ToScalar[float32](metrics[0])
	}
	seconds := time.Since(start).Seconds() * float64(len(labels)/batch) / float64(batches)
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": []float64{seconds}, "loss": value, "memory": float64(usage.Maxrss) * 1024,
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func mlp(s *model.Scope, x *G.Node) *G.Node {
	h := activation.Relu(layers.Dense(s.In("1"), G.Reshape(x, batch, 784), true, 50))
	return layers.Dense(s.In("2"), h, true, 10)
}

func simple(s *model.Scope, x *G.Node) *G.Node {
	h := pool(convolution(s.In("1"), x, 30, 5, 0))
	h = activation.Relu(layers.Dense(s.In("2"), G.Reshape(h, batch, 4320), true, 100))
	return layers.Dense(s.In("3"), h, true, 10)
}

func deep(s *model.Scope, x *G.Node) *G.Node {
	h := convolution(s.In("1"), x, 16, 3, 1)
	h = pool(convolution(s.In("2"), h, 16, 3, 1))
	h = convolution(s.In("3"), h, 32, 3, 1)
	h = pool(convolution(s.In("4"), h, 32, 3, 2))
	h = convolution(s.In("5"), h, 64, 3, 1)
	h = pool(convolution(s.In("6"), h, 64, 3, 1))
	h = activation.Relu(layers.Dense(s.In("7"), G.Reshape(h, batch, 1024), true, 50))
	h = layers.Dense(s.In("8"), layers.DropoutStatic(s, h, 0.5), true, 10)
	return layers.DropoutStatic(s, h, 0.5)
}

// convolution lays the windows out for Dense: layers.Convolution takes over
// twenty times as long on this backend.
func convolution(s *model.Scope, x *G.Node, filters, kernel, pad int) *G.Node {
	for axis := 1; pad > 0 && axis <= 2; axis++ { // G.Pad has no gradient
		edge := x.Shape().Clone()
		edge.Dimensions[axis] = pad
		zeros := G.Zeros(x.Graph(), edge)
		x = G.Concatenate([]*G.Node{zeros, x, zeros}, axis)
	}
	h, w := x.Shape().Dim(1)-kernel+1, x.Shape().Dim(2)-kernel+1
	var windows []*G.Node
	for r := range kernel {
		for c := range kernel {
			windows = append(windows, G.Slice(x, G.AxisRange(), G.AxisRange(r, r+h), G.AxisRange(c, c+w)))
		}
	}
	return activation.Relu(layers.Dense(s, G.Concatenate(windows, -1), true, filters))
}

// pool takes the maximum of each 2×2 window; the backend has no gradient of
// G.MaxPool.
func pool(x *G.Node) *G.Node {
	h, w, c := x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	x = larger(G.Reshape(x, batch*h/2, 2, w*c)) // of two rows
	x = larger(G.Reshape(x, batch*h*w/4, 2, c)) // of two columns
	return G.Reshape(x, batch, h/2, w/2, c)
}

// larger compares the two halves of each row.
func larger(x *G.Node) *G.Node {
	return G.Max(G.Slice(x, G.AxisRange(), G.AxisElem(0)), G.Slice(x, G.AxisRange(), G.AxisElem(1)))
}
