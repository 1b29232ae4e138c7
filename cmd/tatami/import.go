package main

import (
	"cmp"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/lock"
	"tatami/internal/run"
	"tatami/layers/pytorch"
	"tatami/nn"
)

func newImport() *cobra.Command {
	var name, out string
	var mean, std []float64
	cmd := &cobra.Command{
		Use:  "import FILE",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(checkInput("out", out, args[0]), checkRun(out)); err != nil {
				return err
			}
			standardized := cmd.Flags().Changed("mean") || cmd.Flags().Changed("std")
			isONNX := filepath.Ext(args[0]) == ".onnx"
			if isONNX && cmd.Flags().Changed("net") {
				return wrongUsage("--net is for weights alone, but %s tells its network itself", args[0])
			}
			if standardized && !isONNX {
				return wrongUsage("--mean and --std are for ONNX alone, wanted a FILE.onnx")
			}
			if err := lock.Free(filepath.Dir(out)); err != nil {
				return err
			}
			var m *nn.Model
			var err error
			if isONNX {
				m, err = run.ImportONNX(args[0])
			} else {
				m, err = importWeights(args[0], name)
			}
			if err != nil {
				return err
			}
			if standardized {
				if m, err = run.Standardized(m, mean, std); err != nil {
					return err
				}
			}
			if err := nn.Save(out, m); err != nil {
				return err
			}
			return say(out)
		},
	}
	cmd.Flags().StringVar(&name, "net", "simple", "")
	cmd.Flags().Float64SliceVar(&mean, "mean", []float64{0}, "")
	cmd.Flags().Float64SliceVar(&std, "std", []float64{1}, "")
	cmd.Flags().StringVar(&out, "out", run.ModelFile, "")
	return cmd
}

// importWeights makes a model of weights in PyTorch's layout.
func importWeights(path, network string) (*nn.Model, error) {
	net, err := run.BuildNetwork(network, nn.Shape{}, 10, 1)
	if err != nil {
		return nil, err
	}
	if err := pytorch.Import(net, path); err != nil {
		return nil, err
	}
	return &nn.Model{Sequential: net, Facts: map[string]string{"imported": filepath.Base(path)}}, nil
}
