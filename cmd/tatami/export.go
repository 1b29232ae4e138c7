package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/run"
)

func newExport() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:  "export MODEL",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if filepath.Ext(out) != ".onnx" {
				return wrongUsage("--out is %q, wanted a file that ends in .onnx", out)
			}
			m, err := run.LoadModel(args[0])
			if err != nil {
				return err
			}
			if err := run.ExportONNX(out, m); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return say(out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "model.onnx", "")
	return cmd
}
