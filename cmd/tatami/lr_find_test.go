package main

import (
	"encoding/csv"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestLRFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	said := succeeds(t, dir, strings.Fields("lr-find --net mlp --limit 4000 --steps 150 --from 1e-5")...)
	_, after, _ := strings.Cut(said, "suggestion: --lr ")
	text, _, _ := strings.Cut(after, ",")
	suggested, err := strconv.ParseFloat(text, 64)
	// 0.001 is Adam's usual rate, and what works here.
	if err != nil || strings.Contains(said, "rise") || suggested < 2e-4 || suggested > 5e-3 {
		t.Errorf("said %q", said)
	}
	f, err := os.Open(filepath.Join(dir, "lr-find.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 100 || len(rows) > 151 || strings.Join(rows[0], " ") != "step lr loss smoothed_loss" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	rate := 1e-5
	for i, row := range rows[1:] {
		got, err := strconv.ParseFloat(row[1], 64)
		if err != nil || math.Abs(got-rate) > 1e-9*rate || row[0] != strconv.Itoa(i+1) {
			t.Fatalf("row %v, wanted step %d, rate %g", row, i+1, rate)
		}
		rate *= math.Pow(1e6, 1.0/149)
	}
	picture, err := os.Open(filepath.Join(dir, "lr-find.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer picture.Close()
	if _, err := png.Decode(picture); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("left %v", left)
	}
	tatami(t, dir, "lr-find", "--net", "mlp").refuses(t, 1, "lr-find.png exists", "--overwrite")
	for _, to := range []string{"1e-06", "0.001"} { // at which nothing is learned, and at which nothing breaks
		said := succeeds(t, dir, strings.Fields("lr-find --net mlp --limit 4000 --steps 100 --from 1e-7 --overwrite --to "+to)...)
		if !strings.Contains(said, "does not rise") || !strings.Contains(said, "--to "+to) {
			t.Errorf("up to %s said %q", to, said)
		}
	}
}

func TestLRFindUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for args, want := range map[string]string{
		"--steps 5":           "--steps is 5",
		"--from 0":            "--from is 0",
		"--from 1 --to 1":     "--to is 1",
		"--to inf":            "--to is +Inf",
		"--from nan":          "--from is NaN",
		"--out a.gif":         "cannot draw a.gif",
		"--net simpel":        `did you mean "simple"?`,
		"--batch 0":           "--batch is 0",
		"--step 5":            "did you mean --steps?",
		"--optimizer adm":     `did you mean "adam"?`,
		"--augment shift:900": "--augment",
	} {
		tatami(t, dir, append([]string{"lr-find"}, strings.Fields(args)...)...).refuses(t, 2, want)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("wrong usage left %v", left)
	}
}
