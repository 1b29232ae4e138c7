package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/files"
	"tatami/internal/lock"
	"tatami/internal/rank"
	"tatami/internal/run"
	"tatami/internal/web/page"
	"tatami/internal/words"
	"tatami/plots"
)

func newCompare(l words.Language) *cobra.Command {
	var out, picture string
	cmd := &cobra.Command{
		Use:  "compare RUN…",
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !strings.EqualFold(filepath.Ext(out), ".html") {
				return wrongUsage("--out is %s, wanted a name that ends in .html", out)
			}
			if picture != "" {
				if err := checkPicture(picture); err != nil {
					return err
				}
			}
			for _, path := range []string{out, picture} {
				if err := lock.Free(filepath.Dir(path)); path != "" && err != nil {
					return err
				}
			}
			ranking, err := readRuns(args, filepath.Dir(out), l)
			if err != nil {
				return err
			}
			if picture != "" {
				f, err := ranking.Draw(l)
				if err != nil {
					return err
				}
				if err := plots.Save(picture, f); err != nil {
					return err
				}
			}
			if err := files.Write(out, func(w io.Writer) error { return page.Compare(w, ranking.Runs) }); err != nil {
				return err
			}
			text := runTable(ranking, l) + settingTable(ranking, l) + out + "\n"
			if picture != "" {
				text += picture + "\n"
			}
			_, err = fmt.Print(text)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "compare.html", "")
	cmd.Flags().StringVar(&picture, "picture", "", "")
	return cmd
}

// readRuns ranks the runs in folders, for a page in the folder from.
func readRuns(args []string, from string, l words.Language) (*rank.Ranking, error) {
	var runs []page.Compared
	seen := map[string]bool{}
	read := func(dir string) error {
		r, err := run.Read(dir)
		if err != nil {
			return err
		}
		if seen[r.Facts.Name] {
			r.Facts.Name = dir
		}
		seen[r.Facts.Name] = true
		r.Page = pageOf(dir, from)
		runs = append(runs, r)
		return nil
	}
	for _, dir := range args {
		complete, others := runsIn(dir)
		if complete == nil {
			complete, others = []string{dir}, nil // a run, or what Read will refuse
		}
		for _, d := range complete {
			if err := read(d); err != nil {
				return nil, err
			}
		}
		if len(others) > 0 {
			fmt.Fprintln(os.Stderr, words.Text{
				EN: "left out, since they are not complete: %s", JA: "終わりまで進んでいない実行を除きます：%s",
			}.In(l, strings.Join(others, " ")))
		}
	}
	return rank.Of(runs), nil
}

// runsIn are the folders in a folder, which is no run, with a complete run, and
// those with another.
func runsIn(dir string) (complete, others []string) {
	has := func(dir, file string) bool {
		_, err := os.Stat(filepath.Join(dir, file))
		return !errors.Is(err, fs.ErrNotExist)
	}
	if has(dir, run.ResultFile) {
		return nil, nil
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		switch path := filepath.Join(dir, e.Name()); {
		case !e.IsDir():
		case has(path, run.ResultFile):
			complete = append(complete, path)
		case has(path, "index.html"):
			others = append(others, path)
		}
	}
	return complete, others
}

// runTable has a row a run.
func runTable(r *rank.Ranking, l words.Language) string {
	head := []string{
		words.Text{EN: "test accuracy", JA: "テスト正解率"}.In(l), words.Text{EN: "test loss", JA: "テスト損失"}.In(l),
		words.Text{EN: "parameters", JA: "パラメーター"}.In(l), words.Text{EN: "epochs", JA: "エポック"}.In(l),
		words.Text{EN: "seconds", JA: "秒"}.In(l), words.Text{EN: "images/s", JA: "枚/秒"}.In(l),
	}
	if r.Validated {
		head = append([]string{rank.Validation.In(l)}, head...)
	}
	right := make([]int, len(head))
	for i := range head {
		right[i] = i
	}
	for _, s := range r.Settings {
		head = append(head, s.Flag)
	}
	rows := [][]string{append(head, words.Text{EN: "run", JA: "実行"}.In(l))}
	numbers := message.NewPrinter(language.English)
	for i, c := range r.Runs {
		row := []string{
			words.Percent(c.Result.TestAccuracy), fmt.Sprintf("%.4f", c.Result.TestLoss), numbers.Sprint(c.Result.Parameters),
			fmt.Sprint(c.Result.EpochsDone), fmt.Sprintf("%.1f", c.Result.TrainSeconds), numbers.Sprintf("%.0f", c.Result.ImagesPerSecond),
		}
		if r.Validated {
			row = append([]string{words.Percent(r.Scores[i])}, row...)
		}
		for _, s := range r.Settings {
			row = append(row, s.Values[i])
		}
		rows = append(rows, append(row, c.Facts.Name))
	}
	return words.Table(rows, right...)
}

// settingTable has a row a setting and value; it is empty where none differ.
func settingTable(r *rank.Ranking, l words.Language) string {
	if len(r.Settings) == 0 || len(r.Runs) < 3 {
		return ""
	}
	rows := [][]string{{
		words.Text{EN: "setting", JA: "設定"}.In(l), words.Text{EN: "value", JA: "値"}.In(l),
		words.Text{EN: "runs", JA: "件数"}.In(l), words.Text{EN: "mean", JA: "平均"}.In(l), words.Text{EN: "best", JA: "最高"}.In(l),
	}}
	for _, s := range r.Settings {
		for _, g := range r.Groups(s) {
			rows = append(rows, []string{s.Flag, g.Value, fmt.Sprint(g.Runs), words.Percent(g.Mean), words.Percent(g.Best)})
		}
	}
	return "\n" + r.ScoreName(l) + "\n" + words.Table(rows, 2, 3, 4) + "\n"
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
