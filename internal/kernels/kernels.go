// Package kernels holds the loops in which a network spends its time, as
// functions on plain slices: portable Go for any machine, and assembly for
// amd64 with AVX-512 or AVX2 and for arm64. Nobody above it knows what SIMD is.
//
// What all kernels share:
//   - Arguments are checked once at the call; a wrong one panics with a constant string. Nothing outside a slice is read
//     or written.
//   - No call allocates or starts a goroutine.
//   - NaN and Inf pass through: no multiplication is left out because a factor is 0, but where a gradient of an affine
//     layer is 0, which meets weights and inputs that had to give a finite loss before.
//   - Within one instruction set the same arguments give the same bits, wherever the slices lie in memory. An element of
//     a product or a sum over rows is added up in an order which the length of its own sum decides alone, so grouping
//     rows differently changes no result.
//   - Unless a comment says otherwise, slices that are written must not overlap slices that are read.
//
// The instruction set is chosen once at start; see [ISA].
package kernels

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../stubs_amd64.go -tables ../tables_amd64.go -pkg kernels
//go:generate go -C _asm run . -arm64 ..
//go:generate go run ./_wasm -module simd/simd.wasm -stubs stubs_wasm.go
