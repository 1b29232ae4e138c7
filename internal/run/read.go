package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tatami/internal/files"
	"tatami/internal/web/page"
	"tatami/internal/web/record"
	"tatami/train"
)

// Begun is a run in a folder, which need not be complete.
type Begun struct {
	Settings
	Finished bool // it has reached its epochs, or the end of its patience
}

// Find is the run in a folder: nil where there is none, or none that could be
// resumed.
func Find(dir string) (*Begun, error) {
	path := filepath.Join(dir, ResultFile)
	if err := files.Regular(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err == nil {
		b := &Begun{Finished: true}
		if err := json.Unmarshal(text, &b.Settings); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	path = filepath.Join(dir, checkpointFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if text, err = train.Settings(path); err != nil {
		return nil, err
	}
	b := new(Begun)
	if err := json.Unmarshal(text, &b.Settings); err != nil {
		return nil, fmt.Errorf("%s: settings: %w", path, err)
	}
	return b, nil
}

// Read is what a complete run left in its folder, to be set beside others.
func Read(dir string) (page.Compared, error) {
	fail := func(err error) (page.Compared, error) { return page.Compared{}, err }
	path := filepath.Join(dir, ResultFile)
	if err := files.Regular(path); err != nil {
		return fail(err)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("%s holds no complete run: it has no %s", dir, ResultFile))
	}
	if err != nil {
		return fail(fmt.Errorf("cannot read %s: %w", path, files.Cause(err)))
	}
	var result Result
	if err := json.Unmarshal(text, &result); err != nil {
		return fail(fmt.Errorf("%s: %w", path, err))
	}
	if result.EpochsDone < 1 {
		return fail(fmt.Errorf("%s: epochs_done is %d, wanted 1 or more", path, result.EpochsDone))
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fail(err)
	}
	run := page.Compared{Result: page.Result{
		TestAccuracy: result.TestAccuracy, TestLoss: result.TestLoss, Parameters: result.Parameters,
		EpochsDone: result.EpochsDone, TrainSeconds: result.TrainSeconds, ImagesPerSecond: result.ImagesPerSecond,
	}}
	run.Update, err = record.Read(dir, record.Facts{
		Name: filepath.Base(absolute), Command: result.Command(result.ISA), Settings: result.flags(false), Epochs: result.Epochs,
	})
	if err != nil {
		return fail(err)
	}
	last := run.Epochs.Rows[len(run.Epochs.Rows)-1]
	run.Facts.Batches = max(1, last.Step/last.Epoch)
	return run, nil
}
