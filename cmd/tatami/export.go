package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/internal/words"
)

func newExport(l words.Language) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export MODEL",
		Short: words.Text{EN: "Write a model as ONNX, for other programs", JA: "モデルを ONNX で書き出す"}.In(l),
		Long: words.Text{
			EN: `Write a model as ONNX, which onnxruntime and others run: float32 images of
batch×C×H×W, pixels from 0 to 1. Dropout is left out; names of classes are in the
file's metadata.`,
			JA: `モデルを ONNX で書き出します。onnxruntime などで実行できます。入力は batch×C×H×W の float32 の画像で、ピクセル値は 0 から 1 です。Dropout は省かれます。クラス名はファイルのメタデータに入ります。`,
		}.In(l),
		Example: `  tatami export runs/first --out model.onnx`,
		Args:    arguments(1, 1),
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
	cmd.Flags().StringVar(&out, "out", "model.onnx", words.Text{EN: "file of the network", JA: "ネットワークのファイル"}.In(l))
	return cmd
}
