//go:build unix

package run

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// hangUps are the signals of a terminal that closes, none where they are
// ignored.
func hangUps() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	return []os.Signal{syscall.SIGHUP}
}

// outliveReaders keeps the process alive when it prints for a reader that has
// gone.
func outliveReaders() { signal.Ignore(syscall.SIGPIPE) }

// readerGone reports whether printing failed because nobody reads any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
