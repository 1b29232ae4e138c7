//go:build mpi && (linux || darwin) && (amd64 || arm64)

package mpi

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// library is an MPI library in memory: its functions, and the constants in which
// implementations differ. A handle is an int in MPICH, the address of a symbol in
// Open MPI, and a small number in the pointers of MPI 5's standard ABI; all are
// passed alike.
type library struct {
	path string

	init, setErrorHandler, rank, size, finalize  uintptr
	allToAll, allGather, send, receive, test     uintptr
	cancel                                       uintptr
	world, bytes, errorsReturn, threadSerialized uintptr
}

// names are the libraries that are looked for, in this order: the standard ABI,
// and then that of the launcher.
func names(getenv func(string) string) []string {
	if path := getenv(LibraryVariable); path != "" {
		return []string{path}
	}
	if runtime.GOOS == "darwin" {
		return []string{"libmpi_abi.dylib", "/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib", "libmpi.dylib"}
	}
	standard := []string{"libmpi_abi.so.0", "libmpi_abi.so"}
	mpich := []string{"libmpich.so.12", "libmpi.so.12", "libmpich.so"}
	open := []string{"libmpi.so.40", "libmpi.so"}
	if getenv("OMPI_COMM_WORLD_SIZE") != "" || getenv("PMIX_RANK") != "" {
		return append(append(standard, open...), mpich...)
	}
	return append(append(standard, mpich...), open...)
}

// load opens the first library that is there.
func load(names []string) (*library, error) {
	var firstErr error
	for _, name := range names {
		handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			if firstErr == nil || !strings.Contains(err.Error(), "No such file") {
				firstErr = err
			}
			continue
		}
		return resolve(name, handle)
	}
	return nil, fmt.Errorf("no MPI library (%s): install MPICH or Open MPI, or name it in %s: %w", strings.Join(names, ", "), LibraryVariable, firstErr)
}

func resolve(path string, handle uintptr) (*library, error) {
	l := &library{path: path}
	for name, address := range map[string]*uintptr{
		"MPI_Init_thread": &l.init, "MPI_Comm_set_errhandler": &l.setErrorHandler, "MPI_Comm_rank": &l.rank, "MPI_Comm_size": &l.size,
		"MPI_Finalize": &l.finalize, "MPI_Ialltoallv": &l.allToAll, "MPI_Iallgatherv": &l.allGather, "MPI_Isend": &l.send,
		"MPI_Irecv": &l.receive, "MPI_Test": &l.test, "MPI_Cancel": &l.cancel,
	} {
		var err error
		if *address, err = purego.Dlsym(handle, name); err != nil {
			return nil, fmt.Errorf("%s is not an MPI library: it has no %s", path, name)
		}
	}
	if world, err := purego.Dlsym(handle, "ompi_mpi_comm_world"); err == nil { // Open MPI
		l.world, l.threadSerialized = world, 2
		for name, address := range map[string]*uintptr{"ompi_mpi_byte": &l.bytes, "ompi_mpi_errors_return": &l.errorsReturn} {
			if *address, err = purego.Dlsym(handle, name); err != nil {
				return nil, fmt.Errorf("%s is not an Open MPI library: it has no %s", path, name)
			}
		}
		return l, nil
	}
	if strings.HasPrefix(filepath.Base(path), "libmpi_abi") { // MPI 5.0, chapter 20
		l.world, l.bytes, l.errorsReturn, l.threadSerialized = 0x101, 0x247, 0x142, 2048
		return l, nil
	}
	l.world, l.bytes, l.errorsReturn, l.threadSerialized = 0x44000000, 0x4c00010d, 0x54000001, 2 // MPICH
	return l, nil
}

// call calls a function that returns an error code.
func (l *library) call(name string, function uintptr, args ...uintptr) error {
	code, _, _ := purego.SyscallN(function, args...)
	if int32(code) == 0 {
		return nil
	}
	return fmt.Errorf("MPI: %s failed with code %d", name, int32(code))
}

// startLibrary loads the library that the environment asks for.
func startLibrary() (*library, error) { return load(names(os.Getenv)) }
