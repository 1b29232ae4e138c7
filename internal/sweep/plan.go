package sweep

import (
	"fmt"
	"slices"

	"tatami/internal/run"
)

// Plan reads a file and checks all its runs, which are to stand in dir. isInt
// says which flags of train take whole numbers, options what settings come to.
func Plan(file, dir string, isInt func(flag string) bool, options func([]Setting) (run.Options, error)) (*Sweep, error) {
	f, err := Read(file)
	if err != nil {
		return nil, err
	}
	s := &Sweep{Dir: dir, Halving: f.Halving, Common: f.Common(), Differ: f.Runs(isInt)}
	for i := range s.Differ {
		o, err := options(s.settings(i))
		if err != nil { // the file's, not the command line's
			return nil, fmt.Errorf("%s: run %d: %s", file, i, err)
		}
		s.Runs = append(s.Runs, o)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// settings are all of a run.
func (s *Sweep) settings(i int) []Setting { return append(slices.Clone(s.Common), s.Differ[i]...) }
