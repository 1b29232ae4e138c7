package web_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"tatami/internal/web"
)

// A page that holds the bench's modules needs no other, and no server.
func TestBenchModules(t *testing.T) {
	imports := regexp.MustCompile(`(?m)\bfrom "/static/([^"]*)";`)
	for _, name := range web.BenchModules() {
		script := web.Asset(name)
		for _, f := range imports.FindAllStringSubmatch(script, -1) {
			if !slices.Contains(web.BenchModules(), f[1]) {
				t.Errorf("%s imports %s, which is not among the modules", name, f[1])
			}
		}
		if strings.HasPrefix(name, "bench") && regexp.MustCompile(`\bfetch\(|\bask\(`).MatchString(script) {
			t.Errorf("%s asks a server", name)
		}
	}
}
