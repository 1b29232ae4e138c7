package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/measure"
	"tatami/internal/run"
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
			if compare != "" {
				if err := files.Regular(compare); err != nil {
					return err
				}
				text, err := os.ReadFile(compare)
				if err != nil {
					return fmt.Errorf("cannot read %s: %w", compare, files.Cause(err))
				}
				before = new(measure.Report)
				if err := json.Unmarshal(text, before); err != nil {
					return fmt.Errorf("%s: not a report of bench --json: %w", compare, err)
				}
				if len(before.Networks) == 0 {
					return fmt.Errorf("%s: not a report of bench --json: it has no networks", compare)
				}
			}
			r, err := bench(nets)
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

// bench measures networks of those names on MNIST.
func bench(nets []string) (*measure.Report, error) {
	data, test, err := datasets.MNIST()
	if err != nil {
		return nil, err
	}
	r := measure.Machine()
	for _, name := range nets {
		net, err := run.BuildNetwork(name, data.Shape, len(data.Classes), 1)
		if err != nil {
			return nil, err
		}
		if err := r.Network(name, net, data, test); err != nil {
			return nil, err
		}
	}
	return r, nil
}
