package kernels

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// An isa is an instruction set for which there are kernels.
type isa uint8

const (
	portable isa = iota
	avx2
	avx512
)

var isaNames = [...]string{portable: "portable", avx2: "avx2", avx512: "avx512"}

// active is the instruction set in use. Only start and tests set it.
var active, activeErr = choose(os.Getenv("TATAMI_ISA"))

// ISA names the instruction set in use: avx512, avx2 or portable. It is the best that the machine has, unless the
// environment variable TATAMI_ISA asks for another.
func ISA() string { return isaNames[active] }

// ISAError tells what was wrong with TATAMI_ISA, or returns nil. After an error the kernels run as if it were not set.
func ISAError() error { return activeErr }

// choose returns the instruction set called name, or the best one when name is empty.
func choose(name string) (isa, error) {
	all := available()
	best := all[0]
	if name == "" {
		return best, nil
	}
	valid := make([]string, len(all))
	for i, s := range all {
		valid[i] = isaNames[s]
	}
	if i := slices.Index(valid, name); i >= 0 {
		return all[i], nil
	}
	what := "is not an instruction set"
	if slices.Contains(isaNames[:], name) {
		what = "is not available on this machine or in this build"
	}
	return best, fmt.Errorf("kernels: TATAMI_ISA=%s %s; valid are %s", name, what, strings.Join(valid, ", "))
}
