package sweep

import "slices"

// Halving is successive halving (Jamieson and Talwalkar 2016): all runs are
// trained for First epochs, the best of every Factor go on to Factor times as
// many, and so on until the epochs that all are planned for. A run that goes on
// does so from its checkpoint, and its schedule was that of the whole run from
// the start.
type Halving struct {
	First  int `json:"first"`
	Factor int `json:"factor"`
}

// Rung is a stage of a halving: so many runs are trained up to so many epochs.
type Rung struct{ Runs, Epochs int }

// Rungs are the stages of so many runs that are planned for so many epochs.
// One alone that is left goes on to the end.
func (h Halving) Rungs(runs, epochs int) (rungs []Rung) {
	for at := h.First; ; at *= h.Factor {
		if runs == 1 || at >= epochs {
			return append(rungs, Rung{runs, epochs})
		}
		rungs = append(rungs, Rung{runs, at})
		runs = max(1, runs/h.Factor)
	}
}

// Score is how good a run is on the validation set; the zero Score is that of
// a run which diverged.
type Score struct{ Accuracy, Loss float64 }

// best are the n runs of the best scores, the first of equal ones, in the order
// of runs. Runs that diverged do not go on.
func best(runs []int, scores []Score, n int) []int {
	order := make([]int, 0, len(runs))
	for i := range runs {
		if scores[i] != (Score{}) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := scores[a], scores[b]; {
		case x.Accuracy > y.Accuracy || x.Accuracy == y.Accuracy && x.Loss < y.Loss:
			return -1
		case x == y:
			return 0
		}
		return 1
	})
	order = order[:min(n, len(order))]
	slices.Sort(order)
	kept := make([]int, len(order))
	for i, k := range order {
		kept[i] = runs[k]
	}
	return kept
}
