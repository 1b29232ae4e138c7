package datasets

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// temporary is a file that the system removes once nobody holds it.
func temporary() (*os.File, error) {
	name := filepath.Join(os.TempDir(), fmt.Sprintf("tatami-pixels-%d", rand.Uint64()))
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(wide, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.CREATE_NEW,
		windows.FILE_ATTRIBUTE_TEMPORARY|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), name), nil
}

func mapped(f *os.File, n int) (data []byte, unmap func() error, err error) {
	m, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil)
	if err != nil {
		return nil, nil, err
	}
	defer windows.CloseHandle(m)
	at, err := windows.MapViewOfFile(m, windows.FILE_MAP_READ, 0, 0, uintptr(n))
	if err != nil {
		return nil, nil, err
	}
	p := *(*unsafe.Pointer)(unsafe.Pointer(&at)) // memory that the collector does not move
	return unsafe.Slice((*byte)(p), n), func() error { return windows.UnmapViewOfFile(at) }, nil
}
