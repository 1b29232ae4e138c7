package rank

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"tatami/internal/run"
	"tatami/internal/web/page"
)

// Read ranks the runs in folders, for a page in the folder from. A folder of runs
// stands for those in it that are complete; the others are left out.
func Read(dirs []string, from string) (ranking *Ranking, leftOut []string, err error) {
	var runs []page.Compared
	seen := map[string]bool{}
	read := func(dir string) error {
		r, err := run.Read(dir)
		if err != nil {
			return err
		}
		if seen[r.Facts.Name] {
			r.Facts.Name = dir
		}
		seen[r.Facts.Name] = true
		r.Page = pageOf(dir, from)
		runs = append(runs, r)
		return nil
	}
	for _, dir := range dirs {
		complete, others := runsIn(dir)
		if complete == nil {
			complete, others = []string{dir}, nil // a run, or what Read will refuse
		}
		for _, d := range complete {
			if err := read(d); err != nil {
				return nil, nil, err
			}
		}
		leftOut = append(leftOut, others...)
	}
	return Of(runs), leftOut, nil
}

// runsIn are the folders in a folder, which is no run, with a complete run, and
// those with another.
func runsIn(dir string) (complete, others []string) {
	has := func(dir, file string) bool {
		_, err := os.Stat(filepath.Join(dir, file))
		return !errors.Is(err, fs.ErrNotExist)
	}
	if has(dir, run.ResultFile) {
		return nil, nil
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		switch path := filepath.Join(dir, e.Name()); {
		case !e.IsDir():
		case has(path, run.ResultFile):
			complete = append(complete, path)
		case has(path, "index.html"):
			others = append(others, path)
		}
	}
	return complete, others
}

// pageOf is the address of a run's page as seen from a page in folder from;
// empty where there is none.
func pageOf(dir, from string) string {
	page := filepath.Join(dir, "index.html")
	if _, err := os.Stat(page); err != nil {
		return ""
	}
	page, err1 := filepath.Abs(page)
	from, err2 := filepath.Abs(from)
	at, err3 := filepath.Rel(from, page)
	if err1 != nil || err2 != nil || err3 != nil {
		return ""
	}
	return (&url.URL{Path: filepath.ToSlash(at)}).String()
}
