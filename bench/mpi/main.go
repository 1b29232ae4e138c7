//go:build linux

// Command mpi trains small networks under an MPI launcher on this machine and
// fails unless 1, 2 and 4 ranks leave the weights of a process alone, runs go on
// under other numbers of ranks, and the loss of a rank ends a run in good order:
// go run ./bench/mpi mpirun.mpich. With the word costs it prints what updates
// send instead.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tatami/internal/kill"
	"tatami/internal/toy"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("mpi: no launcher, wanted mpirun with its arguments, without -n")
	}
	if os.Args[1] == "costs" {
		if err := costs(); err != nil {
			log.Fatal("mpi: ", err)
		}
		return
	}
	start := time.Now()
	if err := run(os.Args[1:]); err != nil {
		log.Fatal("mpi: ", err)
	}
	fmt.Printf("%s: same weights on 1, 2 and 4 ranks, %v\n", os.Args[1], time.Since(start).Round(time.Second))
}

// proof is a launcher, two builds of the program, and a folder.
type proof struct {
	launcher   []string
	mpi, plain string
	dir        string
}

func run(launcher []string) error {
	dir, err := os.MkdirTemp("", "tatami-mpi")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p := &proof{launcher, filepath.Join(dir, "tatami-mpi"), filepath.Join(dir, "tatami"), dir}
	for program, tags := range map[string]string{p.mpi: "mpi", p.plain: ""} {
		c := exec.Command("go", "build", "-tags", tags, "-o", program, "tatami/cmd/tatami")
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("go build -tags %q: %w: %s", tags, err, text)
		}
	}
	if err := p.writeData(); err != nil {
		return err
	}
	for _, check := range []struct {
		name string
		run  func() error
	}{
		{"weights", p.sameWeights}, {"going on", p.goesOn}, {"a lost rank", p.losesRank}, {"wrong use", p.wrongUse},
	} {
		if err := check.run(); err != nil {
			return fmt.Errorf("%s: %w", check.name, err)
		}
	}
	return nil
}

// writeData writes 400 training and 100 test images, of a bright row each.
func (p *proof) writeData() error {
	rng := toy.RNG(1)
	for set, n := range map[string]int{"train": 400, "t10k": 100} {
		images, labels := make([]byte, n*784), make([]byte, n)
		for i := range images {
			images[i] = byte(rng.IntN(100))
		}
		for i := range labels {
			labels[i] = byte(i % 10)
			for k := range 56 {
				images[i*784+int(labels[i])*56+k] += 120
			}
		}
		for name, data := range map[string][]byte{"-images-idx3-ubyte": toy.IDX(images, n, 28, 28), "-labels-idx1-ubyte": toy.IDX(labels, n)} {
			if err := os.WriteFile(filepath.Join(p.dir, set+name), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// command is tatami alone, if ranks is 0, or under the launcher.
func (p *proof) command(ctx context.Context, ranks int, args ...string) *exec.Cmd {
	all := append([]string{p.plain}, args...)
	if ranks > 0 {
		all = slices.Concat(p.launcher, []string{"-n", strconv.Itoa(ranks), p.mpi}, args)
	}
	c := exec.CommandContext(ctx, all[0], all[1:]...)
	c.Dir = p.dir
	return c
}

// do is command, done within a minute.
func (p *proof) do(ranks int, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if text, err := p.command(ctx, ranks, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%d ranks, tatami %s: %w: %s", ranks, strings.Join(args, " "), err, text)
	}
	return nil
}

func (p *proof) train(out string, args ...string) []string {
	return append([]string{"train", "--data", p.dir, "--batch", "50", "--quiet", "--out", out}, args...)
}

// hash is that of the weights that a run has left.
func (p *proof) hash(run string) (string, error) {
	text, err := os.ReadFile(filepath.Join(p.dir, run, "run.json"))
	if err != nil {
		return "", err
	}
	var result struct {
		Hash string `json:"weights_sha256"`
	}
	if err := json.Unmarshal(text, &result); err != nil || result.Hash == "" {
		return "", fmt.Errorf("%s has no hash of weights: %w", run, err)
	}
	return result.Hash, kill.Whole(filepath.Join(p.dir, run))
}

// same fails unless two runs have left the same weights.
func (p *proof) same(run, other string) error {
	got, err := p.hash(run)
	want, otherErr := p.hash(other)
	if err != nil || otherErr != nil || got != want {
		return fmt.Errorf("%s has weights %s, %s has %s (%v)", run, got, other, want, errors.Join(err, otherErr))
	}
	return nil
}

func (p *proof) sameWeights() error {
	for _, flags := range [][]string{
		{"--net", "mlp", "--epochs", "2", "--limit", "390"},
		{"--net", "simple", "--epochs", "2", "--clip", "0.5", "--average", "0.9", "--validation", "50"},
		{"--net", "best", "--epochs", "1", "--limit", "150"},
		{"--net", "resnet", "--epochs", "1", "--limit", "150", "--clip", "1"},
	} {
		for _, ranks := range []int{0, 1, 2, 4} {
			out := fmt.Sprint(flags[1], ranks)
			if err := p.do(ranks, p.train(out, flags...)...); err != nil {
				return err
			}
			if err := p.same(out, flags[1]+"0"); err != nil {
				return err
			}
		}
	}
	return nil
}

// long are runs that take a while: 8 updates an epoch.
func long(epochs int) []string {
	return []string{"--net", "mlp", "--optimizer", "adam", "--schedule", "constant", "--clip", "1", "--average", "0.99", "--epochs", strconv.Itoa(epochs)}
}

// start begins a run of two ranks and returns when it has written a checkpoint.
func (p *proof) start(c *exec.Cmd, out string) (said *bytes.Buffer, err error) {
	said = new(bytes.Buffer)
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		return nil, err
	}
	for range 3000 {
		if _, err := os.Stat(filepath.Join(p.dir, out, "checkpoint")); err == nil {
			return said, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("%s has no checkpoint after 30 s: %s", out, said)
}

// goesOn asks a rank of two to end, and goes on with four and with one
// process alone.
func (p *proof) goesOn() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const epochs = 60
	if err := p.do(0, p.train("whole", long(epochs)...)...); err != nil {
		return err
	}
	c := p.command(ctx, 2, p.train("two", long(epochs)...)...)
	said, err := p.start(c, "two")
	if err != nil {
		return err
	}
	rank, err := p.process(1)
	if err != nil {
		return err
	}
	if err := syscall.Kill(rank, syscall.SIGTERM); err != nil {
		return err
	}
	if err := c.Wait(); err == nil || strings.Count(said.String(), "interrupted after step") != 1 {
		return fmt.Errorf("asked to end (%v) it says: %s", err, said)
	}
	for ranks, copied := range map[int]string{4: "four", 0: "alone"} {
		if err := os.CopyFS(filepath.Join(p.dir, copied), os.DirFS(filepath.Join(p.dir, "two"))); err != nil {
			return err
		}
		if err := p.do(ranks, "train", "--resume", copied, "--quiet"); err != nil {
			return err
		}
		if err := p.same(copied, "whole"); err != nil {
			return err
		}
	}
	return nil
}

// losesRank kills rank 1 of a run.
func (p *proof) losesRank() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := p.command(ctx, 2, p.train("lost", long(1e5)...)...)
	said, err := p.start(c, "lost")
	if err != nil {
		return err
	}
	rank, err := p.process(1)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := syscall.Kill(rank, syscall.SIGKILL); err != nil {
		return err
	}
	err = c.Wait()
	took := time.Since(start)
	if n := strings.Count(said.String(), "last whole checkpoint is "+filepath.Join("lost", "checkpoint")); err == nil || took > 10*time.Second || n != 1 {
		return fmt.Errorf("after %v (%v), it names the last checkpoint %d times: %s", took, err, n, said)
	}
	if _, err := p.process(0); err == nil {
		return errors.New("rank 0 is still there")
	}
	if err := kill.Whole(filepath.Join(p.dir, "lost")); err != nil {
		return err
	}
	fmt.Printf("a killed rank ended the other after %v\n", took.Round(10*time.Millisecond))
	return nil
}

// process is the process of a rank.
func (p *proof) process(rank int) (int, error) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, dir := range all {
		program, err := os.Readlink(filepath.Join(dir, "exe"))
		environment, envErr := os.ReadFile(filepath.Join(dir, "environ"))
		arguments, argErr := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || envErr != nil || argErr != nil || program != p.mpi || bytes.Contains(arguments, []byte("ranks-watch")) {
			continue
		}
		for variable := range strings.SplitSeq(string(environment), "\x00") {
			if name, value, _ := strings.Cut(variable, "="); value == strconv.Itoa(rank) && (name == "PMI_RANK" || name == "OMPI_COMM_WORLD_RANK" || name == "SLURM_PROCID") {
				return strconv.Atoi(filepath.Base(dir))
			}
		}
	}
	return 0, fmt.Errorf("no process of rank %d", rank)
}

// wrongUse is what is told once, and not by every rank.
func (p *proof) wrongUse() error {
	for _, c := range []struct {
		ranks   int
		program string
		args    []string
		says    string
	}{
		{2, p.plain, p.train("plain"), "build tatami with -tags mpi"},
		{3, p.mpi, p.train("shards", "--shards", "2"), "--shards is 2, wanted at least 3"},
		{2, p.mpi, p.train("net", "--net", "mpl"), "did you mean"},
		{2, p.mpi, p.train("mlp0"), "holds a run"},
	} {
		args := slices.Concat(p.launcher[1:], []string{"-n", strconv.Itoa(c.ranks), c.program}, c.args)
		command := exec.Command(p.launcher[0], args...)
		command.Dir = p.dir
		text, err := command.CombinedOutput()
		if err == nil || strings.Count(string(text), c.says) != 1 {
			return fmt.Errorf("%s (%v): %s\nwanted once: %s", strings.Join(args, " "), err, text, c.says)
		}
	}
	return nil
}
