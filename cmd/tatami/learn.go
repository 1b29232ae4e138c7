package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/web/learn"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/words"
)

func newLearn(l words.Language) *cobra.Command {
	var out, data, source string
	var limit int
	cmd := &cobra.Command{
		Use:  "learn",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return wrongUsage("--limit is %d, wanted 0 or more", limit)
			}
			packed, err := packData(data, limit)
			if err != nil {
				return err
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			m, err := module.Build(ctx, module.Learn, source)
			if err != nil {
				return err
			}
			if !strings.HasSuffix(out, "/") && !strings.HasSuffix(out, string(filepath.Separator)) {
				return writePage(out, func(w io.Writer) error { return page.Learn(w, m, packed) })
			}
			return writeFolder(out, m, packed)
		},
	}
	cmd.Flags().StringVar(&out, "out", "learn.html", "")
	cmd.Flags().StringVar(&data, "data", "", "")
	cmd.Flags().IntVar(&limit, "limit", 0, "")
	cmd.Flags().StringVar(&source, "source", "", "")
	return cmd
}

// learnFiles are what the page of serve asks for.
func learnFiles(ctx context.Context, data, source string) (map[string][]byte, error) {
	m, err := module.Build(ctx, module.Learn, source)
	if err != nil {
		return nil, err
	}
	packed, err := packData(data, 0)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, f := range page.LearnFiles(m, packed) {
		all[f.Name] = f.Data
	}
	return all, nil
}

// packData is what a learning page learns from, compressed.
func packData(data string, limit int) ([]byte, error) {
	d, err := (&run.Settings{Data: data}).Load(run.Reading{})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	training, test := d.Train, d.Test
	if training.C != 1 {
		return nil, fmt.Errorf("%s has images of %v, wanted grey ones", data, training.Shape)
	}
	if limit > 0 {
		training = training.Limit(limit)
	}
	packed, err := learn.Pack(training, test)
	if err != nil {
		return nil, err
	}
	return module.Compress(packed), nil
}

// writeFolder writes the page and, in a folder beside it, what it asks for; the
// page comes last, so that it never stands without them.
func writeFolder(dir string, m *module.Module, data []byte) error {
	beside := filepath.Join(dir, "learn")
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return fmt.Errorf("cannot make folder %s: %w", beside, files.Cause(err))
	}
	for _, f := range page.LearnFiles(m, data) {
		err := files.Write(filepath.Join(beside, f.Name), func(w io.Writer) error {
			_, err := w.Write(f.Data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return writePage(filepath.Join(dir, "index.html"), page.LearnBeside)
}
