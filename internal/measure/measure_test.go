package measure

import (
	"strings"
	"testing"

	"tatami/internal/words"
)

func TestProcessorTimes(t *testing.T) {
	before, ok := parseProcessorTimes("cpu  100 0 50 800 10 0 5 35 20 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
	if want := (processorTimes{1000, 35}); !ok || before != want {
		t.Errorf("%v, %v; want %v", before, ok, want)
	}
	after, _ := parseProcessorTimes("cpu  150 0 60 820 10 0 5 55 40 0\n")
	if got := after.since(before); got != 0.2 {
		t.Errorf("of 100 units 20 were stolen, not %v", got)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x"} {
		if _, ok := parseProcessorTimes(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestPrintMachine(t *testing.T) {
	share := 0.034
	for _, v := range []struct {
		report    Report
		want, not string
	}{
		{Report{Processors: 2, Meeting: 0.2e-6}, "near each other", "steal"},
		{Report{Processors: 2, Meeting: 0.6e-6, Stolen: &share}, "far from each other", "near"},
		{Report{Processors: 2, Meeting: 0.6e-6, Stolen: &share}, "3.4%", "near"},
		{Report{Processors: 2, Meeting: 1e-3}, "other programs", "each other"},
		{Report{Processors: 1, Meeting: 0}, "1 processors", "each other"},
	} {
		var b strings.Builder
		v.report.Print(&b, words.English)
		if text := b.String(); !strings.Contains(text, v.want) || strings.Contains(text, v.not) {
			t.Errorf("wanted %q and not %q:\n%s", v.want, v.not, text)
		}
	}
}
