package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/lock"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/nn"
	"tatami/pytorch"
)

func newImport(l words.Language) *cobra.Command {
	var name, out string
	cmd := &cobra.Command{
		Use:   "import FILE.safetensors",
		Short: words.Text{EN: "Make a model of weights in PyTorch's layout", JA: "PyTorch の並びの重みからモデルを作る"}.In(l),
		Long: words.Text{
			EN: `Make a model of weights in PyTorch's layout: filters O,I,KH,KW, affine inputs
flattened C,H,W. Tensors find their layers by name and shape; where several
layers fit, the numbers in the names tell the order. Nothing is rescaled.`,
			JA: `PyTorch の並び（フィルターは O,I,KH,KW、Affine の入力は C,H,W の順に平らにしたもの）の重みからモデルを作ります。テンソルは名前と形状で層に結びつけます。当てはまる層がいくつもあるときは、名前の中の番号の順にします。値の大きさは変えません。`,
		}.In(l),
		Example: `  tatami import weights.safetensors --net simple --out model.safetensors`,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if sameFile(args[0], out) {
				return wrongUsage("--out is %s, which is what is to be imported", out)
			}
			if err := lock.Free(filepath.Dir(out)); err != nil {
				return err
			}
			net, err := run.BuildNetwork(name, nn.Shape{}, 10, 1)
			if err != nil {
				return err
			}
			if err := pytorch.Import(net, args[0]); err != nil {
				return err
			}
			if err := nn.Save(out, &nn.Model{Sequential: net, Facts: map[string]string{"imported": filepath.Base(args[0])}}); err != nil {
				return err
			}
			fmt.Println(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "net", "simple", netUsage(l))
	cmd.Flags().StringVar(&out, "out", run.ModelFile, words.Text{EN: "file of the model", JA: "モデルのファイル"}.In(l))
	return cmd
}

// sameFile reports whether both paths lead to one file that exists.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
