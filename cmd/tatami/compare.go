package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/web/page"
	"tatami/internal/web/record"
)

func newCompare() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "compare RUN…",
		Short: "Set runs beside each other: a table, and a page with their curves",
		Args:  arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !strings.EqualFold(filepath.Ext(out), ".html") {
				return wrongUsage("--out is %s, wanted a name that ends in .html", out)
			}
			var runs []page.Compared
			seen := map[string]bool{}
			for _, dir := range args {
				run, err := readRun(dir)
				if err != nil {
					return err
				}
				if seen[run.Facts.Name] {
					run.Facts.Name = dir
				}
				seen[run.Facts.Name] = true
				runs = append(runs, run)
			}
			if err := files.Write(out, func(w io.Writer) error { return page.Compare(w, runs) }); err != nil {
				return err
			}
			w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
			fmt.Fprintln(w, "test accuracy\ttest loss\tparameters\tepochs\tseconds\timages/s\t  run")
			for _, r := range runs {
				fmt.Fprintf(w, "%.2f%%\t%.4f\t%d\t%d\t%.1f\t%.0f\t  %s\n", 100*r.Result.TestAccuracy, r.Result.TestLoss,
					r.Result.Parameters, r.Result.EpochsDone, r.Result.TrainSeconds, r.Result.ImagesPerSecond, r.Facts.Name)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			fmt.Println(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "compare.html", "file of the page")
	return cmd
}

// readRun reads what a complete run left in its folder.
func readRun(dir string) (page.Compared, error) {
	fail := func(err error) (page.Compared, error) { return page.Compared{}, err }
	path := filepath.Join(dir, "run.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("%s holds no complete run: it has no run.json", dir))
	}
	if err != nil {
		return fail(fmt.Errorf("cannot read %s: %w", path, files.Cause(err)))
	}
	var result runResult
	if err := json.Unmarshal(text, &result); err != nil {
		return fail(fmt.Errorf("%s: %w", path, err))
	}
	if result.EpochsDone < 1 {
		return fail(fmt.Errorf("%s: epochs_done is %d, wanted 1 or more", path, result.EpochsDone))
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fail(err)
	}
	run := page.Compared{Result: page.Result{
		TestAccuracy: result.TestAccuracy, TestLoss: result.TestLoss, Parameters: result.Parameters,
		EpochsDone: result.EpochsDone, TrainSeconds: result.TrainSeconds, ImagesPerSecond: result.ImagesPerSecond,
	}}
	run.Update, err = record.Read(dir, record.Facts{
		Name: filepath.Base(absolute), Command: result.command(result.ISA), Settings: result.flags(false), Epochs: result.Epochs,
	})
	if err != nil {
		return fail(err)
	}
	last := run.Epochs.Rows[len(run.Epochs.Rows)-1]
	run.Facts.Batches = max(1, last.Step/last.Epoch)
	return run, nil
}
