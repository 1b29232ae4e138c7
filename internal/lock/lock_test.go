package lock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tatami/internal/lock"
)

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	if err := lock.Free(dir); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a question left %v", left)
	}
	held, err := lock.Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("cannot write in %s: process %d is at work there", dir, os.Getpid())
	if _, err := lock.Folder(dir); !errors.Is(err, lock.ErrInUse) || err.Error() != want {
		t.Errorf("the second lock: %v, wanted %s", err, want)
	}
	if err := lock.Free(dir); !errors.Is(err, lock.ErrInUse) || err.Error() != want {
		t.Errorf("of a held folder: %v, wanted %s", err, want)
	}
	held.Release()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a released lock left %v", left)
	}
	if held, err = lock.Folder(dir); err != nil {
		t.Fatal(err)
	}
	held.Release()
	var none *lock.Lock
	none.Release()
	if _, err := lock.Folder(filepath.Join(dir, "nowhere")); err == nil || errors.Is(err, lock.ErrInUse) {
		t.Errorf("no folder: %v", err)
	}
}

// A file that a killed process left is no obstacle, whatever stands in it.
func TestLeftBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, lock.Name)
	if err := os.WriteFile(path, []byte(strings.Repeat("9", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := lock.Free(dir); err != nil {
		t.Error(err)
	}
	held, err := lock.Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Free(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d is", os.Getpid())) {
		t.Errorf("the holder is not named: %v", err)
	}
	held.Release()
}

// Of many that want a folder and remove its lock again, one has it at a time.
func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	var inside, entered atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				held, err := lock.Folder(dir)
				if errors.Is(err, lock.ErrInUse) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two are inside")
				}
				entered.Add(1)
				inside.Add(-1)
				held.Release()
			}
		})
	}
	all.Wait()
	if entered.Load() == 0 {
		t.Error("nobody was inside")
	}
}
