// Package kill ends the command's runs by SIGKILL at random moments, opens what
// is left with the readers of each kind of file, goes on, and compares with a
// run that nobody disturbed.
package kill

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/gif"
	"image/png"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tatami/internal/safetensors"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/train"
)

// Loop kills the command again and again.
type Loop struct {
	// Command is the command with arguments, in Dir.
	Command func(args ...string) *exec.Cmd
	Dir     string // an empty folder
	Rand    *rand.Rand
	Films   bool      // runs with films too, which take seconds to draw
	Log     io.Writer // a line a run
}

// killsARun is how often a run is killed at most, so that all come to an end.
const killsARun = 4

// Report is what a loop saw.
type Report struct {
	Kills int // of processes that were at work
	Runs  int // that came to their end
	Files int // opened after kills
	Torn  int // of those: not whole
	Lost  int // runs that could not go on, or ended with another result
}

func (r Report) String() string {
	return fmt.Sprintf("%d kills, %d runs brought to their end, %d files opened, %d torn, %d runs lost", r.Kills, r.Runs, r.Files, r.Torn, r.Lost)
}

// job is something to be killed; its files are in the folder that bears its name.
type job struct {
	name    string
	args    []string
	resumes bool     // with train --resume
	same    []string // files that equal those of the undisturbed run
	whole   time.Duration
}

func (l *Loop) jobs() []*job {
	mlp := func(more ...string) []string {
		return append([]string{"train", "--net", "mlp", "--limit", "2000", "--epochs", "8", "--augment", "none", "--quiet"}, more...)
	}
	steps := []string{"steps.csv", "model.safetensors"}
	jobs := []*job{
		{name: "plain", args: mlp(), resumes: true, same: steps},
		{name: "validation", args: mlp("--validation", "200"), resumes: true, same: steps},
		{name: "film", args: mlp("--film"), resumes: true, same: steps},
		{name: "tensorboard", args: mlp("--tensorboard"), resumes: true, same: steps},
		{name: "import", args: []string{"import", "weights.safetensors", "--net", "mlp"}, same: []string{"model.safetensors"}},
		{name: "compare", args: []string{"compare", filepath.Join("whole", "plain")}},
		{name: "experiment", args: []string{"experiment", "run", "ch05-graphs", "--fast"}},
	}
	return slices.DeleteFunc(jobs, func(j *job) bool { return j.name == "film" && !l.Films })
}

// out is the command's arguments for files in a folder.
func (j *job) out(dir string) []string {
	file := map[string]string{"import": "model.safetensors", "compare": "compare.html"}[j.name]
	return append(slices.Clone(j.args), "--out", filepath.Join(dir, file))
}

// Run kills at least the given number of times, all kinds of jobs in turn.
func (l *Loop) Run(kills int) (Report, error) {
	var r Report
	if err := WriteWeights(filepath.Join(l.Dir, "weights.safetensors")); err != nil {
		return r, err
	}
	jobs := l.jobs()
	for _, j := range jobs {
		dir := filepath.Join("whole", j.name)
		if err := os.MkdirAll(filepath.Join(l.Dir, dir), 0o755); err != nil {
			return r, err
		}
		start := time.Now()
		if text, err := l.Command(j.out(dir)...).CombinedOutput(); err != nil {
			return r, fmt.Errorf("%s, undisturbed: %w: %s", j.name, err, text)
		}
		j.whole = time.Since(start)
	}
	for round := 0; r.Kills < kills; round++ {
		j := jobs[round%len(jobs)]
		before := r
		problem, err := l.disturb(j, kills, &r)
		if err != nil {
			return r, fmt.Errorf("%s: %w", j.name, err)
		}
		if problem != "" {
			r.Lost++
		}
		fmt.Fprintf(l.Log, "%s: %d kills, %d torn; %s\n", j.name, r.Kills-before.Kills, r.Torn-before.Torn, problem)
	}
	return r, nil
}

// disturb takes a job to its end over kills; a problem is a run that is lost.
func (l *Loop) disturb(j *job, most int, r *Report) (problem string, err error) {
	dir := filepath.Join(l.Dir, j.name)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		return "", err
	}
	for kills := 0; ; {
		args := j.out(j.name)
		if j.resumes {
			args = append(args, "--overwrite")
			if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err == nil {
				args = []string{"train", "--resume", j.name, "--quiet"}
			}
		}
		c := l.Command(args...)
		var said bytes.Buffer
		c.Stdout, c.Stderr = &said, &said
		if err := c.Start(); err != nil {
			return "", err
		}
		var timer *time.Timer
		if kills < killsARun && r.Kills < most {
			timer = time.AfterFunc(time.Duration(l.Rand.Float64()*float64(j.whole)), func() { c.Process.Kill() })
		}
		err := c.Wait()
		if timer != nil {
			timer.Stop()
		}
		if c.ProcessState.Exited() {
			if err != nil {
				return fmt.Sprintf("tatami %s: %v: %s", strings.Join(args, " "), err, &said), nil
			}
			break
		}
		kills++
		r.Kills++
		l.open(dir, r)
	}
	r.Runs++
	l.open(dir, r)
	for _, name := range j.same {
		got, errGot := os.ReadFile(filepath.Join(dir, name))
		want, errWant := os.ReadFile(filepath.Join(l.Dir, "whole", j.name, name))
		if errGot != nil || errWant != nil || !bytes.Equal(got, want) {
			return fmt.Sprintf("%s is not that of the undisturbed run (%v, %v)", name, errGot, errWant), nil
		}
	}
	return "", nil
}

// open opens all files of a folder.
func (l *Loop) open(dir string, r *Report) {
	opened, torn := files(dir)
	r.Files += opened
	r.Torn += len(torn)
	for _, err := range torn {
		fmt.Fprintln(l.Log, err)
	}
}

// Whole fails if a file of a folder is torn.
func Whole(dir string) error {
	_, torn := files(dir)
	return errors.Join(torn...)
}

// files opens all files of a folder but those that are still being written,
// which are hidden, and event files, which grow.
func files(dir string) (opened int, torn []error) {
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "events.") {
			return err
		}
		opened++
		if err := read(path); err != nil {
			torn = append(torn, fmt.Errorf("%s: %w", path, err))
		}
		return nil
	})
	return opened, torn
}

// read reads a whole file as what its name says.
func read(path string) error {
	switch filepath.Base(path) {
	case "checkpoint":
		_, err := train.Settings(path)
		return err
	case "model.safetensors":
		_, err := nn.Load(path, layers.Catalog())
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	in := bytes.NewReader(text)
	switch filepath.Ext(path) {
	case ".safetensors":
		_, err = safetensors.Decode(in, in.Size())
	case ".csv":
		if _, err = csv.NewReader(in).ReadAll(); err == nil && !bytes.HasSuffix(text, []byte("\n")) {
			err = errors.New("its last line has no end")
		}
	case ".json":
		var v any
		err = json.Unmarshal(text, &v)
	case ".png":
		_, err = png.Decode(in)
	case ".gif":
		_, err = gif.DecodeAll(in)
	case ".html":
		if !bytes.HasSuffix(bytes.TrimSpace(text), []byte("</html>")) {
			err = errors.New("its end is missing")
		}
	default:
		if len(text) == 0 {
			err = errors.New("empty")
		}
	}
	return err
}

// WriteWeights writes weights that import takes for the network mlp.
func WriteWeights(path string) error {
	network, err := networks.Find("mlp")
	if err != nil {
		return err
	}
	net, err := nn.NewSequential(network.Input, rand.New(rand.NewPCG(1, 2)), network.Specs(10)...)
	if err != nil {
		return err
	}
	var f safetensors.File
	for i, p := range net.Params() {
		shape := []int{p.Value.N, p.Value.Size()}
		if p.Name == "bias" {
			shape = shape[1:]
		}
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: fmt.Sprintf("fc%d.%s", i/2+1, p.Name), Shape: shape, Data: p.Value.Data})
	}
	return safetensors.Write(path, &f)
}
