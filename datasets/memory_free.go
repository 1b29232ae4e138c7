package datasets

import (
	"os"
	"strconv"
	"strings"
)

// usualMemory is what is taken to be free where the system does not say.
const usualMemory = 4 << 30

// freeMemory is how many bytes a program may still take, as Linux and its
// groups of processes say.
func freeMemory() int64 {
	free := int64(usualMemory)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
				if kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
					free = kilobytes << 10
				}
			}
		}
	}
	number := func(path string) (int64, bool) {
		text, err := os.ReadFile(path)
		n, err2 := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return n, err == nil && err2 == nil
	}
	most, limited := number("/sys/fs/cgroup/memory.max")
	used, known := number("/sys/fs/cgroup/memory.current")
	if limited && known {
		free = min(free, max(most-used, 0))
	}
	return free
}
