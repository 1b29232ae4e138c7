package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/lock"
	"tatami/internal/run"
	"tatami/nn"
	"tatami/pytorch"
)

func newImport() *cobra.Command {
	var name, out string
	cmd := &cobra.Command{
		Use:   "import FILE.safetensors",
		Short: "Make a model of weights in PyTorch's layout",
		Long: `Make a model of weights in PyTorch's layout: filters O,I,KH,KW, affine inputs
flattened C,H,W. Tensors find their layers by name and shape; where several
layers fit, the numbers in the names tell the order. Nothing is rescaled.`,
		Args: arguments(1, 1),
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
	cmd.Flags().StringVar(&name, "net", "simple", "network: "+run.NetworkNames())
	cmd.Flags().StringVar(&out, "out", run.ModelFile, "file of the model")
	return cmd
}

// sameFile reports whether both paths lead to one file that exists.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
