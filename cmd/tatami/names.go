package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"tatami/datasets"
	"tatami/internal/suggest"
	"tatami/layers"
	"tatami/nn"
)

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usageError{suggest.Unknown("command", args[0], names)}
}

// findNetwork is the network of that name for images of the given shape and
// number of classes, or the one that a JSON file describes.
func findNetwork(name string, shape nn.Shape, classes int) (nn.Shape, []nn.Spec, error) {
	if strings.HasSuffix(name, ".json") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nn.Shape{}, nil, err
		}
		in, specs, err := nn.ParseArchitecture(text, layers.Catalog())
		if err != nil {
			return nn.Shape{}, nil, fmt.Errorf("%s: %w", name, err)
		}
		return in, specs, nil
	}
	var names []string
	for _, n := range layers.Networks() {
		if n.Name == name {
			if shape == (nn.Shape{}) {
				shape = n.Input
			}
			return shape, n.Specs(classes), nil
		}
		names = append(names, n.Name)
	}
	return nn.Shape{}, nil, suggest.Unknown("network", name, names)
}

// buildNetwork is findNetwork with weights drawn from seed.
func buildNetwork(name string, shape nn.Shape, classes int, seed uint64) (*nn.Sequential, error) {
	in, specs, err := findNetwork(name, shape, classes)
	if err != nil {
		return nil, err
	}
	net, err := nn.NewSequential(in, rand.New(rand.NewPCG(seed, 0)), specs...)
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	return net, nil
}

func loadData(dir string) (train, test *datasets.Dataset, err error) {
	if dir == "" {
		return datasets.MNIST()
	}
	return datasets.Folder(dir)
}

// writeFile writes what write gives, beside path first and then renamed.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	defer f.Cleanup()
	if err := write(f); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
