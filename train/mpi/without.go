//go:build !mpi || !(linux || darwin) || !(amd64 || arm64)

package mpi

// Start fails: this build has no MPI.
func Start() (Job, error) {
	return nil, ErrMissing
}
