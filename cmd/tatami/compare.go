package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/files"
	"tatami/internal/lock"
	"tatami/internal/run"
	"tatami/internal/web/page"
	"tatami/internal/words"
)

func newCompare(l words.Language) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "compare RUN…",
		Short: words.Text{
			EN: "Set runs beside each other: a table, and a page with their curves",
			JA: "複数の実行を比べる。表と、曲線を重ねたページを作る",
		}.In(l),
		Example: `  tatami compare runs/first runs/second`,
		Args:    arguments(1, -1),
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
			rows := [][]string{{
				words.Text{EN: "test accuracy", JA: "テスト正解率"}.In(l), words.Text{EN: "test loss", JA: "テスト損失"}.In(l),
				words.Text{EN: "parameters", JA: "パラメーター"}.In(l), words.Text{EN: "epochs", JA: "エポック"}.In(l),
				words.Text{EN: "seconds", JA: "秒"}.In(l), words.Text{EN: "images/s", JA: "枚/秒"}.In(l), words.Text{EN: "run", JA: "実行"}.In(l),
			}}
			numbers := message.NewPrinter(language.English)
			for _, r := range runs {
				rows = append(rows, []string{
					percent(r.Result.TestAccuracy), fmt.Sprintf("%.4f", r.Result.TestLoss), numbers.Sprint(r.Result.Parameters),
					fmt.Sprint(r.Result.EpochsDone), fmt.Sprintf("%.1f", r.Result.TrainSeconds), numbers.Sprintf("%.0f", r.Result.ImagesPerSecond), r.Facts.Name,
				})
			}
			_, err := fmt.Print(words.Table(rows, 0, 1, 2, 3, 4, 5), out, "\n")
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "compare.html", words.Text{EN: "file of the page", JA: "ページのファイル"}.In(l))
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
