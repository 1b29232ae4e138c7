package mpi

import (
	"os"
	"os/exec"
)

// Watch starts this program with args as a process that outlives this one, and
// returns what tells it that all is well: its standard input then has a byte
// before its end. Launchers kill all ranks where one is lost, and leave them no
// time to say anything.
func Watch(args ...string) (well func(), err error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(path, args...)
	c.Stdout, c.Stderr, c.SysProcAttr = os.Stdout, os.Stderr, apart()
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	return func() {
		in.Write([]byte{1})
		in.Close()
		c.Wait()
	}, nil
}
