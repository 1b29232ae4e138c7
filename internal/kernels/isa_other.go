//go:build (!amd64 || purego) && !(wasm && simd)

package kernels

// available lists the instruction sets of this machine, best first.
func available() []*isa { return []*isa{&portable} }
