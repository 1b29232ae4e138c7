package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/lock"
	"tatami/internal/run"
	"tatami/internal/web/page"
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
			if err := lock.Free(filepath.Dir(out)); err != nil {
				return err
			}
			var runs []page.Compared
			seen := map[string]bool{}
			for _, dir := range args {
				r, err := run.Read(dir)
				if err != nil {
					return err
				}
				if seen[r.Facts.Name] {
					r.Facts.Name = dir
				}
				seen[r.Facts.Name] = true
				r.Page = pageOf(dir, filepath.Dir(out))
				runs = append(runs, r)
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

// pageOf is the address of a run's page as seen from a page in folder from;
// empty where there is none.
func pageOf(dir, from string) string {
	page := filepath.Join(dir, "index.html")
	if _, err := os.Stat(page); err != nil {
		return ""
	}
	page, err1 := filepath.Abs(page)
	from, err2 := filepath.Abs(from)
	at, err3 := filepath.Rel(from, page)
	if err1 != nil || err2 != nil || err3 != nil {
		return ""
	}
	return (&url.URL{Path: filepath.ToSlash(at)}).String()
}
