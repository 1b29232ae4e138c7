package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"tatami/internal/files"
	"tatami/layers"
	"tatami/nn"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// findNetwork is the network of that name for images of the given shape and
// number of classes, or the one that a JSON file describes.
func findNetwork(name string, shape nn.Shape, classes int) (nn.Shape, []nn.Spec, error) {
	if strings.HasSuffix(name, ".json") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nn.Shape{}, nil, fmt.Errorf("cannot read %s: %w", name, files.Cause(err))
		}
		in, specs, err := nn.ParseArchitecture(text, layers.Catalog())
		if err != nil {
			return nn.Shape{}, nil, fmt.Errorf("%s: %w", name, err)
		}
		return in, specs, nil
	}
	n, err := layers.FindNetwork(name)
	if err != nil {
		return nn.Shape{}, nil, usageError{err}
	}
	if shape == (nn.Shape{}) {
		shape = n.Input
	}
	return shape, n.Specs(classes), nil
}

// networkNames lists for a flag's help what findNetwork finds.
func networkNames() string {
	var names []string
	for _, n := range layers.Networks() {
		names = append(names, n.Name)
	}
	return strings.Join(names, ", ") + ", or FILE.json with an architecture"
}

// buildNetwork is findNetwork with weights drawn from seed.
func buildNetwork(name string, shape nn.Shape, classes int, seed uint64) (*nn.Sequential, error) {
	in, specs, err := findNetwork(name, shape, classes)
	if err != nil {
		return nil, err
	}
	net, err := nn.NewSequential(in, newRand(seed), specs...)
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	return net, nil
}

func loadModel(path string) (*nn.Model, error) { return nn.Load(path, layers.Catalog()) }
