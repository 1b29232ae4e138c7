package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/files/filestest"
	"tatami/internal/kernels"
	"tatami/internal/run"
	"tatami/internal/toy"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
)

// asCommand makes the test binary behave as the command.
const asCommand = "TATAMI_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		if err := filestest.FromEnviron(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		main()
	}
	flag.Parse()
	if !toy.Race || !testing.Short() {
		os.Exit(m.Run())
	}
	// Hundreds of processes, each slow to begin under the race detector: the short
	// tests run them without it, which their packages have in tests of their own.
	dir, err := os.MkdirTemp("", "tatami")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	plain := filepath.Join(dir, "tatami.test.exe")
	if text, err := exec.Command("go", "test", "-c", "-o", plain, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go test -c: %v\n%s", err, text)
	} else {
		os.Args[0] = plain
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// command is tatami with the given arguments in dir; env is added to its own.
func command(dir string, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), os.Args[0], args...)
	c.Dir = dir
	c.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	return c
}

// headerLines is how many lines train prints before it begins.
const headerLines = 3

// outcome is what a command leaves for a shell.
type outcome struct {
	stdout, stderr string
	code           int
}

// tatami runs the command in dir.
func tatami(t *testing.T, dir string, args ...string) outcome {
	t.Helper()
	return finish(t, command(dir, nil, args...))
}

func finish(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if _, ok := errors.AsType[*exec.ExitError](c.Run()); !ok && c.ProcessState == nil {
		t.Fatalf("%v: did not start", c.Args)
	}
	return outcome{stdout.String(), stderr.String(), c.ProcessState.ExitCode()}
}

// succeeds runs the command, which must exit with 0, and gives its output.
func succeeds(t *testing.T, dir string, args ...string) string {
	t.Helper()
	o := tatami(t, dir, args...)
	if o.code != 0 || o.stderr != "" {
		t.Fatalf("tatami %s: exit %d\n%s", strings.Join(args, " "), o.code, o.stderr)
	}
	return o.stdout
}

// refuses asks that a command has exited with the code and said one sentence
// with the given words on stderr, and nothing else.
func (o outcome) refuses(t *testing.T, code int, words ...string) {
	t.Helper()
	line, rest, _ := strings.Cut(o.stderr, "\n")
	if o.code != code || !strings.HasPrefix(line, "tatami: ") || rest != "" || o.stdout != "" {
		t.Errorf("exit %d, want %d and one sentence\nstdout: %s\nstderr: %s", o.code, code, o.stdout, o.stderr)
	}
	for _, w := range words {
		if !strings.Contains(line, w) {
			t.Errorf("%q lacks %q", line, w)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := succeeds(t, dir)
	for _, c := range newRoot(words.English).Commands() {
		if c.Hidden {
			continue
		}
		if !strings.Contains(all, "\n  "+c.Name()+" ") {
			t.Errorf("the help does not name %s", c.Name())
		}
		help := succeeds(t, dir, c.Name(), "--help")
		if !strings.Contains(help, "Usage:\n  tatami "+c.Name()) {
			t.Errorf("%s --help:\n%s", c.Name(), help)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(help, "--"+f.Name) {
				t.Errorf("%s --help leaves out --%s", c.Name(), f.Name)
			}
		})
		if got := succeeds(t, dir, "help", c.Name()); got != help {
			t.Errorf("help %s differs from %[1]s --help", c.Name())
		}
	}
	if got := succeeds(t, dir, "--help"); got != all {
		t.Errorf("--help:\n%s", got)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		args, want string
	}{
		{"trian", `unknown command "trian": did you mean "train"?`},
		{"help trian", `unknown command "trian": did you mean "train"?`},
		{"train --epoch 3", "unknown flag --epoch: did you mean --epochs?"},
		{"eval --dta x model", "unknown flag --dta: did you mean --data?"},
		{"predict --jsn a b", "unknown flag --jsn: did you mean --json?"},
		{"train -x", "unknown flag --x"},
		{"train --lr", "needs an argument: --lr"},
		{"train extra", `"extra" is one argument too many, wanted: tatami train`},
		{"bench extra", `"extra" is one argument too many`},
		{"version 2", `"2" is one argument too many`},
		{"eval", "too few arguments, wanted: tatami eval MODEL"},
		{"eval a b", `"b" is one argument too many`},
		{"predict model", "wanted: tatami predict MODEL IMAGE…"},
		{"filters", "too few arguments"},
		{"summary", "too few arguments"},
		{"summary simple --picture net.gif", "cannot draw net.gif: wanted a name that ends in .png, .svg or .pdf"},
		{"import", "too few arguments"},
		{"summary smple", `unknown network "smple": did you mean "simple"?`},
		{"train --net simpel", `unknown network "simpel": did you mean "simple"?`},
		{"train --optimizer adamm", `unknown optimizer "adamm": did you mean "adam"?`},
		{"train --schedule cosin", `unknown schedule "cosin": did you mean "cosine"?`},
		{"train --schedule step:evry=3", `unknown parameter "evry": did you mean "every"?`},
		{"train --schedule step:every=0", "every"},
		{"train --schedule constant:a=1", "takes no parameters"},
		{"train --augment shfit", `unknown augmentation "shfit": did you mean "shift"?`},
		{"train --augment shift:0", "shift:0"},
		{"train --augment crop:9999999", "crop:9999999: wanted a whole number of pixels, at most 1e6"},
		{"train --memory -1", `--memory is "-1", wanted a number of bytes, such as 512M or 2G`},
		{"import a.onnx --mean a", `--mean is "a", wanted numbers, such as 0.5`},
		{"data --test-share 5", "--test-share is 5, wanted 0 or more and less than 1"},
		{"train --color rgb --fit digit", "--color rgb cannot stand beside --fit digit"},
		{"bench --net=", "--net names no network"},
		{"train --augment shift,none", "none stands alone"},
		{"train --augment rotate:nan", "rotate:nan"},
		{"filters --out a.gif model", "a.gif"},
		{"filters --maps a.png model", "--maps needs --image"},
		{"filters --image a --out x.png --maps ./x.png model", "--out and --maps are both x.png"},
		{"train --resume a --batch 3", "--batch cannot stand beside it"},
		{"train --resume a --quiet --out b", "--out cannot stand beside it"},
		{"train --patience 2", "--patience needs --validation"},
		{"train --origin https://a.example", "--origin needs --web"},
		{"train --web :0 --origin a.example", "--origin: origin \"a.example\": wanted http"},
		{"train --limit 60001", "--limit is 60001, wanted at most the training set's 60000 images"},
		{"train --limit 100 --validation 100", "--validation is 100, wanted fewer than the training set's 100 images"},
		{"train --limit 100 --epochs 3 --warmup 3", "--warmup is 3, wanted fewer than the run's 3 steps"},
		{"train --augment shift:28", "out of sight"},
		{"train --batch 100000000", "--batch is 100000000, wanted 1 to 65536"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			tatami(t, dir, strings.Fields(c.args)...).refuses(t, 2, c.want)
		})
	}
	t.Cleanup(func() {
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("wrong usage left %v", left)
		}
	})
}

// Every flag whose value can be wrong says in both languages what it wants.
func TestWrongValues(t *testing.T) {
	t.Parallel()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			err := c.Flags().Set(f.Name, `"?`)
			if err == nil {
				return
			}
			err = unknownFlag(c, err)
			if said := err.Error(); !strings.HasPrefix(said, "--"+f.Name+` is "\"?", wanted `) || strings.Contains(said, "pars") || strings.Contains(said, "must") {
				t.Errorf("%s: %s", c.Name(), said)
			}
			if said := errortext.In(err, words.Japanese); !strings.Contains(said, "ません") || regexp.MustCompile("such as|英語|wanted").MatchString(said) {
				t.Errorf("%s: %s", c.Name(), said)
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(words.English))
}

// Numbers where they make no sense are refused, whatever flag takes them.
func TestWrongNumbers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wrong := map[string][]string{
		"epochs":          {"0", "-1", "1.5", "nan", "9223372036854775807"},
		"batch":           {"0", "-1", "inf", "70000"},
		"lr":              {"0", "-1", "nan", "inf", "-inf", "1e39", "fast"},
		"warmup":          {"-1"},
		"weight-decay":    {"-0.1", "nan", "inf"},
		"label-smoothing": {"-0.1", "1", "nan", "inf"},
		"clip":            {"-1", "nan", "inf"},
		"seed":            {"-1", "1.5", "18446744073709551616"},
		"shards":          {"0", "-1", "5000"},
		"limit":           {"-1"},
		"validation":      {"-1"},
		"patience":        {"-1"},
		"average":         {"-0.1", "1", "nan"},
		"freeze":          {"-1"},
		"schedule-epochs": {"-1"},
		"test-share":      {"-0.1", "1", "nan"},
	}
	for flag, values := range wrong {
		for _, v := range values {
			t.Run(flag+"="+v, func(t *testing.T) {
				t.Parallel()
				tatami(t, dir, "train", "--"+flag, v).refuses(t, 2, "--"+flag)
			})
		}
	}
	newTrain(words.English).Flags().VisitAll(func(f *pflag.Flag) {
		switch f.Value.Type() {
		case "int", "uint64", "float64":
			if wrong[f.Name] == nil {
				t.Errorf("no wrong number is tried for --%s", f.Name)
			}
		}
	})
}

func TestVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := succeeds(t, dir, "version")
	for _, want := range []string{"tatami ", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, kernels.ISA()} {
		if !strings.Contains(got, want) {
			t.Errorf("version %q lacks %q", got, want)
		}
	}
	finish(t, command(dir, []string{"TATAMI_ISA=nonsense"}, "version")).refuses(t, 1, "TATAMI_ISA=nonsense", "portable")
	o := finish(t, command(dir, []string{"TATAMI_ISA=portable"}, "version"))
	if o.code != 0 || !strings.HasSuffix(o.stdout, " portable\n") {
		t.Errorf("TATAMI_ISA=portable: %+v", o)
	}
}

// score is what a run left.
func score(t *testing.T, dir string) (r run.Result) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	decodeJSON(t, string(text), &r)
	return r
}

func decodeJSON(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
