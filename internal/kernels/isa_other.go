//go:build (!amd64 && !arm64) || purego

package kernels

// available lists the instruction sets of this machine, best first.
func available() []*isa { return []*isa{&portable} }
