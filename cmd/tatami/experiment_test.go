package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/experiments"
	"tatami/experiments/lab"
)

func TestExperimentUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"lst", 2, `unknown command "lst": did you mean "list"?`},
		{"list x", 2, "takes no arguments"},
		{"run", 2, "--chapter N"},
		{"run ch03-activation", 2, `unknown experiment "ch03-activation": did you mean "ch03-activations"?`},
		{"run ch04-gradient all", 2, `"all" stands alone`},
		{"run --chapter 1", 2, "--chapter is 1: no experiments (valid: 2, 3, 4, 5, "},
		{"run --chapter 0", 2, "--chapter is 0"},
		{"run --chapter 3 ch04-gradient", 2, "cannot stand together"},
		{"run ch04-gradient --seeds 0", 2, "--seeds is 0, wanted 1 to 1000"},
		{"run ch04-gradient --sed 2", 2, "did you mean --seeds?"},
		{"run ch03-inference --weights nowhere", 1, "nowhere"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			tatami(t, dir, append([]string{"experiment"}, strings.Fields(c.args)...)...).refuses(t, c.code, c.want)
		})
	}
	t.Cleanup(func() {
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	})
}

func TestExperimentList(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(succeeds(t, t.TempDir(), "experiment", "list")), "\n")
	list := experiments.List()
	if len(lines) != len(list) {
		t.Fatalf("%d lines for %d experiments", len(lines), len(list))
	}
	for i, e := range list {
		if !strings.HasPrefix(lines[i], e.ID+" ") || !strings.Contains(lines[i], e.Title.EN) {
			t.Errorf("line %d is %q, wanted %s", i+1, lines[i], e.ID)
		}
	}
}

func TestExperimentRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) outcome {
		t.Helper()
		o := tatami(t, dir, append([]string{"experiment", "run"}, args...)...)
		if o.code != 0 {
			t.Fatalf("exit %d: %s", o.code, o.stderr)
		}
		return o
	}
	// in the order of the book, and each once
	o := run("ch05-graphs", "ch04-gradient", "ch05-graphs", "--seeds", "2")
	if o.stderr != "[1/2] ch04-gradient, seed 1 of 2\n[1/2] ch04-gradient, seed 2 of 2\n[2/2] ch05-graphs, seed 1 of 2\n[2/2] ch05-graphs, seed 2 of 2\n" {
		t.Errorf("stderr:\n%s", o.stderr)
	}
	gradient, graphs, _ := strings.Cut(o.stdout, "ch05-graphs: ")
	for _, want := range []string{"-2.58983747e+13", "met", "✓ rate .1 arrives", "files in runs/experiments/ch04-gradient\n"} {
		if !strings.Contains(gradient, want) {
			t.Errorf("%q is missing:\n%s", want, gradient)
		}
	}
	if !strings.Contains(graphs, "715") || strings.Contains(o.stdout, "missed") || strings.Contains(o.stdout, "✗") {
		t.Errorf("stdout:\n%s", o.stdout)
	}
	for _, name := range []string{"ch04-gradient/field.png", "ch04-gradient/table.csv", "ch05-graphs/result.json"} {
		if _, err := os.Stat(filepath.Join(dir, "runs", "experiments", name)); err != nil {
			t.Error(err)
		}
	}

	o = run("ch04-gradient")
	if !strings.HasSuffix(strings.SplitN(o.stdout, "\n", 2)[0], " (done before)") || o.stderr != "" {
		t.Errorf("done again:\n%s%s", o.stderr, o.stdout)
	}
	// The fast version stands beside the full one and is not judged.
	o = run("ch04-gradient", "--fast")
	if o.stderr != "[1/1] ch04-gradient\n" || strings.Contains(o.stdout, "  met") || !strings.Contains(o.stdout, "ch04-gradient-fast\n") {
		t.Errorf("fast:\n%s%s", o.stderr, o.stdout)
	}
	if o = run("ch04-gradient"); o.stderr != "" {
		t.Errorf("the fast version took the full one's place")
	}
}

// TestExperimentInterrupted: Ctrl-C ends a training soon, keeps what is
// finished and says how to go on.
func TestExperimentInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"experiment", "run", "ch04-gradient", "ch04-two-layer", "--out", "out"}
	c := command(dir, nil, args...)
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said = append(said, lines.Text())
		if lines.Text() == "[2/2] ch04-two-layer" {
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Wait()
	last := said[len(said)-1]
	if c.ProcessState.ExitCode() != interrupted || !strings.HasPrefix(last, "interrupted; 1 of 2 are finished in out;") {
		t.Errorf("exit %d: %q", c.ProcessState.ExitCode(), said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "out", "ch04-two-layer", "*")); len(left) > 0 {
		t.Errorf("the unfinished experiment left %v", left)
	}
	o := tatami(t, dir, "experiment", "run", "ch04-gradient", "--out", "out")
	if o.code != 0 || !strings.Contains(o.stdout, "(done before)") {
		t.Errorf("exit %d: %s%s", o.code, o.stderr, o.stdout)
	}
}

func TestExperimentReport(t *testing.T) {
	list, err := lab.Find(experiments.List(), "ch05-graphs")
	if err != nil {
		t.Fatal(err)
	}
	for _, fast := range []bool{false, true} {
		o := experimentOptions{Runner: lab.Runner{Out: t.TempDir(), Fast: fast}}
		if err := o.run(t.Context(), list, true); err != nil {
			t.Fatal(err)
		}
		name := "report"
		if fast {
			name = "report-fast"
		}
		for ext, want := range map[string]string{".md": "| ch05-graphs |", ".html": `<h2 id="ch05-graphs">`} {
			text, err := os.ReadFile(filepath.Join(o.Out, name+ext))
			if err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%s%s lacks %q, error %v", name, ext, want, err)
			}
		}
	}
}
