//go:build unix

package mpi

import "syscall"

// apart makes a process one of no launcher's group.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
