// Command kill kills the runs of tatami at random moments and counts what is
// torn or lost: go run ./bench/kill -n 1000.
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"tatami/internal/kill"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 100, "kills")
	seed := flag.Uint64("seed", 1, "seed of the moments")
	verbose := flag.Bool("v", false, "print a line a run")
	flag.Parse()
	if err := run(*n, *seed, *verbose); err != nil {
		log.Fatal("kill: ", err)
	}
}

func run(n int, seed uint64, verbose bool) error {
	dir, err := os.MkdirTemp("", "tatami-kill")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "tatami.exe")
	if text, err := exec.Command("go", "build", "-o", program, "tatami/cmd/tatami").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, text)
	}
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	lines, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer lines.Close()
	loop := kill.Loop{Dir: work, Rand: rand.New(rand.NewPCG(seed, 1)), Films: true, Log: lines}
	if verbose {
		loop.Log = os.Stdout
	}
	loop.Command = func(args ...string) *exec.Cmd {
		c := exec.Command(program, args...)
		c.Dir = work
		return c
	}
	start := time.Now()
	r, err := loop.Run(n)
	fmt.Printf("%v, %v\n", r, time.Since(start).Round(time.Second))
	if err != nil {
		return err
	}
	if r.Torn > 0 || r.Lost > 0 {
		return fmt.Errorf("files torn or runs lost: the same with -v tells which")
	}
	return nil
}
