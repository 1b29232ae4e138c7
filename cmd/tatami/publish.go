package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/internal/web/site"
)

func newPublish() *cobra.Command {
	var out, source string
	cmd := &cobra.Command{
		Use:  "publish MODEL…",
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPage(out); err != nil {
				return err
			}
			var paths []string
			for _, path := range args {
				paths = append(paths, run.ModelPath(path))
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			if err := site.Publish(ctx, out, source, paths); err != nil {
				return err
			}
			return tellPage(out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "page.html", "")
	cmd.Flags().StringVar(&source, "source", "", "")
	return cmd
}

// tellPage tells where a page is and how large.
func tellPage(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return say(fmt.Sprintf("%s (%.1f MB)", path, float64(info.Size())/1e6))
}
