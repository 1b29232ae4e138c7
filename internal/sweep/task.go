package sweep

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"

	"tatami/internal/run"
	"tatami/internal/words"
)

// TaskOf is the number of this process in an array of tasks and the variable
// that says it, Slurm's or that of Kubernetes; without one the name is empty.
func TaskOf(getenv func(string) string) (name string, task int, err error) {
	for _, name := range []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"} {
		value := getenv(name)
		if value == "" {
			continue
		}
		if task, err = strconv.Atoi(value); err != nil {
			return "", 0, fmt.Errorf("%s is %q, wanted a whole number", name, value)
		}
		return name, task, nil
	}
	return "", 0, nil
}

// Task does one run of a stage and says how it ended.
func (s *Sweep) Task(ctx context.Context, task, rung int, say func(line string), l words.Language) error {
	runs, err := s.Rung(rung)
	if err != nil {
		return err
	}
	if task >= len(runs) { // so many have diverged
		say(words.Text{EN: "nothing to do: %d runs are left", JA: "することはありません。残っている実行は %d 件です"}.In(l, len(runs)))
		return nil
	}
	i := runs[task]
	end, err := s.Do(ctx, i, rung)
	if err != nil {
		return err
	}
	say(s.endText(i, end, l))
	return nil
}

// Run does all runs, stage by stage, so many at once, and says how each ended.
func (s *Sweep) Run(ctx context.Context, parallel int, say func(line string), l words.Language) error {
	var turn sync.Mutex // of those who say something
	for k := range s.Rungs() {
		if s.Halving != nil {
			say(s.rungText(k, l))
		}
		err := s.All(ctx, k, parallel, func(i int, end *End) {
			turn.Lock()
			defer turn.Unlock()
			say(s.endText(i, end, l))
		})
		if err != nil {
			return err
		}
	}
	picture := filepath.Join(s.Dir, "compare.png")
	say(words.Text{EN: "next: tatami compare %s --picture %s", JA: "次に：tatami compare %s --picture %s"}.In(l, run.ShellWord(s.Dir), run.ShellWord(picture)))
	return nil
}
