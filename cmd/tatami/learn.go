package main

import (
	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/internal/web/site"
)

func newLearn() *cobra.Command {
	var out, data, source string
	var limit int
	cmd := &cobra.Command{
		Use:  "learn",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return wrongUsage("--limit is %d, wanted 0 or more", limit)
			}
			if !site.IsFolder(out) {
				if err := checkPage(out); err != nil {
					return err
				}
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			written, err := site.Learn(ctx, out, data, limit, source)
			if err != nil {
				return err
			}
			return tellPage(written)
		},
	}
	cmd.Flags().StringVar(&out, "out", "learn.html", "")
	cmd.Flags().StringVar(&data, "data", "", "")
	cmd.Flags().IntVar(&limit, "limit", 0, "")
	cmd.Flags().StringVar(&source, "source", "", "")
	return cmd
}
