// Package mpi makes the processes that an MPI launcher has started the ranks of
// one training. The system's MPI library is loaded when it is needed, without
// cgo, in builds with -tags mpi; others say that they cannot.
//
// The tag is there because loading libraries binds the program to the system's C
// library, and the plain build is to run on any Linux.
package mpi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"tatami/train"
)

// Job is this process among the ranks of a training.
type Job interface {
	train.Ranks
	// Context is parent until another rank is lost. Collectives then fail with a
	// [RankLost], or another error that is [train.ErrRankLost].
	Context(parent context.Context) context.Context
	// Close waits for all ranks and ends the use of MPI. After a loss it returns
	// at once, and the process is to end.
	Close()
}

// ErrMissing is the error of [Start] in a build without MPI.
var ErrMissing = errors.New("this build has no MPI: build tatami with -tags mpi (Linux or macOS), or give --mpi=false to train in each process apart")

// RankLost is the error where it is known which rank is lost.
type RankLost struct {
	Rank, Size int
	Near       bool // on the machine of this rank
}

func (e RankLost) Error() string { return fmt.Sprintf("rank %d of %d is lost", e.Rank, e.Size) }

// Is reports that it is [train.ErrRankLost].
func (RankLost) Is(target error) bool { return target == train.ErrRankLost }

// LibraryVariable names an environment variable with the path of the MPI library
// to load.
const LibraryVariable = "TATAMI_MPI_LIBRARY"

// Launch is what a launcher's environment says.
type Launch struct {
	Rank int
	Size int // 0: not known
}

// Launched reports whether a launcher has started this process as one of
// several ranks.
func Launched() (Launch, bool) { return launched(os.Getenv) }

func launched(getenv func(string) string) (Launch, bool) {
	for _, names := range []struct{ rank, size string }{
		{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, // Open MPI
		{"PMI_RANK", "PMI_SIZE"},                         // MPICH and its kin
		{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},         // srun
	} {
		rank, err := strconv.Atoi(getenv(names.rank))
		size, sizeErr := strconv.Atoi(getenv(names.size))
		if err == nil && sizeErr == nil {
			return Launch{rank, size}, size > 1
		}
	}
	rank, err := strconv.Atoi(getenv("PMIX_RANK")) // others; the number of ranks is nowhere
	return Launch{Rank: rank}, err == nil
}
