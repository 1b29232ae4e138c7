// Package simd holds what a page loads beside a program that was built for
// js/wasm with the tag simd: the module of its kernels, which has the vectors
// that Go's own code lacks, and the script that brings the two together.
package simd

import _ "embed"

// Module is the kernels' module, which go generate makes in the folder above.
//
//go:embed simd.wasm
var Module []byte

// Loader is a script for pages, workers and Node that defines loadTatami. Go's
// wasm_exec.js, of the Go that built the program, comes before it.
//
//go:embed load.js
var Loader string
