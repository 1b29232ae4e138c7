//go:build !unix

package toy

import "time"

// CPU is the time of day, as near as there is here to that of processors.
func CPU() time.Duration { return time.Duration(time.Now().UnixNano()) }
