package lab

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes a result as a table for a terminal.
func WriteText(w io.Writer, r *Result) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "  quantity\tpublished\taccepted\tmeasured\tverdict\n")
	for _, l := range r.Lines {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", l.Name, l.Published, l.Accepted, l.Measured, l.Verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Claims {
		fmt.Fprintf(w, "  %s %s\n", c.mark(), c.Text)
	}
	for _, n := range r.Notes() {
		fmt.Fprintf(w, "  %s\n", n)
	}
	_, err := fmt.Fprintf(w, "  %s\n", r.Lesson)
	return err
}

// mark says how often a claim held.
func (t Tally) mark() string {
	switch {
	case t.Held == t.Of:
		return "✓"
	case t.Of == 1:
		return "✗"
	}
	return fmt.Sprintf("✗ (%d of %d)", t.Held, t.Of)
}

// WriteMarkdown writes the table of all results.
func WriteMarkdown(w io.Writer, results []*Result) error {
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	fmt.Fprintln(w, "| experiment | quantity | published | accepted | measured | verdict |\n|---|---|---|---|---|---|")
	for _, r := range results {
		for _, l := range r.Lines {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", r.ID, cell.Replace(l.Name), cell.Replace(l.Published),
				cell.Replace(l.Accepted), cell.Replace(l.Measured), l.Verdict)
		}
	}
	fmt.Fprintln(w, "\n| experiment | seeds | seconds a run | lesson | shown by |\n|---|---|---|---|---|")
	for _, r := range results {
		var claims []string
		for _, c := range r.Claims {
			claims = append(claims, c.mark()+" "+cell.Replace(c.Text))
		}
		if _, err := fmt.Fprintf(w, "| %s | %d | %.1f | %s | %s |\n", r.ID, len(r.Records), r.Seconds, cell.Replace(r.Lesson), strings.Join(claims, "; ")); err != nil {
			return err
		}
	}
	return nil
}

//go:embed report.html
var reportPage string

// WriteHTML writes all results as one page that needs no other file.
func WriteHTML(w io.Writer, results []*Result, now time.Time) error {
	page, err := template.New("report").Funcs(template.FuncMap{
		"mark": Tally.mark,
		"picture": func(r *Result, f Figure) (template.URL, error) {
			data, err := os.ReadFile(filepath.Join(r.Dir, f.File))
			return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data)), err
		},
		"seconds": func(s float64) string { return fmt.Sprintf("%.1f s", s) },
	}).Parse(reportPage)
	if err != nil {
		return err
	}
	var facts struct {
		Results               []*Result
		Met, Judged           int
		Fast                  bool
		Seconds               float64
		Date                  string
		Claims, HeldEverytime int
	}
	facts.Results, facts.Date = results, now.Format("2006-01-02")
	for _, r := range results {
		facts.Fast = facts.Fast || r.Fast
		for _, rec := range r.Records {
			facts.Seconds += rec.Seconds
		}
		for _, l := range r.Lines {
			if l.Verdict != "" {
				facts.Judged++
			}
			if l.Verdict == Met {
				facts.Met++
			}
		}
		for _, c := range r.Claims {
			facts.Claims++
			if c.Held == c.Of {
				facts.HeldEverytime++
			}
		}
	}
	return page.Execute(w, facts)
}
