package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tatami/internal/words"
)

const repository = "../.."

// article is what a text in two languages has in common.
type article struct {
	headings         string // their levels
	codes            []string
	pictures, tables []string // files; the shapes of their rows
	links            []string
}

var (
	code    = regexp.MustCompile("(?ms)^```.*?^```$")
	heading = regexp.MustCompile(`(?m)^(#+) `)
	row     = regexp.MustCompile(`(?m)^\|.*\|$`)
	link    = regexp.MustCompile(`(!?)\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)`)
)

func readArticle(t *testing.T, name string) article {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	p := article{codes: code.FindAllString(string(data), -1)}
	text := code.ReplaceAllString(string(data), "")
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		p.headings += h[1] + " "
	}
	for _, r := range row.FindAllString(text, -1) {
		p.tables = append(p.tables, strings.Repeat("|", strings.Count(r, "|")))
	}
	for _, l := range link.FindAllStringSubmatch(text, -1) {
		p.links = append(p.links, l[2])
		if l[1] != "" {
			p.pictures = append(p.pictures, l[2])
		}
	}
	return p
}

var number = regexp.MustCompile(`[0-9]+(?:[,.×e-]+[0-9]+)*`)

// inStep is whether blocks of two languages say the same: code to the letter;
// what a command says, whose block is of no language, by the numbers, of which
// Japanese may have more ("a tenth").
func inStep(en, ja string) bool {
	if !strings.HasPrefix(en, "```\n") {
		return en == ja
	}
	left := number.FindAllString(ja, -1)
	for _, n := range number.FindAllString(en, -1) {
		i := slices.Index(left, n)
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return strings.HasPrefix(ja, "```\n")
}

// The texts in English and Japanese have the same headings, tables, pictures,
// the same code to the letter, and in what commands say the same figures; each
// leads to the other.
func TestLanguagesInStep(t *testing.T) {
	t.Parallel()
	translations, err := filepath.Glob(filepath.Join(repository, "*.ja.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob(filepath.Join(repository, "docs", "*.ja.md"))
	translations = append(translations, more...)
	if len(translations) < 2 {
		t.Fatalf("translations are %v, wanted README and tutorial at least", translations)
	}
	for _, path := range translations {
		ja, _ := filepath.Rel(repository, path)
		en := strings.Replace(ja, ".ja.md", ".md", 1)
		e, j := readArticle(t, en), readArticle(t, ja)
		if !slices.Contains(e.links, filepath.Base(ja)) || !slices.Contains(j.links, filepath.Base(en)) {
			t.Errorf("%s and %s do not lead to each other", en, ja)
		}
		if isSummary(t, en, ja) {
			continue
		}
		if e.headings != j.headings {
			t.Errorf("%s has headings %s, %s %s", en, e.headings, ja, j.headings)
		}
		for i, p := range j.pictures { // one with words has them in its page's language
			j.pictures[i] = strings.Replace(p, ".ja.png", ".png", 1)
		}
		if !slices.Equal(e.pictures, j.pictures) {
			t.Errorf("%s has pictures %v, %s %v", en, e.pictures, ja, j.pictures)
		}
		if !slices.Equal(e.tables, j.tables) {
			t.Errorf("%s has table rows %v, %s %v", en, e.tables, ja, j.tables)
		}
		if len(e.codes) != len(j.codes) {
			t.Errorf("%s has %d blocks of code, %s %d", en, len(e.codes), ja, len(j.codes))
		}
		for i := range min(len(e.codes), len(j.codes)) {
			if !inStep(e.codes[i], j.codes[i]) {
				t.Errorf("code %d of %s differs from that of %s:\n%s\n%s", i+1, en, ja, e.codes[i], j.codes[i])
				break
			}
		}
	}
}

var decimal = regexp.MustCompile(`[0-9]+\.[0-9]+`)

// isSummary is whether a Japanese text says of itself that it is a summary
// (要約). Such a text has no figure that the English one has not.
func isSummary(t *testing.T, en, ja string) bool {
	t.Helper()
	text, err1 := os.ReadFile(filepath.Join(repository, ja))
	whole, err2 := os.ReadFile(filepath.Join(repository, en))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	title, _, _ := strings.Cut(string(text), "\n")
	if !strings.HasSuffix(title, "（要約）") {
		return false
	}
	figures := decimal.FindAllString(string(text), -1)
	if len(figures) == 0 {
		t.Errorf("%s has no figures", ja)
	}
	known := decimal.FindAllString(string(whole), -1)
	for _, figure := range figures {
		if !slices.Contains(known, figure) {
			t.Errorf("%s has %s, which %s has not", ja, figure, en)
		}
	}
	return true
}

// The article's Go code is that of examples, which run as tests.
func TestArticleCode(t *testing.T) {
	t.Parallel()
	examples, err := os.ReadFile(filepath.Join(repository, "layers", "example_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	plain := func(code string) string { return strings.Join(strings.Fields(code), " ") }
	for _, code := range readArticle(t, "docs/affine-and-convolution.md").codes {
		body, ok := strings.CutPrefix(code, "```go\n")
		if body = strings.TrimSuffix(body, "```"); ok && !strings.Contains(plain(string(examples)), plain(body)) {
			t.Errorf("no example of package layers has\n%s", body)
		}
	}
}

// Links lead to files that are there, and commands have flags that exist.
func TestDocs(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(repository, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob(filepath.Join(repository, "docs", "*.md"))
	commands := 0
	for _, path := range append(names, more...) {
		name, _ := filepath.Rel(repository, path)
		p := readArticle(t, name)
		for _, l := range p.links {
			if strings.Contains(l, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), l)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, l)
			}
		}
		for _, block := range p.codes {
			for line := range strings.Lines(block) {
				rest, ok := strings.CutPrefix(strings.TrimSpace(line), "go run ./cmd/tatami ")
				if !ok {
					continue
				}
				commands++
				rest, _, _ = strings.Cut(rest, " #")
				root := newRoot(words.English)
				cmd, args, err := root.Find(strings.Fields(rest))
				if err == nil && cmd == root {
					err = unknownCommand(root, args)
				}
				if err == nil {
					err = cmd.ParseFlags(args)
				}
				if err != nil {
					t.Errorf("%s: %s: %v", name, strings.TrimSpace(line), err)
				}
			}
		}
	}
	if commands < 10 {
		t.Errorf("%d commands found", commands)
	}
}
