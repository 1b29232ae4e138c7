package main

import (
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/measure"
	"tatami/internal/words"
)

func newBench(l words.Language) *cobra.Command {
	var asJSON bool
	var compare string
	nets := []string{"mlp", "simple", "deep"}
	cmd := &cobra.Command{
		Use:  "bench",
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			var before *measure.Report
			if asJSON && compare != "" {
				return wrongUsage("--json and --compare cannot stand together")
			}
			if len(nets) == 0 {
				return wrongUsage("--net names no network")
			}
			if compare != "" {
				var err error
				if before, err = measure.Read(compare); err != nil {
					return err
				}
			}
			r, err := measure.Networks(nets)
			if err != nil {
				return err
			}
			if asJSON {
				return files.EncodeJSON(os.Stdout, r)
			}
			r.Print(os.Stdout, l)
			if before != nil {
				r.PrintComparison(os.Stdout, before, l)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "")
	cmd.Flags().StringVar(&compare, "compare", "", "")
	cmd.Flags().StringSliceVar(&nets, "net", nets, "")
	return cmd
}
