//go:build unix

package main

import (
	"math/rand/v2"
	"os/exec"
	"testing"

	"tatami/internal/kill"
)

// No kill tears a file or loses a run: bench/kill in small.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty runs are killed")
	}
	t.Parallel()
	dir := t.TempDir()
	loop := kill.Loop{Dir: dir, Rand: rand.New(rand.NewPCG(1, 1)), Log: t.Output(), Command: func(args ...string) *exec.Cmd {
		return command(dir, nil, args...)
	}}
	const kills = 20
	r, err := loop.Run(kills)
	t.Log(r)
	if err != nil || r.Kills < kills || r.Torn > 0 || r.Lost > 0 {
		t.Errorf("%v, %v, wanted %d kills and nothing torn or lost", r, err, kills)
	}
}
