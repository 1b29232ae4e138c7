package errortext

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every sentence that is recognised is one that some package says.
func TestErrorsAreSaid(t *testing.T) {
	t.Parallel()
	verb := regexp.MustCompile(`%(\[\d+\])?[-+#0]*[\d.]*[a-zA-Z]`)
	plain := func(format string) string { return verb.ReplaceAllString(format, "%") }
	var said strings.Builder
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "errors.go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil {
					said.WriteString(plain(s) + "\n")
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := said.String()
	for _, text := range append(commandErrors, libraryErrors...) {
		for _, part := range strings.FieldsFunc(plain(text.EN), func(r rune) bool { return r == '%' || r == ':' || r == '(' || r == ';' || r == ',' }) {
			if part = strings.TrimSpace(part); !strings.Contains(all, part) {
				t.Errorf("%q: nothing says %q", text.EN, part)
			}
		}
	}
}
