package datasets

import (
	"fmt"
	"math"
	"os"

	"tatami/internal/files"
)

// store is memory for images of one size: the program's own, or a temporary
// file that the system reads as it is used and that goes with the program.
type store struct {
	pixels []byte
	file   *os.File // nil: the program's own
	unmap  func() error
	size   int
}

// newStore is for n images of so many bytes, in a file if they are more than
// so many together.
func newStore(n, size int, most int64) (*store, error) {
	s := &store{size: size}
	if int64(n)*int64(size) > math.MaxInt {
		return nil, fmt.Errorf("%d bytes of pixels are more than this system can address, wanted fewer or smaller pictures", int64(n)*int64(size))
	}
	if int64(n)*int64(size) <= most {
		s.pixels = make([]byte, n*size)
		return s, nil
	}
	var err error
	if s.file, err = temporary(); err != nil {
		return nil, fmt.Errorf("cannot make a temporary file for %d bytes of pixels: %w", int64(n)*int64(size), files.Cause(err))
	}
	return s, nil
}

// set keeps the pixels of image i. It may run many times at once.
func (s *store) set(i int, pixels []byte) error {
	if s.file == nil {
		copy(s.pixels[i*s.size:], pixels)
		return nil
	}
	if _, err := s.file.WriteAt(pixels, int64(i)*int64(s.size)); err != nil {
		return fmt.Errorf("cannot write the temporary file for pixels in %s: %w", os.TempDir(), files.Cause(err))
	}
	return nil
}

// whole ends the writing of n images.
func (s *store) whole(n int) (err error) {
	if s.file == nil || n == 0 {
		return nil
	}
	if s.pixels, s.unmap, err = mapped(s.file, n*s.size); err != nil {
		return fmt.Errorf("cannot read the temporary file for pixels in %s: %w", os.TempDir(), err)
	}
	return nil
}

func (s *store) image(i int) []byte {
	return s.pixels[i*s.size : (i+1)*s.size : (i+1)*s.size]
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	var err error
	if s.unmap != nil {
		err = s.unmap()
	}
	if closeErr := s.file.Close(); err == nil {
		err = closeErr
	}
	s.pixels = nil
	return err
}
