//go:build !unix

package run

import "os"

// hangUps are none: a console that closes sends SIGTERM.
func hangUps() []os.Signal { return nil }

// outliveReaders has nothing to do without signals for pipes.
func outliveReaders() {}

// readerGone is not told from other errors here.
func readerGone(error) bool { return false }
