package kernels

// ISA names the instruction set in use: avx512, avx2 or portable.
func ISA() string { return "portable" }

// ISAError tells what was wrong with the environment variable TATAMI_ISA, or nil.
func ISAError() error { return nil }
