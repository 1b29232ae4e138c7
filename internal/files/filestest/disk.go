// Package filestest tests that what is written with package files is the old
// or the new, and never half, whatever fails: a [Disk] stands in for the file
// system below a folder, fails at a chosen step or loses its power there.
//
//	filestest.Faults(t, dir, before, write, check)
//
// runs a write once for each step and each fault. A command that is another
// process takes its faults from its environment, see [Environ].
package filestest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"tatami/internal/files"
)

// ErrFault is the error of a step that was made to fail, and ErrPower that of
// every step from the loss of power on.
var (
	ErrFault = errors.New("input/output error of a test")
	ErrPower = errors.New("no power: a test")
)

// Fault says which step fails and how.
type Fault struct {
	// Step counts creations, writes, syncs, renames, removals and syncs of
	// folders from 1; 0 fails never.
	Step int
	// Kind is what happens then.
	Kind Kind
}

// Kind is what happens at a fault's step.
type Kind int

// The kinds of faults.
const (
	Once  Kind = iota // the step fails, a write after its first half
	On                // as do all after it: a disk that is full, or gone
	Power             // the step is begun, and then nothing runs any more
)

func (k Kind) String() string { return [...]string{"once", "on", "power"}[k] }

// Disk is a files.System of one folder and those below it. What is done is
// done on the computer's file system too, where readers find it.
//
// It remembers what a loss of power could take away. Names and contents are
// apart: each name of a folder may afterwards stand for any of the files that
// it stood for since the last sync of the folder, and each write to a file
// since its last sync may be there, be there in part, or have left zeros.
type Disk struct {
	mutex sync.Mutex
	fault Fault
	steps int
	off   bool
	names map[string][]*content // by path: since the last sync of its folder, the present one last; nil: no file
	atOff func()
}

// content is a file whatever its name.
type content struct {
	mode   fs.FileMode
	synced []byte
	writes [][]byte // since the last sync
}

func (c *content) all() []byte { return bytes.Join(append([][]byte{c.synced}, c.writes...), nil) }

// NewDisk is a disk with a fault, to be mounted.
func NewDisk(f Fault) *Disk { return &Disk{fault: f, names: map[string][]*content{}} }

// Steps is the number of steps so far.
func (d *Disk) Steps() int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.steps
}

// step does a step, or what its fault leaves of it.
func (d *Disk) step(do, half func() error) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.off {
		return ErrPower
	}
	d.steps++
	at, f := d.steps, d.fault
	switch {
	case f.Step == 0 || at < f.Step || f.Kind == Once && at > f.Step:
		return do()
	case f.Kind == Power:
		do()
		d.off = true
		if d.atOff != nil {
			d.atOff()
		}
		return ErrPower
	}
	half()
	return ErrFault
}

func nothing() error { return nil }

// Create implements files.System.
func (d *Disk) Create(name string, mode fs.FileMode) (files.File, error) {
	var f *file
	err := d.step(func() error {
		real, err := files.Computer{}.Create(name, mode)
		if err != nil {
			return err
		}
		f = &file{d, &content{mode: mode}, real}
		return d.point(name, f.content)
	}, nothing)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename implements files.System.
func (d *Disk) Rename(from, to string) error {
	return d.step(func() error {
		states, err := d.states(from)
		if err != nil {
			return err
		}
		moved := states[len(states)-1]
		if err := d.point(to, moved); err != nil {
			return err
		}
		if err := d.point(from, nil); err != nil {
			return err
		}
		return os.Rename(from, to)
	}, nothing)
}

// Remove implements files.System.
func (d *Disk) Remove(name string) error {
	return d.step(func() error {
		if err := d.point(name, nil); err != nil {
			return err
		}
		return os.Remove(name)
	}, nothing)
}

// SyncDir implements files.System.
func (d *Disk) SyncDir(dir string) error {
	return d.step(func() error {
		for name, states := range d.names {
			if filepath.Dir(name) == filepath.Clean(dir) {
				d.names[name] = states[len(states)-1:]
			}
		}
		return nil
	}, nothing)
}

// states are the files that a name may stand for after a loss of power; at
// first what is there.
func (d *Disk) states(name string) ([]*content, error) {
	name = filepath.Clean(name)
	if states, ok := d.names[name]; ok {
		return states, nil
	}
	var there *content
	data, err := os.ReadFile(name)
	switch {
	case err == nil:
		there = &content{mode: 0o644, synced: data}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	d.names[name] = []*content{there}
	return d.names[name], nil
}

// point has a name stand for a file.
func (d *Disk) point(name string, c *content) error {
	states, err := d.states(name)
	if err == nil {
		d.names[filepath.Clean(name)] = append(states, c)
	}
	return err
}

type file struct {
	disk    *Disk
	content *content
	real    files.File
}

func (f *file) Write(b []byte) (n int, err error) {
	write := func(b []byte) error {
		f.content.writes = append(f.content.writes, bytes.Clone(b))
		n, err = f.real.Write(b)
		return err
	}
	err = f.disk.step(func() error { return write(b) }, func() error { return write(b[:len(b)/2]) })
	return n, err
}

func (f *file) Sync() error {
	return f.disk.step(func() error {
		f.content.synced, f.content.writes = f.content.all(), nil
		return nil // the computer's disk need not be
	}, nothing)
}

func (f *file) Chmod(mode fs.FileMode) error {
	f.content.mode = mode
	return f.real.Chmod(mode)
}

func (f *file) Close() error { return f.real.Close() }

// Crash makes of the folder one of those that a loss of power may leave.
func (d *Disk) Crash(rng *rand.Rand) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.crash(rng)
}

func (d *Disk) crash(rng *rand.Rand) error {
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		states := d.names[name]
		c := states[rng.IntN(len(states))]
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if c == nil {
			continue
		}
		if err := os.WriteFile(name, c.after(rng), c.mode); err != nil {
			return err
		}
	}
	return nil
}

// after is what a loss of power may leave of a content.
func (c *content) after(rng *rand.Rand) []byte {
	kept := bytes.Clone(c.synced)
	for _, w := range c.writes {
		switch rng.IntN(4) {
		case 0: // written
			kept = append(kept, w...)
		case 1: // in part, with zeros behind
			kept = append(append(kept, w[:len(w)/2]...), make([]byte, len(w)-len(w)/2)...)
		case 2: // the file grew, the content did not come
			kept = append(kept, make([]byte, len(w))...)
		default: // not at all, nor what came after it
			return kept
		}
	}
	return kept
}

// environ is the variable that [Environ] sets.
const environ = "TATAMI_TEST_DISK"

// Environ is the environment of a process whose files in dir are on a disk
// with the fault, if it calls [FromEnviron]. At a loss of power the process
// ends with [PowerExit], and dir is as seed leaves it.
func Environ(dir string, f Fault, seed uint64) string {
	return fmt.Sprintf("%s=%d %d %d %s", environ, f.Step, f.Kind, seed, dir)
}

// PowerExit is the exit code of a process that lost its power.
const PowerExit = 86

// FromEnviron mounts the disk that [Environ] asks for: for the TestMain of a
// package whose test binary stands in for a command.
func FromEnviron() error {
	text := os.Getenv(environ)
	if text == "" {
		return nil
	}
	var f Fault
	var seed uint64
	var at int
	if n, err := fmt.Sscanf(text, "%d %d %d ", &f.Step, &f.Kind, &seed); n != 3 && err != nil {
		return fmt.Errorf("%s is %q: %w", environ, text, err)
	}
	for range 3 {
		at += bytes.IndexByte([]byte(text[at:]), ' ') + 1
	}
	d := NewDisk(f)
	d.atOff = func() {
		code := PowerExit
		if err := d.crash(rand.New(rand.NewPCG(seed, seed))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
	}
	_, err := files.Mount(text[at:], d)
	return err
}
