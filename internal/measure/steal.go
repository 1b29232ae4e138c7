package measure

import (
	"os"
	"strconv"
	"strings"
)

// processorTimes are how long all processors have run since the system started,
// and how much of it a hypervisor gave to others ("steal").
type processorTimes struct{ all, stolen float64 }

// readProcessorTimes asks the system. Only Linux tells.
func readProcessorTimes() (t processorTimes, ok bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t, false
	}
	return parseProcessorTimes(string(text))
}

// parseProcessorTimes reads the first line of proc_stat(5): user, nice, system,
// idle, iowait, irq, softirq and steal; what follows is part of them.
func parseProcessorTimes(stat string) (t processorTimes, ok bool) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return t, false
	}
	for _, f := range fields[1:9] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return t, false
		}
		t.all += v
		t.stolen = v
	}
	return t, true
}

// since is the share of all time from before to t that was stolen.
func (t processorTimes) since(before processorTimes) float64 {
	return (t.stolen - before.stolen) / max(t.all-before.all, 1)
}
