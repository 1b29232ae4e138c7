package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tatami/nn"
)

func newSummary() *cobra.Command {
	return &cobra.Command{
		Use:   "summary NET|MODEL",
		Short: "Print a network's layers, output shapes, parameters and work",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.HasSuffix(args[0], ".safetensors") {
				m, err := loadModel(args[0])
				if err != nil {
					return err
				}
				fmt.Print(m.Sequential)
				return nil
			}
			net, err := buildNetwork(args[0], nn.Shape{}, 10, 1)
			if err != nil {
				return err
			}
			fmt.Print(net)
			return nil
		},
	}
}
