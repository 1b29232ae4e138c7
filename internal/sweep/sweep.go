package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/web/record"
	"tatami/train"
)

// Sweep is a planned sweep: what each run is, and where.
type Sweep struct {
	Dir     string        // a folder; each run has one in it
	Runs    []run.Options // checked and resolved
	Halving *Halving      // nil: every run is trained to its end

	// Common are the settings of all runs, Differ those of each beside them.
	Common []Setting
	Differ [][]Setting
}

// Folder is that of a run.
func (s *Sweep) Folder(i int) string { return filepath.Join(s.Dir, Name(i)) }

// Name is that of the i-th run's folder.
func Name(i int) string { return fmt.Sprintf("%04d", i) }

// Check asks for what halving needs.
func (s *Sweep) Check() error {
	if s.Halving == nil {
		return nil
	}
	for i, r := range s.Runs {
		if r.Validation == 0 {
			return errors.New(`"halving" needs "validation": the test set must not choose`)
		}
		if r.Epochs != s.Runs[0].Epochs {
			return fmt.Errorf(`run %d has %d epochs and run 0 has %d: "halving" needs the same`, i, r.Epochs, s.Runs[0].Epochs)
		}
	}
	return nil
}

// Rungs are the stages: one without halving, of runs of any epochs.
func (s *Sweep) Rungs() []Rung {
	if s.Halving == nil {
		return []Rung{{Runs: len(s.Runs)}}
	}
	return s.Halving.Rungs(len(s.Runs), s.Runs[0].Epochs)
}

// Rung are the runs of a stage, whose earlier stages must be done.
func (s *Sweep) Rung(n int) ([]int, error) {
	runs := make([]int, len(s.Runs))
	for i := range runs {
		runs[i] = i
	}
	rungs := s.Rungs()
	for k := range n {
		scores := make([]Score, len(runs))
		for j, i := range runs {
			end, err := s.end(i, rungs[k].Epochs)
			if err != nil {
				return nil, err
			}
			if end == nil {
				return nil, fmt.Errorf("run %s of rung %d is not finished in %s", Name(i), k, s.Dir)
			}
			score, reached, err := s.score(i, rungs[k].Epochs)
			switch {
			case end.Diverged != "" && (err != nil || reached < rungs[k].Epochs): // else it did so later
			case err != nil:
				return nil, err
			default:
				scores[j] = score
			}
		}
		runs = best(runs, scores, rungs[k+1].Runs)
	}
	return runs, nil
}

// score is the best of a run's first epochs, which is what its model is of, and
// how many it has done.
func (s *Sweep) score(i, epochs int) (best Score, reached int, err error) {
	err = record.EachEpoch(s.Folder(i), func(e record.Epoch) {
		reached = e.Epoch
		now := Score{float64(e.ValidationAccuracy), float64(e.ValidationLoss)}
		if e.Epoch <= epochs && (e.Epoch == 1 || now.Accuracy > best.Accuracy || now.Accuracy == best.Accuracy && now.Loss < best.Loss) {
			best = now
		}
	})
	return best, reached, err
}

// End is how a run of a stage ended.
type End struct {
	Before   bool   // it was finished already
	Diverged string // why it has no result
}

// divergedFile is what a run that diverges leaves, since it would again.
const divergedFile = "diverged.txt"

// end is how a run ended, nil if it has not come to so many epochs.
func (s *Sweep) end(i, epochs int) (*End, error) {
	path := filepath.Join(s.Folder(i), divergedFile)
	switch text, err := os.ReadFile(path); {
	case err == nil:
		return &End{Before: true, Diverged: strings.TrimSpace(string(text))}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	found, err := run.Find(s.Folder(i))
	if err != nil || found == nil {
		return nil, err
	}
	planned := s.Runs[i].Settings
	if s.Halving != nil {
		planned.ScheduleEpochs = cmp.Or(planned.ScheduleEpochs, planned.Epochs)
	}
	other := planned.Other(found.Settings)
	if other == "" && s.Halving == nil && found.Epochs != epochs {
		other = "epochs"
	}
	if other != "" {
		return nil, fmt.Errorf("%s holds a run of another --%s: name another --out", s.Folder(i), other)
	}
	// One that heads for more has been here.
	if found.Epochs > epochs || found.Finished && found.Epochs == epochs {
		return &End{Before: true}, nil
	}
	return nil, nil
}

// Do trains a run to its end or, in a halving, to that of a stage; what was
// done of it before is not done again.
func (s *Sweep) Do(ctx context.Context, i, rung int) (*End, error) {
	o := s.Runs[i]
	if s.Halving != nil {
		o.ScheduleEpochs = cmp.Or(o.ScheduleEpochs, o.Epochs)
		o.Epochs = s.Rungs()[rung].Epochs
	}
	if end, err := s.end(i, o.Epochs); end != nil || err != nil {
		return end, err
	}
	folder, r, err := s.open(i, o)
	if folder != nil {
		defer folder.Release()
	}
	if err == nil {
		err = r.Fit(ctx, folder)
	}
	if errors.Is(err, train.ErrNotFinite) {
		why := err.Error()
		err := files.Write(filepath.Join(s.Folder(i), divergedFile), func(w io.Writer) error {
			_, err := fmt.Fprintln(w, why)
			return err
		})
		return &End{Diverged: why}, err
	}
	if err != nil {
		return nil, err
	}
	return &End{}, nil
}

// open is a run in its folder, begun or continued.
func (s *Sweep) open(i int, o run.Options) (*run.Folder, *run.Run, error) {
	dir := s.Folder(i)
	if found, err := run.Find(dir); found != nil || err != nil {
		if err != nil {
			return nil, nil, err
		}
		folder, err := run.OpenFolder(dir)
		if err != nil {
			return nil, nil, err
		}
		r, err := run.Resume(folder, o)
		return folder, r, err
	}
	r, err := run.New(o)
	if err != nil {
		return nil, nil, err
	}
	folder, err := run.MakeFolder(dir, true) // what a run left that was killed before its first checkpoint
	if err != nil {
		return nil, nil, err
	}
	if found, err := run.Find(dir); found != nil || err != nil { // another process was faster
		folder.Release()
		return nil, nil, cmp.Or(err, fmt.Errorf("%s holds a run that another process has begun", dir))
	}
	return folder, r, nil
}

// All does a stage's runs, so many at once, and calls ended after each, which
// must be ready for several at once.
func (s *Sweep) All(ctx context.Context, rung, parallel int, ended func(i int, e *End)) error {
	runs, err := s.Rung(rung)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, i := range runs {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			end, err := s.Do(ctx, i, rung)
			if err != nil {
				return err
			}
			ended(i, end)
			return nil
		})
	}
	return group.Wait()
}
