package page_test

import (
	"encoding/json"
	"net/url"
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
		if strings.Contains(text, "<script>alert") || strings.Count(text, "</script>") != 3 {
			t.Errorf("%s: the name breaks out", name)
		}
		checkModules(t, text)
	}
}

// checkModules looks for every module that the page's own import.
func checkModules(t *testing.T, page string) {
	t.Helper()
	_, text, _ := strings.Cut(page, `<script type="importmap">`)
	text, _, _ = strings.Cut(text, "</script>")
	var modules struct{ Imports map[string]string }
	if err := json.Unmarshal([]byte(text), &modules); err != nil {
		t.Fatal(err)
	}
	imports := regexp.MustCompile(`(?m)\b(?:from|import) "([^"]*)";`)
	found := imports.FindAllStringSubmatch(page, -1)
	for name, address := range modules.Imports {
		code, err := url.PathUnescape(strings.TrimPrefix(address, "data:text/javascript;charset=utf-8,"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		found = append(found, imports.FindAllStringSubmatch(string(code), -1)...)
	}
	if len(found) < len(modules.Imports) {
		t.Errorf("%d imports of %d modules", len(found), len(modules.Imports))
	}
	for _, f := range found {
		if modules.Imports[f[1]] == "" {
			t.Errorf("the page imports %s, and does not have it", f[1])
		}
	}
}
