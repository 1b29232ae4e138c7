package run

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"tatami/internal/files"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

// FindNetwork is the network of that name for images of the given shape and
// number of classes, or the one that a JSON file describes. The zero shape is
// the network's own.
func FindNetwork(name string, shape nn.Shape, classes int) (nn.Shape, []nn.Spec, error) {
	if strings.HasSuffix(name, ".json") {
		if err := files.Regular(name); err != nil {
			return nn.Shape{}, nil, err
		}
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
	n, err := networks.Find(name)
	if err != nil {
		return nn.Shape{}, nil, SettingError{err}
	}
	if shape == (nn.Shape{}) {
		shape = n.Input
	}
	return shape, n.For(shape, classes), nil
}

// BuildNetwork is FindNetwork with weights drawn from seed.
func BuildNetwork(name string, shape nn.Shape, classes int, seed uint64) (*nn.Sequential, error) {
	in, specs, err := FindNetwork(name, shape, classes)
	if err != nil {
		return nil, err
	}
	net, err := nn.NewSequential(in, newRand(seed), specs...)
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	return net, nil
}

// NetworkOf is the network of a model, or else the one of that name, for 10
// classes, or of a JSON file.
func NetworkOf(name string) (*nn.Sequential, error) {
	if !isModel(name) {
		return BuildNetwork(name, nn.Shape{}, 10, 1)
	}
	m, err := LoadModel(name)
	if err != nil {
		return nil, err
	}
	return m.Sequential, nil
}

// isModel tells a model's file, which may have any name, from a network.
func isModel(name string) bool {
	if _, err := networks.Find(name); err == nil || strings.HasSuffix(name, ".json") {
		return false
	}
	_, err := os.Stat(name)
	return err == nil || strings.HasSuffix(name, ".safetensors")
}

// FirstFilters is a copy of a network's first weight, nil if there is none.
func FirstFilters(net *nn.Sequential) *nn.Tensor {
	for _, p := range net.Params() {
		if p.Name == "weight" {
			c := nn.NewTensor(p.Value.N, p.Value.Shape)
			copy(c.Data, p.Value.Data)
			return c
		}
	}
	return nil
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
