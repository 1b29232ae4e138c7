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
		Use:   "export MODEL",
		Short: "Write a model as ONNX, for other programs",
		Long: `Write a model as ONNX, which onnxruntime and others run: float32 images of
batch×C×H×W, pixels from 0 to 1. Dropout is left out; names of classes are in the
file's metadata.`,
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
			fmt.Println(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "model.onnx", "file of the network")
	return cmd
}
