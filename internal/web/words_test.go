package web_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	pair  = regexp.MustCompile(`(?s)en:\s*"((?:[^"\\]|\\.)*)",\s*ja:\s*"((?:[^"\\]|\\.)*)"`)
	side  = regexp.MustCompile(`\b(?:en|ja):\s*"`)
	place = regexp.MustCompile(`\{\w+\}`)
	// Japanese and Latin letters or figures stand apart; signs are full-width.
	unspaced = regexp.MustCompile(`[ぁ-んァ-ヶ一-龠][A-Za-z0-9{]|[A-Za-z0-9}][ぁ-んァ-ヶ一-龠]`)
	halves   = regexp.MustCompile(`[ぁ-んァ-ヶ一-龠][:()!?]|[:()!?][ぁ-んァ-ヶ一-龠]`)
)

// Every text of the pages is there in both languages, with the same places to
// fill in, and in one Japanese style.
func TestPagesInBothLanguages(t *testing.T) {
	texts := 0
	err := fs.WalkDir(os.DirFS("assets"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".js") {
			return err
		}
		script, err := os.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		pairs := pair.FindAllStringSubmatch(string(script), -1)
		if n := len(side.FindAllString(string(script), -1)); n != 2*len(pairs) {
			t.Errorf("%s has %d texts, %d of them in pairs", name, n, 2*len(pairs))
		}
		for _, p := range pairs {
			texts++
			en, ja := place.FindAllString(p[1], -1), place.FindAllString(p[2], -1)
			slices.Sort(en)
			slices.Sort(ja)
			if !slices.Equal(slices.Compact(en), slices.Compact(ja)) && !same[p[2]] {
				t.Errorf("%s: %q fills in %v, %q %v", name, p[1], en, p[2], ja)
			}
			// What is filled in brings its own blanks where it is Japanese.
			if bad := unspaced.FindString(whole.ReplaceAllString(p[2], "，")); bad != "" {
				t.Errorf("%s: %q has no blank in %q", name, p[2], bad)
			}
			if bad := halves.FindString(p[2]); bad != "" {
				t.Errorf("%s: %q has a half-width sign in %q", name, p[2], bad)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if texts < 100 {
		t.Errorf("%d texts", texts)
	}
}

// same are texts in Japanese that say less than the English: what the server
// says in English is left out.
var same = map[string]bool{"サーバーが混み合っています。少し待ってから、もう一度お試しください。": true}

// whole are places whose filling is Japanese itself.
var whole = regexp.MustCompile(`\{(when|layer|what)\}`)
