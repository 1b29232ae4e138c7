package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/layers"
	"tatami/nn"
)

func newSummary() *cobra.Command {
	return &cobra.Command{
		Use:   "summary NET|MODEL|FILE.json",
		Short: "Print a network's layers, output shapes, parameters and work",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isModel(args[0]) {
				m, err := run.LoadModel(args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Print(m.Sequential)
				return err
			}
			net, err := run.BuildNetwork(args[0], nn.Shape{}, 10, 1)
			if err != nil {
				return err
			}
			_, err = fmt.Print(net)
			return err
		},
	}
}

// isModel tells a model's file, which may have any name, from a network.
func isModel(name string) bool {
	if _, err := layers.FindNetwork(name); err == nil || strings.HasSuffix(name, ".json") {
		return false
	}
	_, err := os.Stat(name)
	return err == nil || strings.HasSuffix(name, ".safetensors")
}
