package errortext

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
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
	eachFile(t, func(_ string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil {
					said.WriteString(plain(s) + "\n")
				}
			}
			return true
		})
	})
	all := said.String()
	for _, text := range slices.Concat(commandErrors, libraryErrors, onnxErrors) {
		for _, part := range strings.FieldsFunc(plain(text.EN), func(r rune) bool { return r == '%' || r == ':' || r == '(' || r == ';' || r == ',' }) {
			if part = strings.TrimSpace(part); !strings.Contains(all, part) {
				t.Errorf("%q: nothing says %q", text.EN, part)
			}
		}
	}
}

// unsaid are folders whose errors no user of the command causes or reads.
var unsaid = map[string]bool{
	"bench": true, "plots": true, "nntest": true, "filestest": true, "golden": true, "kill": true, "oracle": true, "toy": true, "webtest": true,
	"lab": true, // but for how it fails in Run
}

// parts are formats that are worded only with what stands around them, or in
// developers' errors.
var parts = []string{
	"%v", "%s: %s", "%s, wanted %s", "%s%s (valid: %s)", "unknown %s %.99q%s (valid: %s)", "unknown key %.99q%s",
	"%s, nor needs it: the input's shape is that of the layer before", "%s: an activation is a layer of its own", "%s, nor any other",
	"the image has %w", "more than %d scans, wanted at most %[1]d", "is at work there", "cannot write in %s: %s %w", "not finite", "stop", "a rank is lost",
	"%s %d: %w", "%s: %w; --budget %.0fx allows that", "it has more than %d %ss", "%[1]ss within %[1]ss deeper than %[2]d",
	"%w; left over are %s", "the page's module cannot be built", "%w: there is no go command in PATH",
	"%w: the current folder is not in tatami's sources; name their folder with --source DIR", "go %s: %s", "go %s: %w",
	"%s %d (%v): %w", "type %T is not a struct", "%s %T has no name in a file, wanted %s", "field %s: %w", // of programs that write models
	"too many requests are waiting; try again in a second", // of the JSON interface
	"kernels: TATAMI_ISA=%s %s; valid are %s", "go mod download: %s", "step %d: the learning rate is %w: the schedule gives %g",
	"step %d: %s is %w, first in %s; try a learning rate below %.3g, or clip the gradient",
}

// ofPrograms are errors of who writes one.
var ofPrograms = regexp.MustCompile(`^(trainer: .*(must|wanted (at least|0)|need|has no)|watch: |evaluate: batch)`)

// Every sentence that a package says as an error is worded.
func TestErrorsAreWorded(t *testing.T) {
	t.Parallel()
	known := sentences()
	verb := regexp.MustCompile(`%(?:\[\d+\])?[-+#0]*[\d.]*([a-zA-Z%])`)
	english := regexp.MustCompile(`英語のメッセージ：([^x]|x [^%])|[a-z']+,? [a-z']+,? [a-z]+`) // an x is an error within
	sample := map[string]string{"d": "7", "q": `"x"`, "%": "%"}
	eachFile(t, func(path string, file *ast.File) {
		for dir := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(path)), "/") {
			if unsaid[dir] {
				return
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 || !slices.Contains([]string{"Errorf", "New", "refuse", "wrongSetting", "wrongUsage"}, named(call.Fun)) {
				return true
			}
			l, ok := call.Args[0].(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			format, err := strconv.Unquote(l.Value)
			if err != nil || slices.Contains(parts, format) || ofPrograms.MatchString(format) {
				return true
			}
			said := verb.ReplaceAllStringFunc(format, func(v string) string { return cmp.Or(sample[v[len(v)-1:]], "x") })
			if worded := known.Japanese(said); english.MatchString(worded) {
				t.Errorf("%s: %q has no Japanese, but %s", path, format, worded)
			}
			return true
		})
	})
}

// eachFile calls f for all Go files of the module but tests and the tables of
// words themselves.
func eachFile(t *testing.T, f func(path string, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "errortext" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			path, err = filepath.Rel(root, path)
			f(path, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// named is the name of a function that is called.
func named(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
