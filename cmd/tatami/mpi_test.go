package main

import (
	"path/filepath"
	"testing"
)

// A build without MPI says so under a launcher, once and not for every rank,
// unless it is told to train in each process apart.
func TestNoMPI(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	under := func(rank string, args ...string) outcome {
		launcher := []string{"LC_ALL=C", "TATAMI_ISA=", "PMI_SIZE=2", "PMI_RANK=" + rank}
		return finish(t, command(dir, launcher, append([]string{"train", "--data", "data", "--net", "mlp", "--epochs", "1", "--out", "run"}, args...)...))
	}
	under("0").refuses(t, 1, "build tatami with -tags mpi")
	for _, args := range [][]string{nil, {"--nett", "mlp"}} {
		if got := under("1", args...); got.code == 0 || got.stdout+got.stderr != "" {
			t.Errorf("rank 1, %v: %+v, wanted a failure without words", args, got)
		}
	}
	if got := under("1", "--mpi=false"); got.code != 0 {
		t.Errorf("--mpi=false: %+v", got)
	}
	if got := finish(t, command(dir, []string{"LC_ALL=C", "TATAMI_ISA="}, "ranks-watch", filepath.Join("run", "checkpoint"))); got.code != 1 {
		t.Errorf("watch: %+v", got)
	} else {
		got.refuses(t, 1, filepath.Join("run", "checkpoint")+", after step ")
	}
}
