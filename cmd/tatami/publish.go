package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/web/answers"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/words"
)

func newPublish(l words.Language) *cobra.Command {
	var out, source string
	cmd := &cobra.Command{
		Use:  "publish MODEL…",
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var paths []string
			for _, path := range args {
				paths = append(paths, run.ModelPath(path))
			}
			var models []page.NamedFile
			var check answers.Models
			for i, name := range run.ModelNames(paths) {
				m, err := run.LoadModel(paths[i])
				if err != nil {
					return err
				}
				if err := check.Add(name, m); err != nil {
					return fmt.Errorf("%s: %w", paths[i], err)
				}
				data, err := os.ReadFile(paths[i])
				if err != nil {
					return fmt.Errorf("cannot read %s: %w", paths[i], files.Cause(err))
				}
				models = append(models, page.NamedFile{Name: name, Data: data})
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			m, err := module.Build(ctx, module.Look, source)
			if err != nil {
				return err
			}
			return writePage(out, func(w io.Writer) error { return page.Publish(w, m, models) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "page.html", "")
	cmd.Flags().StringVar(&source, "source", "", "")
	return cmd
}

// writePage writes a page and tells where it is and how large.
func writePage(out string, write func(io.Writer) error) error {
	if err := files.Write(out, write); err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	fmt.Printf("%s (%.1f MB)\n", out, float64(info.Size())/1e6)
	return nil
}
