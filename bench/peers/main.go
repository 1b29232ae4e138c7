//go:build unix

// Command peers is tatami's side of bench/peers/run: it hands the data to the
// peers, trains as they do, prints the table of ratios, and keeps their history.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// timing is what one process measured: the same JSON on both sides.
type timing struct {
	Version         string    `json:"version,omitempty"`
	Seconds         []float64 `json:"seconds"` // of each epoch
	Loss            float64   `json:"loss"`
	Latency         float64   `json:"latency"` // of one image
	ImagesPerSecond float64   `json:"images_per_second"`
	Memory          float64   `json:"memory"` // at its peak, in bytes
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "dump":
		return dump(args[1])
	case len(args) == 3 && args[0] == "epoch":
		epochs, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return epoch(args[1], epochs)
	case len(args) == 2 && args[0] == "onnxruntime":
		return onnxruntime(args[1])
	case len(args) > 2 && args[0] == "table":
		return table(args[1], args[2:])
	case len(args) > 4 && args[0] == "history":
		return history(args[1], args[2], args[3], args[4:])
	case len(args) == 2 && args[0] == "slower":
		return slower(args[1])
	}
	return errors.New("usage: peers dump DIR | epoch NET EPOCHS | onnxruntime NET | table DIR NET… | history DIR FILE COMMIT NET… | slower FILE")
}

// dump writes the training images and labels as plain bytes.
func dump(dir string) error {
	data, _, err := datasets.MNIST()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "images.bin"), slices.Concat(data.Images...), 0o644); err != nil {
		return err
	}
	labels := make([]byte, data.Len())
	for i, label := range data.Labels {
		labels[i] = byte(label)
	}
	return os.WriteFile(filepath.Join(dir, "labels.bin"), labels, 0o644)
}

// epoch trains and prints the timing.
func epoch(name string, epochs int) error {
	data, _, err := datasets.MNIST()
	if err != nil {
		return err
	}
	network, err := networks.Find(name)
	if err != nil {
		return err
	}
	net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 0)), network.Specs(10)...)
	if err != nil {
		return err
	}
	t := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 100, Seed: 1},
		Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.001}, Epochs: epochs,
	}
	if name == "mlp" {
		t.Rule, t.Schedule = optim.SGD{}, optim.Constant{Base: 0.1}
	}
	h, err := t.Fit(context.Background())
	if err != nil {
		return err
	}
	var result timing
	for _, e := range h.Epochs {
		result.Seconds = append(result.Seconds, e.Seconds)
	}
	result.Loss = h.Steps[len(h.Steps)-1].Loss
	x, y := datasets.Tensor(data.Shape, data.Images[0]), nn.NewTensor(1, net.Output())
	result.Latency = each(2000, func() { net.PredictInto(y, x) })
	some := datasets.Tensor(data.Shape, data.Images[:10000]...)
	result.ImagesPerSecond = 10000 / each(5, func() { train.Predict(net, some) })
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	result.Memory = float64(usage.Maxrss) * 1024
	return json.NewEncoder(os.Stdout).Encode(result)
}

// each is the mean time of n calls, after a few to warm up.
func each(n int, f func()) float64 {
	for range n/10 + 1 {
		f()
	}
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start).Seconds() / float64(n)
}
