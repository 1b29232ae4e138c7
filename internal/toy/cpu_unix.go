//go:build unix

package toy

import (
	"syscall"
	"time"
)

// CPU is the time that processors have spent on this process: what a test may
// bound where the machine is busy.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("toy: CPU: no rusage")
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
