//go:build !unix

package mpi

import "syscall"

// apart has no groups to leave.
func apart() *syscall.SysProcAttr { return nil }
