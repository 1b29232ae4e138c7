package datasets

import (
	"fmt"
	"io"
)

// maxScans is the largest number of passes over a JPEG's pixels that is taken.
// Encoders make about ten; a scan of 17 bytes can cost a walk over the whole
// picture.
const maxScans = 100

// scanLimit passes a JPEG on as long as it does not begin too many scans. It
// counts every start-of-scan marker (FF DA), those of thumbnails too; the
// compressed pixels themselves never contain one.
type scanLimit struct {
	r     io.Reader
	scans int
	last  byte
}

func (s *scanLimit) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	for _, v := range b[:n] {
		if s.last == 0xff && v == 0xda {
			s.scans++
		}
		s.last = v
	}
	if s.scans > maxScans {
		return 0, fmt.Errorf("it has more than %d scans, wanted at most %d", maxScans, maxScans)
	}
	return n, err
}
