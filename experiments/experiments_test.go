package experiments_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tatami/experiments"
	"tatami/experiments/lab"
	"tatami/internal/words"
)

// TestFast runs the fast version of every experiment: it must run, fill its
// table, draw its figures and teach its lesson.
func TestFast(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	r := &lab.Runner{Out: t.TempDir(), Fast: true} // one, since experiments share what they train
	for _, e := range experiments.List() {
		t.Run(e.ID, func(t *testing.T) {
			results, err := r.Run(t.Context(), []lab.Experiment{e})
			if err != nil {
				t.Fatal(err)
			}
			got := results[0]
			t.Logf("%.1f s", got.Seconds)
			for _, c := range got.Claims {
				if c.Held < c.Of {
					t.Errorf("does not hold: %s", c.Text)
				}
			}
			for i, l := range got.Lines {
				t.Logf("%s: %s, published %s", l.Name, l.Measured, l.Published)
				if len(l.Values) != 1 && e.Rows[i].Needs.EN == "" {
					t.Errorf("%s: not measured", l.Name)
				}
			}
			for _, f := range got.Figures {
				if f.Caption == "" {
					t.Errorf("%s has no caption", f.File)
				}
				if err := isPicture(filepath.Join(got.Dir, f.File)); err != nil {
					t.Error(err)
				}
			}
			for _, name := range append(got.Tables, "table.csv") {
				if err := isTable(filepath.Join(got.Dir, name)); err != nil {
					t.Error(err)
				}
			}
			if len(got.Claims) == 0 || len(got.Figures) == 0 {
				t.Errorf("%d claims and %d figures, wanted some of each", len(got.Claims), len(got.Figures))
			}
		})
	}
}

// TestInterrupted ends every experiment before it begins and at its first word:
// none may stumble over what is not there.
func TestInterrupted(t *testing.T) {
	after := []int{0}
	if !testing.Short() {
		after = append(after, 1)
	}
	r := &lab.Runner{Fast: true}
	for _, e := range experiments.List() {
		for _, n := range after {
			ctx, cancel := context.WithCancel(t.Context())
			told := -1 // the runner's own first word
			r.Out = t.TempDir()
			r.Progress = func(lab.Status) {
				if told++; told == n {
					cancel()
				}
			}
			results, err := r.Run(ctx, []lab.Experiment{e})
			cancel()
			if told >= n && (!errors.Is(err, context.Canceled) || len(results) > 0) {
				t.Errorf("%s, ended at word %d: error %v, %d results", e.ID, n, err, len(results))
			}
		}
	}
}

func isPicture(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err == nil && img.Bounds().Dx() < 100 {
		err = fmt.Errorf("only %v", img.Bounds())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func isTable(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err == nil && len(lines) < 2 {
		err = fmt.Errorf("%d lines, wanted a header and some more", len(lines))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// TestList asks of every experiment what its readers need, without running it.
func TestList(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	var seen []string
	chapter := 0
	for _, e := range experiments.List() {
		if !id.MatchString(e.ID) || slices.Contains(seen, e.ID) {
			t.Errorf("ID %q: wanted small letters and digits, once", e.ID)
		}
		seen = append(seen, e.ID)
		if e.Version < 1 || e.Seconds <= 0 || len(e.Rows) == 0 {
			t.Errorf("%s lacks a version, a duration or rows", e.ID)
		}
		if _, err := os.Stat(filepath.Join("..", e.File())); err != nil {
			t.Errorf("%s: %v", e.ID, err)
		}
		texts := []words.Text{e.Title, e.Section, e.Setup, e.Lesson}
		for _, row := range e.Rows {
			texts = append(texts, row.Name)
			if (row.Published.EN == "") != (row.Published.JA == "") || (row.Needs.EN == "") != (row.Needs.JA == "") {
				t.Errorf("%s, %s: a text in one language", e.ID, row.Name.EN)
			}
		}
		for _, named := range []lab.Texts{e.Claims, e.Figures, e.Notes} {
			texts = slices.AppendSeq(texts, maps.Values(named))
		}
		for _, text := range texts {
			if text.EN == "" || text.JA == "" || strings.Contains(text.EN+text.JA, "%!") {
				t.Errorf("%s: text %q, %q", e.ID, text.EN, text.JA)
			}
		}
		if e.Chapter != 0 {
			if e.Chapter < chapter {
				t.Errorf("%s stands after chapter %d", e.ID, chapter)
			}
			chapter = e.Chapter
			if prefix := fmt.Sprintf("ch%02d-", e.Chapter); e.ID[:len(prefix)] != prefix {
				t.Errorf("%s is of chapter %d", e.ID, e.Chapter)
			}
		}
		var names []string
		for _, row := range e.Rows {
			for _, name := range []string{row.Name.EN, row.Name.JA + " "} {
				if slices.Contains(names, name) {
					t.Errorf("%s: two rows are called %q", e.ID, name)
				}
				names = append(names, name)
			}
		}
	}
}
