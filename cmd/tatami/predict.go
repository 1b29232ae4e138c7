package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/describe"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/nn"
)

func newPredict(l words.Language) *cobra.Command {
	var asJSON bool
	budget := run.Budget(1)
	cmd := &cobra.Command{
		Use:  "predict MODEL IMAGE…",
		Args: arguments(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := run.LoadModelWithin(args[0], budget)
			if err != nil {
				return err
			}
			if out := m.Output(); out != nn.Features(out.Size()) {
				return fmt.Errorf("%s: its output is an image of %v, wanted a number a class", args[0], out)
			}
			var all []describe.Prediction
			var failed failures
			text, doubts := "", ""
			for _, path := range args[1:] {
				x, err := run.ReadPicture(path, m)
				if err != nil {
					failed = append(failed, err)
					continue
				}
				p, err := describe.Predicted(args[0], m, path, x)
				if err != nil {
					failed = append(failed, err)
					continue
				}
				all = append(all, p)
				text += p.Text()
				doubts += p.DoubtsText(l)
			}
			if len(all) > 0 && asJSON {
				err = files.EncodeJSON(os.Stdout, all)
			} else {
				_, err = fmt.Print(text)
				fmt.Fprint(os.Stderr, doubts) // apart, so that there is one line an image
			}
			if err != nil {
				return err
			}
			if failed != nil {
				return failed
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "")
	cmd.Flags().Var(&budget, "budget", "")
	return cmd
}
