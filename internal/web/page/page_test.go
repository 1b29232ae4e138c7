package page_test

import (
	"regexp"
	"strings"
	"testing"

	"tatami/internal/web/page"
	"tatami/internal/web/record"
)

// Names of users are text on a page, whatever they are.
func TestHostileName(t *testing.T) {
	run := &record.Update{Facts: &record.Facts{Name: `</script><script>alert(1)</script>{{script}}`}}
	for name, write := range map[string]func(*strings.Builder) error{
		"run":     func(b *strings.Builder) error { return page.Run(b, run) },
		"compare": func(b *strings.Builder) error { return page.Compare(b, []page.Compared{{Update: run}}) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if strings.Contains(text, "<script>alert") || strings.Count(text, "</script>") != 2 {
			t.Errorf("%s: the name breaks out", name)
		}
		if left := regexp.MustCompile(`(?m)^(import|export)\b.*`).FindString(text); left != "" {
			t.Errorf("%s: the script is not complete: %s", name, left)
		}
	}
}
