package main

import (
	"bufio"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"tatami/internal/tensorboard"
)

// lossSteps are the steps of an event file's training losses.
func lossSteps(t *testing.T, path string) (steps []int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		record := data[12 : 12+n]
		data = data[16+n:]
		if !strings.Contains(string(record), "loss/train") {
			continue
		}
		step, size := protowire.ConsumeVarint(record[10:]) // behind the time
		if record[9] != 2<<3 || size < 0 {
			t.Fatalf("record %q", record)
		}
		steps = append(steps, int(step))
	}
	return steps
}

// A run with event files has the weights of one without; resumed, it goes on
// in a second file where the first one ends.
func TestTensorBoard(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing the filters of every epoch takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	args := strings.Fields("train --net mlp --limit 3000 --epochs 20")
	c := command(dir, nil, append(args, "--tensorboard", "--out", "with")...)
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "epoch 2:") {
			c.Process.Signal(os.Interrupt)
		}
	}
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != interrupted {
		t.Fatalf("exit %d", code)
	}
	events := func(out string) []string {
		names, err := filepath.Glob(filepath.Join(dir, out, tensorboard.Pattern))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		return names
	}
	succeeds(t, dir, "train", "--resume", "with", "--quiet")
	if len(events("with")) != 2 {
		t.Fatalf("event files %v, want two", events("with"))
	}
	var all []int
	for _, name := range events("with") {
		steps := lossSteps(t, name)
		if len(steps) < 30 {
			t.Errorf("%s: %d losses", name, len(steps))
		}
		all = append(all, steps...)
	}
	for i, step := range all {
		if step != i+1 {
			t.Fatalf("loss %d is of step %d", i+1, step)
		}
	}
	if len(all) != 600 {
		t.Errorf("%d losses, want 600", len(all))
	}
	succeeds(t, dir, append(args, "--quiet", "--out", "without")...)
	weights := func(out string) string {
		text, err := os.ReadFile(filepath.Join(dir, out, "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(text), `"weights_sha256": `)
		return after[:66]
	}
	if weights("with") != weights("without") {
		t.Error("the weights differ")
	}
	if left := events("without"); len(left) > 0 {
		t.Errorf("not asked for: %v", left)
	}
	// Another run in the place of the first has its own events alone.
	succeeds(t, dir, strings.Fields("train --net mlp --limit 1000 --epochs 1 --quiet --tensorboard --overwrite --out with")...)
	if names := events("with"); len(names) != 1 || len(lossSteps(t, names[0])) != 10 {
		t.Errorf("after --overwrite: %v", names)
	}
}
