package lab

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"tatami/internal/files"
	"tatami/internal/web"
	"tatami/internal/words"
)

// The reports' own words.
var (
	experimentText = words.Text{EN: "experiment", JA: "実験"}
	quantityText   = words.Text{EN: "quantity", JA: "項目"}
	publishedText  = words.Text{EN: "published", JA: "公表値"}
	acceptedText   = words.Text{EN: "accepted", JA: "許容範囲"}
	measuredText   = words.Text{EN: "measured", JA: "測定値"}
	verdictText    = words.Text{EN: "verdict", JA: "判定"}
	seedsText      = words.Text{EN: "seeds", JA: "シード数"}
	secondsText    = words.Text{EN: "seconds a run", JA: "1 回の秒数"}
	lessonText     = words.Text{EN: "lesson", JA: "わかること"}
	shownText      = words.Text{EN: "shown by", JA: "確認したこと"}
	timeText       = words.Text{EN: "time", JA: "時間"}
	durationText   = words.Text{EN: "%.1f s", JA: "%.1f 秒"}
	aboutText      = words.Text{EN: "about %s", JA: "約 %s"}
	wholeText      = words.Text{EN: "%.0f s", JA: "%.0f 秒"}
	minutesText    = words.Text{EN: "%.0f min", JA: "%.0f 分"}
	heldText       = words.Text{EN: "%s (%d of %d)", JA: "%s（%[3]d 回中 %[2]d 回）"}

	metText    = words.Text{EN: "met", JA: "範囲内"}
	missedText = words.Text{EN: "missed", JA: "範囲外"}
	threeText  = words.Text{EN: "%s; three give %s", JA: "%s。3 個では %s"}
	moreText   = words.Text{EN: "%s; --seeds 3 judges", JA: "%s。--seeds 3 で判定"}
	oneText    = words.Text{EN: "one seed", JA: "シード 1 個の値"}
	twoText    = words.Text{EN: "two seeds", JA: "シード 2 個の値"}
)

// said is a verdict in words.
func (l Line) said(lang words.Language) string {
	switch l.Verdict {
	case Met:
		return metText.In(lang)
	case Missed:
		return missedText.In(lang)
	case Few:
		seeds := oneText
		if len(l.Values) > 1 {
			seeds = twoText
		}
		if l.Three != "" {
			return threeText.In(lang, seeds, l.Three)
		}
		return moreText.In(lang, seeds)
	}
	return ""
}

// table is a result's table with its header. A fast run's has no more than what
// was measured: what was published is of something else.
func (r *Result) table() (rows [][]string) {
	header := []string{quantityText.In(r.Language), publishedText.In(r.Language), acceptedText.In(r.Language), measuredText.In(r.Language), verdictText.In(r.Language)}
	rows = append(rows, header)
	for _, l := range r.Lines {
		rows = append(rows, []string{l.Name, l.Published, l.Accepted, l.Measured, l.said(r.Language)})
	}
	if r.Fast {
		for i, row := range rows {
			rows[i] = []string{row[0], row[3]}
		}
	}
	return rows
}

// WriteList writes what there is to run, a line each: ID, title, place in the
// book and about how long it takes on two cores.
func WriteList(w io.Writer, lang words.Language, list []Experiment) error {
	var rows [][]string
	for _, e := range list {
		rows = append(rows, []string{e.ID, e.Title.In(lang), aboutText.In(lang, duration(lang, e.Seconds)), e.Section.In(lang)})
	}
	return writeColumns(w, "", rows)
}

// duration is about so many seconds in words.
func duration(lang words.Language, seconds float64) string {
	if seconds > 99 {
		return minutesText.In(lang, max(seconds/60, 1))
	}
	return wholeText.In(lang, max(seconds, 1))
}

// WriteText writes a result as a table for a terminal.
func WriteText(w io.Writer, r *Result) error {
	if err := writeColumns(w, "  ", r.table()); err != nil {
		return err
	}
	for _, c := range r.Claims {
		fmt.Fprintf(w, "  %s %s\n", c.mark(r.Language), c.Text)
	}
	for _, n := range r.Notes() {
		fmt.Fprintf(w, "  %s\n", n)
	}
	_, err := fmt.Fprintf(w, "  %s\n", r.Lesson)
	return err
}

// WriteDone says how an experiment ended and where its files are.
func WriteDone(w io.Writer, r *Result, reused bool, lang words.Language) {
	when := durationText.In(lang, r.Seconds)
	if reused {
		when = words.Text{EN: "done before", JA: "実行済み"}.In(lang)
	}
	fmt.Fprintln(w, words.Text{EN: "%s: %s (%s)", JA: "%s：%s（%s）"}.In(lang, r.ID, r.Title, when))
	WriteText(w, r)
	fmt.Fprintf(w, "  %s\n\n", words.Text{EN: "files in %s", JA: "ファイル：%s"}.In(lang, r.Dir))
}

// WriteReports writes the reports of all experiments beside their folders, and
// returns where.
func (r *Runner) WriteReports(results []*Result, now time.Time) (written []string, err error) {
	name := "report"
	if r.Fast {
		name += "-fast"
	}
	for _, f := range []struct {
		ext   string
		write func(io.Writer) error
	}{
		{".md", func(w io.Writer) error { return WriteMarkdown(w, results) }},
		{".html", func(w io.Writer) error { return WriteHTML(w, results, now) }},
	} {
		path := filepath.Join(r.Out, name+f.ext)
		if err := files.Write(path, f.write); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}

// writeColumns writes rows in columns: a Japanese letter is two wide, which
// text/tabwriter does not know.
func writeColumns(w io.Writer, indent string, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	for _, row := range rows {
		line := indent
		for i, cell := range row {
			if i > 0 {
				line += "  "
			}
			line += cell + strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

// mark says how often a claim held.
func (t Tally) mark(lang words.Language) string {
	switch {
	case t.Held == t.Of:
		return "✓"
	case t.Of == 1:
		return "✗"
	}
	return heldText.In(lang, "✗", t.Held, t.Of)
}

// language is that of a report of results.
func language(results []*Result) words.Language {
	if len(results) == 0 {
		return words.English
	}
	return results[0].Language
}

// WriteMarkdown writes the table of all results.
func WriteMarkdown(w io.Writer, results []*Result) error {
	lang := language(results)
	clean := strings.NewReplacer("|", `\|`, "\n", " ")
	line := func(cells ...string) error {
		for i := range cells {
			cells[i] = clean.Replace(cells[i])
		}
		_, err := fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		return err
	}
	rule := func(n int) { fmt.Fprintln(w, "|"+strings.Repeat("---|", n)) }
	for i, r := range results {
		rows := r.table()
		if i == 0 {
			line(slices.Concat([]string{experimentText.In(lang)}, rows[0])...)
			rule(1 + len(rows[0]))
		}
		for _, row := range rows[1:] {
			line(slices.Concat([]string{r.ID}, row)...)
		}
	}
	fmt.Fprintln(w)
	if err := line(experimentText.In(lang), seedsText.In(lang), secondsText.In(lang), lessonText.In(lang), shownText.In(lang)); err != nil {
		return err
	}
	rule(5)
	for _, r := range results {
		var claims []string
		for _, c := range r.Claims {
			claims = append(claims, c.mark(lang)+" "+c.Text)
		}
		if err := line(r.ID, fmt.Sprint(len(r.Records)), fmt.Sprintf("%.1f", r.Seconds), r.Lesson, strings.Join(claims, "; ")); err != nil {
			return err
		}
	}
	return nil
}

//go:embed report.html
var reportPage string

// The page's sentences.
var (
	pageTitle  = words.Text{EN: "Experiments of the textbook", JA: "教科書の実験"}
	totalText  = words.Text{EN: "%d experiments, %s in all, %s.", JA: "実験 %d 件、合計 %s、%s。"}
	fastText   = words.Text{EN: "These are the fast versions: their values are not judged.", JA: "これは簡易版（--fast）の結果です。値は判定しません。"}
	judgedText = words.Text{EN: "%d of %d judged values are within what is accepted.", JA: "判定した %[2]d 個の値のうち、%[1]d 個が許容範囲に入りました。"}
	fewText    = words.Text{EN: "%d are outside with one seed or two, which chance alone may do.", JA: "ほかに %d 個が範囲外ですが、シードが 1、2 個なので、偶然のばらつきかもしれません。"}
	checksText = words.Text{EN: "%d of %d checks of the lessons held with every seed.", JA: "「わかること」を確かめる %[2]d 項目のうち、%[1]d 項目がすべてのシードで成り立ちました。"}
	meanText   = words.Text{EN: "Measured values are the mean over seeds ± the standard deviation of a seed.", JA: "測定値は、シードについての平均 ± 標準偏差です。"}
	aSeedText  = words.Text{EN: "1 seed", JA: "シード 1 個"}
	ofSeeds    = words.Text{EN: "%d seeds", JA: "シード %d 個"}
	aRunText   = words.Text{EN: "%s a run", JA: "1 回 %s"}
	codeText   = words.Text{EN: "read beside it:", JA: "対応するコード："}
	listText   = words.Text{EN: "All experiments", JA: "実験の一覧"}
	skipText   = words.Text{EN: "Skip to the experiments", JA: "本文へ移動"}
)

// WriteHTML writes all results as one page that needs no other file.
func WriteHTML(w io.Writer, results []*Result, now time.Time) error {
	lang := language(results)
	say := func(t words.Text) func(...any) string {
		return func(args ...any) string { return t.In(lang, args...) }
	}
	seconds := say(durationText)
	page, err := template.New("report").Funcs(template.FuncMap{
		"mark": func(t Tally) string { return t.mark(lang) },
		"picture": func(r *Result, f Figure) (template.URL, error) {
			data, err := os.ReadFile(filepath.Join(r.Dir, f.File))
			return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data)), err
		},
		"file": fileOf,
		"facts": func(r *Result) []string {
			seeds := aSeedText.In(lang)
			if n := len(r.Records); n != 1 {
				seeds = ofSeeds.In(lang, n)
			}
			return []string{r.Section, seeds, aRunText.In(lang, seconds(r.Seconds))}
		},
		"verdict": func(l Line) string { return l.said(lang) },
		"class":   func(verdict string) string { return strings.ReplaceAll(verdict, " ", "-") },
		"seconds": func(s float64) string { return seconds(s) },
		"title":   say(pageTitle), "list": say(listText), "skip": say(skipText), "code": say(codeText),
		"experiment": say(experimentText), "lesson": say(lessonText), "time": say(timeText),
		"quantity": say(quantityText), "published": say(publishedText), "accepted": say(acceptedText),
		"measured": say(measuredText), "verdicts": say(verdictText),
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	var met, judged, few, claims, held int
	total, fast := 0.0, false
	for _, r := range results {
		fast = fast || r.Fast
		for _, rec := range r.Records {
			total += rec.Seconds
		}
		for _, l := range r.Lines {
			switch l.Verdict {
			case Met:
				met++
			case Few:
				few++
				continue
			case "":
				continue
			}
			judged++
		}
		for _, c := range r.Claims {
			claims++
			if c.Held == c.Of {
				held++
			}
		}
	}
	facts := []string{totalText.In(lang, len(results), seconds(total), now.Format("2006-01-02"))}
	if fast {
		facts = append(facts, fastText.In(lang))
	} else {
		facts = append(facts, judgedText.In(lang, met, judged))
		if few > 0 {
			facts = append(facts, fewText.In(lang, few))
		}
	}
	facts = append(facts, checksText.In(lang, held, claims), meanText.In(lang))
	return page.Execute(w, struct {
		Lang    words.Language
		Style   template.CSS
		Facts   []string
		Results []*Result
	}{lang, template.CSS(web.Asset("style.css")), facts, results})
}
