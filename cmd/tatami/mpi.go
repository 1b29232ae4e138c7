package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/train"
	"tatami/train/mpi"
)

// startRanks makes this process one of several that train together, where a
// launcher or the flag says so; nil: it trains alone.
func (o *trainOptions) startRanks(cmd *cobra.Command) (mpi.Job, error) {
	launch, wanted := mpi.Launched()
	if cmd.Flags().Changed("mpi") {
		wanted = o.mpi
	}
	if !wanted {
		return nil, nil
	}
	job, err := mpi.Start()
	if errors.Is(err, mpi.ErrMissing) && launch.Rank > 0 {
		return nil, silent{err} // as rank 0 says
	}
	if err == nil {
		o.Ranks = job
	}
	return job, err
}

// silent is an error that another rank tells.
type silent struct{ error }

// Unwrap implements errors.Unwrap.
func (s silent) Unwrap() error { return s.error }

// quietly makes an error one that is told once: by rank 0, or if that is lost by
// who watches over it, or by rank 1 if its whole machine may be gone.
func quietly(job mpi.Job, err error) error {
	lost, ok := errors.AsType[mpi.RankLost](err)
	if err == nil || job.Rank() == 0 || ok && lost.Rank == 0 && !lost.Near && job.Rank() == 1 {
		return err
	}
	return silent{err}
}

// watched has a process beside rank 0's that says where to go on from if all are
// killed.
func (o *trainOptions) watched(folder *run.Folder, fit func() error) error {
	if o.Ranks == nil {
		return fit()
	}
	well, err := func() {}, error(nil)
	if o.Ranks.Rank() == 0 {
		if well, err = mpi.Watch("ranks-watch", folder.Checkpoint(), "--lang", string(o.Language)); err != nil {
			err = fmt.Errorf("cannot watch over the ranks: %w", err)
		}
	}
	if err := o.Agree(err); err != nil {
		return err
	}
	defer well()
	return fit()
}

// newWatch is what [mpi.Watch] starts.
func newWatch() *cobra.Command {
	return &cobra.Command{
		Use: "ranks-watch CHECKPOINT", Hidden: true, Args: arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if n, _ := io.Copy(io.Discard, os.Stdin); n > 0 {
				return nil
			}
			return fmt.Errorf("a rank is lost, and its moments with it: %s", train.LastCheckpoint(args[0]))
		},
	}
}
