package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/lock"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/layers/pytorch"
	"tatami/nn"
)

func newImport(l words.Language) *cobra.Command {
	var name, out string
	var mean, std []float64
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: words.Text{EN: "Make a model of an ONNX file, or of weights in PyTorch's layout", JA: "ONNX ファイルや、PyTorch の並びの重みからモデルを作る"}.In(l),
		Long: words.Text{
			EN: `Make a model of an ONNX file (FILE.onnx), or of weights in PyTorch's layout
(FILE.safetensors).

An ONNX file tells its network itself. Where it wants pixels other than from 0 to
1, --mean and --std say so, as (pixel − mean)/std.

Weights in PyTorch's layout are those of the network --net: filters O,I,KH,KW,
affine inputs flattened C,H,W. Tensors find their layers by name and shape; where
several layers fit, the numbers in the names tell the order. Nothing is rescaled.`,
			JA: `ONNX ファイル（FILE.onnx）、または PyTorch の並びの重み（FILE.safetensors）からモデルを作ります。

ONNX ファイルは、ネットワークの構造も含みます。0 から 1 以外のピクセル値を必要とするときは、--mean と --std で（ピクセル値 − mean）/std のように指定します。

PyTorch の並びの重みは、--net のネットワークのものです（フィルターは O,I,KH,KW、Affine の入力は C,H,W の順に平らにしたもの）。テンソルは名前と形状で層に結びつけます。当てはまる層がいくつもあるときは、名前の中の番号の順にします。値の大きさは変えません。`,
		}.In(l),
		Example: `  tatami import weights.safetensors --net simple --out model.safetensors
  tatami import network.onnx --out model.safetensors`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if sameFile(args[0], out) {
				return wrongUsage("--out is %s, which is what is to be imported", out)
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
			fmt.Println(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "net", "simple", netUsage(l))
	cmd.Flags().Float64SliceVar(&mean, "mean", []float64{0}, words.Text{EN: "what an ONNX network wants subtracted from pixels, one number or one a channel", JA: "ONNX のネットワークがピクセル値から引く値。1 つ、またはチャンネルごと"}.In(l))
	cmd.Flags().Float64SliceVar(&std, "std", []float64{1}, words.Text{EN: "what it wants them divided by then", JA: "そのあとで割る値"}.In(l))
	cmd.Flags().StringVar(&out, "out", run.ModelFile, words.Text{EN: "file of the model", JA: "モデルのファイル"}.In(l))
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

// sameFile reports whether both paths lead to one file that exists.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
