package filestest

import (
	"errors"
	"math/rand/v2"
	"testing"

	"tatami/internal/files"
)

// crashes is how many of the states that one loss of power may leave are seen.
const crashes = 4

// Faults runs write with its files in dir on a [Disk], once without a fault
// and then with each kind of fault at each of its steps. before brings dir
// into the state that write finds; check fails the test if what lies there
// then is neither the old nor the new. done tells check that write had
// returned nil, so only the new will do.
//
// A write whose step failed must return an error that is [ErrFault], but for
// its clean-up; one without a fault nil.
func Faults(t *testing.T, dir string, before func(), write func() error, check func(t *testing.T, f Fault, done bool)) {
	t.Helper()
	run := func(f Fault) (*Disk, error) {
		before()
		d := NewDisk(f)
		unmount, err := files.Mount(dir, d)
		if err != nil {
			t.Fatal(err)
		}
		defer unmount()
		return d, write()
	}
	d, err := run(Fault{})
	if err != nil {
		t.Fatalf("without a fault: %v", err)
	}
	steps := d.Steps()
	if steps == 0 {
		t.Fatalf("nothing was written in %s", dir)
	}
	check(t, Fault{}, true)
	for step := 1; step <= steps; step++ {
		for _, kind := range []Kind{Once, On} {
			f := Fault{step, kind}
			_, err := run(f)
			if !errors.Is(err, ErrFault) {
				t.Errorf("step %d of %d, %v: error %v, wanted one that is %v", step, steps, kind, err, ErrFault)
			}
			check(t, f, false)
		}
	}
	// One more: the power is lost when all is done.
	for step := 1; step <= steps+1; step++ {
		for seed := range uint64(crashes) {
			f := Fault{step, Power}
			d, err := run(f)
			if err := d.Crash(rand.New(rand.NewPCG(seed, uint64(step)))); err != nil {
				t.Fatal(err)
			}
			check(t, f, err == nil)
		}
	}
}
