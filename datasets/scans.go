package datasets

import (
	"fmt"
	"io"
)

// maxScans bounds the scans of a JPEG. Encoders make about ten; a decoder walks
// over the whole picture for each, even if 17 bytes hold it.
const maxScans = 100

var errScans = fmt.Errorf("more than %d scans, wanted at most %[1]d", maxScans)

// scanCounter follows the segments of a JPEG that is written to it, and fails
// at one scan too many.
type scanCounter struct {
	next        func(*scanCounter, byte) error // what the next byte is for; nil: data
	length      int                            // of a segment, as far as it is to come
	scans       int
	progressive bool
}

// Write implements [io.Writer].
func (c *scanCounter) Write(p []byte) (int, error) {
	for i := 0; i < len(p); i++ {
		switch {
		case c.length > 0: // the inside of a segment
			skipped := min(c.length, len(p)-i)
			c.length -= skipped
			i += skipped - 1
		case c.next != nil:
			if err := c.next(c, p[i]); err != nil {
				return i, err
			}
		case p[i] == 0xff:
			c.next = (*scanCounter).marker
		}
	}
	return len(p), nil
}

// marker takes the byte after 0xff.
func (c *scanCounter) marker(b byte) error {
	switch {
	case b == 0xff: // a filler
		return nil
	case b <= 0x01, b >= 0xd0 && b <= 0xd9: // data, a restart, the start or end: no segment
		c.next = nil
		return nil
	case b == 0xc2:
		c.progressive = true
	case b == 0xda:
		if c.scans++; c.scans > maxScans {
			return errScans
		}
	}
	c.next = (*scanCounter).high
	return nil
}

// high and low take the length of a segment, which counts its own two bytes.
func (c *scanCounter) high(b byte) error {
	c.length, c.next = -int(b)<<8, (*scanCounter).low // negative: not yet whole
	return nil
}

func (c *scanCounter) low(b byte) error {
	c.length, c.next = max(-c.length+int(b)-2, 0), nil
	return nil
}

// scanLimit reads a JPEG and fails for good at one scan too many.
type scanLimit struct {
	r       io.Reader
	counter scanCounter
	err     error
}

func (s *scanLimit) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if _, s.err = s.counter.Write(p[:n]); s.err != nil {
		return 0, s.err
	}
	return n, err
}
