package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tatami/internal/files/filestest"
	"tatami/internal/kill"
)

// Each step of what a command writes fails, once and for good, and power is
// lost there: the exit code is 1 and the reason one sentence, every file is
// that of before or whole, and the command then does what it was asked.
func TestFaults(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	data := filepath.Join(source, "data") // one path for all, since models name it
	bars.write(t, data)
	trainQuietly(t, source, "run", "--epochs", "1", "--net", "mlp")
	if err := kill.WriteWeights(filepath.Join(source, "weights.safetensors")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		args  string
		again string // args, where empty
		least int    // steps: five a file
		every int    // of the steps only those so far apart are tried, each time from another on
	}{
		{"import", "import weights.safetensors --net mlp --out there/model.safetensors", "", 5, 1},
		{"compare", "compare run --out there/compare.html", "", 5, 1},
		{"experiment", "experiment run ch05-graphs --fast --out there", "", 20, 1},
		{"train", "train --data " + data + " --net mlp --epochs 2 --batch 100 --quiet --out there", "train --resume there --quiet", 100, 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.again == "" {
				c.again = c.args
			}
			faults{source, strings.Fields(c.args), strings.Fields(c.again)}.run(t, c.least, c.every)
		})
	}
}

// faults is a command whose files in the folder "there" fail.
type faults struct {
	source      string // of what it reads
	args, again []string
}

// begin is a folder to work in, with the source's files.
func (c faults) begin(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"run", "weights.safetensors"} {
		if err := os.Symlink(filepath.Join(c.source, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (c faults) run(t *testing.T, least, every int) {
	undisturbed := c.begin(t)
	if o := tatami(t, undisturbed, c.args...); o.code != 0 {
		t.Fatalf("without a fault: exit %d, %s", o.code, o.stderr)
	}
	want := timeless(t, undisturbed)
	if testing.Short() {
		every *= 9
	}
	steps, tried := 0, 0
	for _, kind := range []filestest.Kind{filestest.Once, filestest.On, filestest.Power} {
		for step := 1 + int(kind)%every; ; step += every {
			dir := c.begin(t)
			f := filestest.Fault{Step: step, Kind: kind}
			o := finish(t, command(dir, []string{filestest.Environ(filepath.Join(dir, "there"), f, uint64(step))}, c.args...))
			if o.code == 0 { // beyond the last step
				steps = max(steps, step-every)
				break
			}
			tried++
			what := fmt.Sprintf("%v at step %d", kind, step)
			if kind == filestest.Power {
				if o.code != filestest.PowerExit {
					t.Fatalf("%s: exit %d, %s", what, o.code, o.stderr)
				}
			} else {
				said := strings.TrimPrefix(o.stderr, "[1/1] ch05-graphs\n")
				if o.code != 1 || !strings.HasPrefix(said, "tatami: ") || !strings.HasSuffix(said, filestest.ErrFault.Error()+"\n") || strings.Count(said, "\n") != 1 {
					t.Errorf("%s: exit %d, wanted 1 and one sentence: %s", what, o.code, o.stderr)
				}
			}
			if err := kill.Whole(filepath.Join(dir, "there")); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			again := c.again
			if _, err := os.Stat(filepath.Join(dir, "there", "checkpoint")); errors.Is(err, fs.ErrNotExist) {
				again = c.args
				if c.args[0] == "train" { // nothing can be continued; a page that says why may be there
					again = append(slices.Clone(again), "--overwrite")
				}
			}
			if o := tatami(t, dir, again...); o.code != 0 {
				t.Fatalf("%s: then %v exits %d, %s", what, again, o.code, o.stderr)
			}
			got := timeless(t, dir)
			for name := range want {
				if !bytes.Equal(got[name], want[name]) {
					t.Errorf("%s: in the end %s is another than without a fault", what, name)
				}
			}
		}
	}
	t.Logf("%d faults, at the last of %d steps", tried, steps)
	if steps < least-every {
		t.Errorf("%d steps, wanted %d", steps, least)
	}
}

// timeless are the files of the folder "there" that tell no times and no
// folders.
func timeless(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(dir, "there"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".safetensors", ".png":
			all[filepath.Base(path)], err = os.ReadFile(path)
		}
		if d.Name() == "steps.csv" || d.Name() == "table.csv" {
			all[d.Name()], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
