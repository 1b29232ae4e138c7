//go:build (purego || !(amd64 || arm64)) && !(wasm && simd)

package kernels

// available lists the instruction sets of this machine, best first.
func available() []*isa { return []*isa{&portable} }
