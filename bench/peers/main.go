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
	case len(args) > 2 && args[0] == "dump":
		return dump(args[1], args[2:])
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
	return errors.New("usage: peers dump DIR NET… | epoch NET EPOCHS | onnxruntime NET | table DIR NET… | history DIR FILE COMMIT NET… | slower FILE")
}

// dump writes the networks, and the training images and labels as plain bytes.
func dump(dir string, nets []string) error {
	digits, _, err := datasets.MNIST()
	if err != nil {
		return err
	}
	for name, data := range map[string]*datasets.Dataset{"images.bin": digits, "photographs.bin": photographs(digits)} {
		if err := os.WriteFile(filepath.Join(dir, name), slices.Concat(data.Images...), 0o644); err != nil {
			return err
		}
	}
	labels := make([]byte, digits.Len())
	for i, label := range digits.Labels {
		labels[i] = byte(label)
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.bin"), labels, 0o644); err != nil {
		return err
	}
	for _, name := range nets {
		net, err := build(name, dataFor(name, digits))
		if err != nil {
			return err
		}
		if err := nn.Save(filepath.Join(dir, name+".safetensors"), &nn.Model{Sequential: net}); err != nil {
			return err
		}
	}
	return nil
}

// photographic are the networks that are made for photographs.
var photographic = []string{"resnet", "small", "cifar"}

// dataFor are the digits, or photographs for the networks that are made for them.
func dataFor(net string, digits *datasets.Dataset) *datasets.Dataset {
	if slices.Contains(photographic, net) {
		return photographs(digits)
	}
	return digits
}

// photographs have the shape of CIFAR's, are a tenth as many, and show digits:
// what they show does not matter to the time that a step takes.
func photographs(digits *datasets.Dataset) *datasets.Dataset {
	d := digits.Limit(5000)
	p := &datasets.Dataset{Shape: nn.Shape{H: 32, W: 32, C: 3}, Labels: d.Labels, Classes: d.Classes}
	top, left := (p.H-d.H)/2, (p.W-d.W)/2
	for _, digit := range d.Images {
		image := make([]byte, p.Size())
		for i, v := range digit {
			at := ((top+i/d.W)*p.W + left + i%d.W) * p.C
			for c := range p.C {
				image[at+c] = v / byte(c+1)
			}
		}
		p.Images = append(p.Images, image)
	}
	return p
}

func build(name string, data *datasets.Dataset) (*nn.Sequential, error) {
	network, err := networks.Find(name)
	if err != nil {
		return nil, err
	}
	return nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 0)), network.For(data.Shape, len(data.Classes))...)
}

// epoch trains and prints the timing.
func epoch(name string, epochs int) error {
	digits, _, err := datasets.MNIST()
	if err != nil {
		return err
	}
	data := dataFor(name, digits)
	net, err := build(name, data)
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
	calls := data.Len() / 30
	result.Latency = each(calls, func() { net.PredictInto(y, x) })
	some := datasets.Tensor(data.Shape, data.Images[:data.Len()/6]...)
	result.ImagesPerSecond = float64(some.N) / each(5, func() { train.Predict(net, some) })
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
