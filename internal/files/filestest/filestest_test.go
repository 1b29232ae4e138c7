package filestest_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"tatami/internal/files"
	"tatami/internal/files/filestest"
)

// files.Write holds: old or new, the new once it has returned, and nothing
// beside it after a fault that leaves it a way to clear up.
func TestWrite(t *testing.T) {
	for _, old := range []string{"", "old content"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		const added = "new content, longer"
		before := func() {
			clear(t, dir)
			if old != "" {
				if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		filestest.Faults(t, dir, before, func() error {
			return files.Write(path, func(w io.Writer) error {
				_, err := io.WriteString(w, added[:5])
				if err == nil {
					_, err = io.WriteString(w, added[5:])
				}
				return err
			})
		}, func(t *testing.T, f filestest.Fault, done bool) {
			got, err := os.ReadFile(path)
			if err != nil && !(old == "" && errors.Is(err, os.ErrNotExist)) {
				t.Errorf("%v at step %d: %v", f.Kind, f.Step, err)
			}
			if s := string(got); s != added && (done || s != old) {
				t.Errorf("%v at step %d: the file has %q, wanted %q, or %q unless it was done", f.Kind, f.Step, s, added, old)
			}
			left, err := os.ReadDir(dir)
			if f.Kind == filestest.Once && (err != nil || len(left) > 1) {
				t.Errorf("%v at step %d left %v, %v", f.Kind, f.Step, left, err)
			}
		})
	}
}

// Writes that leave out a precaution are found: the disk is one that loses
// what was not synced.
func TestPowerFindsCarelessWrites(t *testing.T) {
	for name, write := range map[string]func(s files.System, path string) error{
		"no sync of the file": func(s files.System, path string) error {
			return careless(s, path+"~", path, false, true)
		},
		"no sync of the folder": func(s files.System, path string) error {
			return careless(s, path+"~", path, true, false)
		},
		"in place": func(s files.System, path string) error {
			if err := s.Remove(path); err != nil {
				return err
			}
			return careless(s, path, "", true, true)
		},
	} {
		found := false
		for seed := range uint64(20) {
			for step := 1; step <= 6; step++ {
				path := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
					t.Fatal(err)
				}
				d := filestest.NewDisk(filestest.Fault{Step: step, Kind: filestest.Power})
				err := write(d, path)
				if crash := d.Crash(rand.New(rand.NewPCG(seed, 1))); crash != nil {
					t.Fatal(crash)
				}
				got, _ := os.ReadFile(path)
				found = found || string(got) != "new" && (err == nil || string(got) != "old")
			}
		}
		if !found {
			t.Errorf("%s: no loss of power showed it", name)
		}
	}
}

func careless(s files.System, name, to string, sync, syncDir bool) error {
	f, err := s.Create(name, 0o644)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, "new")
	if err == nil && sync {
		err = f.Sync()
	}
	f.Close()
	if err == nil && to != "" {
		err = s.Rename(name, to)
	}
	if err == nil && syncDir {
		err = s.SyncDir(filepath.Dir(name))
	}
	return err
}

func clear(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	for _, e := range left {
		err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
	}
	if err != nil {
		t.Fatal(err)
	}
}
