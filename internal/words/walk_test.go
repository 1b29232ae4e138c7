package words_test

import (
	"fmt"
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

// Every Text of the module says what it says in both languages, with the same
// arguments, and in the Japanese style of the rest.
func TestTexts(t *testing.T) {
	files := token.NewFileSet()
	root := filepath.Join("..", "..")
	texts := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		found, problems := check(file)
		texts += found
		for _, p := range problems {
			t.Errorf("%s: %s", files.Position(p.at), p.what)
		}
		return nil
	})
	if err != nil || texts == 0 {
		t.Fatalf("%d texts, %v", texts, err)
	}
}

// The walk finds what is wrong in every way that a Text can be written.
func TestWalk(t *testing.T) {
	for text, want := range map[string]string{
		`words.Text{EN: "loss", JA: "損失"}`:                                      "",
		`words.Text{"loss", "損" + "失"}`:                                         "",
		`words.Text{EN: "layer %d of %s", JA: "%[2]s の第 %[1]d 層（%%）"}`:          "",
		`words.Text{EN: "Softmax", JA: "Softmax"}`:                              "",
		`words.Text{EN: "loss"}`:                                                "no text in Japanese",
		`words.Text{JA: "損失"}`:                                                  "no text in English",
		`words.Text{EN: "", JA: "損失"}`:                                          "no text in English",
		`words.Text{EN: "loss", JA: name}`:                                      "not a constant",
		`[]words.Text{{EN: "loss"}}`:                                            "no text in Japanese",
		`map[string]words.Text{"a": {"loss", ""}}`:                              "no text in Japanese",
		`map[string][]*words.Text{"a": {{"loss", ""}}}`:                         "no text in Japanese",
		`words.Text{EN: "%d of %d", JA: "%d 枚"}`:                                "other arguments",
		`words.Text{EN: "%s of %d", JA: "%d 枚中 %s"}`:                            "other arguments",
		`words.Text{EN: "loss", JA: "loss of"}`:                                 "no Japanese letter",
		`words.Text{EN: "loss (nats)", JA: "損失(nats)"}`:                         "full-width",
		`words.Text{EN: "3 images", JA: "3枚"}`:                                  "blank",
		`words.Text{EN: "images", JA: "MNISTの画像"}`:                              "blank",
		`words.Text{EN: "%d images", JA: "%d枚"}`:                                "blank",
		`words.Text{EN: "file %s", JA: "%sを"}`:                                  "blank",
		`words.Text{EN: "the %[2]v of %[1]v", JA: "%vの%v"}`:                     "",
		`func() any { type word words.Text; return word{EN: "loss"} }()`:        "own name",
		`func() any { type word = words.Text; return word{EN: "loss"} }()`:      "own name",
		`struct{ name words.Text }{words.Text{EN: "loss"}}`:                     "no text in Japanese",
		`[]struct{ name words.Text }{{words.Text{EN: "loss", JA: "損失、 loss"}}}`: "blank",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\nvar _ = "+text, 0)
		if err != nil {
			t.Fatal(err)
		}
		found, problems := check(file)
		switch {
		case want == "" && (found != 1 || problems != nil):
			t.Errorf("%s: %d texts, %v", text, found, problems)
		case want != "" && (len(problems) != 1 || !strings.Contains(problems[0].what, want)):
			t.Errorf("%s: %v, wanted one: …%s…", text, problems, want)
		}
	}
}

type problem struct {
	at   token.Pos
	what string
}

// check finds the Texts of a file, which are named words.Text or are elements
// of a list or map of these.
func check(file *ast.File) (found int, problems []problem) {
	report := func(at ast.Node, format string, args ...any) {
		problems = append(problems, problem{at.Pos(), fmt.Sprintf(format, args...)})
	}
	var visit func(n ast.Node, elided ast.Expr)
	literal := func(l *ast.CompositeLit, elided ast.Expr) {
		kind := l.Type
		if kind == nil {
			kind = elided
		}
		if isText(kind) {
			found++
			if what := problemOf(l); what != "" {
				report(l, "%s", what)
			}
			return
		}
		for _, e := range l.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				visit(kv.Key, keyOf(kind))
				e = kv.Value
			}
			visit(e, elementOf(kind))
		}
	}
	visit = func(root ast.Node, elided ast.Expr) {
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if n == root {
					literal(n, elided)
				} else {
					literal(n, nil)
				}
				return false
			case *ast.TypeSpec:
				if isText(n.Type) {
					report(n, "type %s: wanted words.Text under its own name, which the test knows", n.Name)
				}
			}
			return true
		})
	}
	visit(file, nil)
	return found, problems
}

func isText(e ast.Expr) bool {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Text" {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "words"
}

func elementOf(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.ArrayType:
		return e.Elt
	case *ast.MapType:
		return e.Value
	}
	return nil
}

func keyOf(e ast.Expr) ast.Expr {
	if m, ok := e.(*ast.MapType); ok {
		return m.Key
	}
	return nil
}

var (
	verb   = regexp.MustCompile(`%(?:\[(\d+)\])?[-+#0]*[\d.]*(?:\[(\d+)\])?([a-zA-Z%])`)
	letter = `[\p{Hiragana}\p{Katakana}\p{Han}ー]`
	anyJA  = regexp.MustCompile(letter + `|[、。：（）～]`)
	half   = regexp.MustCompile(letter + ` ?[(:;!?,]|[):;!?,] ?` + letter)
	tight  = regexp.MustCompile(letter + `[A-Za-z0-9%]|[A-Za-z0-9%]` + letter)
	inner  = regexp.MustCompile(`%(?:\[\d+\])?v`) // stands for a Text, which is Japanese too
	loose  = regexp.MustCompile(`[、。（）「」：] | [、。（）「」：]`)
)

// problemOf says what is wrong with a Text, if anything is.
func problemOf(l *ast.CompositeLit) string {
	var en, ja ast.Expr
	for i, e := range l.Elts {
		name := []string{"EN", "JA"}[min(i, 1)]
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			name, e = kv.Key.(*ast.Ident).Name, kv.Value
		}
		if name == "EN" {
			en = e
		} else {
			ja = e
		}
	}
	english, ok1 := constant(en)
	japanese, ok2 := constant(ja)
	spaced := inner.ReplaceAllString(japanese, "〓")
	switch {
	case !ok1 || !ok2:
		return "a text is not a constant: wanted words in both languages here"
	case english == "":
		return fmt.Sprintf("%q: no text in English", japanese)
	case japanese == "":
		return fmt.Sprintf("%q: no text in Japanese", english)
	case !slices.Equal(arguments(english), arguments(japanese)):
		return fmt.Sprintf("%q and %q have other arguments: %v and %v", english, japanese, arguments(english), arguments(japanese))
	case english != japanese && !anyJA.MatchString(japanese):
		return fmt.Sprintf("%q: no Japanese letter", japanese)
	case half.MatchString(japanese):
		return fmt.Sprintf("%q: wanted full-width punctuation at %q", japanese, half.FindString(japanese))
	case tight.MatchString(spaced):
		return fmt.Sprintf("%q: wanted a blank between Japanese and Latin letters or digits at %q", japanese, tight.FindString(spaced))
	case loose.MatchString(japanese):
		return fmt.Sprintf("%q: wanted no blank at %q", japanese, loose.FindString(japanese))
	}
	return ""
}

// constant is the value of a string literal or a sum of them; nothing is "".
func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case nil:
		return "", true
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		a, ok1 := constant(e.X)
		b, ok2 := constant(e.Y)
		return a + b, ok1 && ok2 && e.Op == token.ADD
	}
	return "", false
}

// arguments is what a format takes, as "1d" for a %d of the first, sorted.
func arguments(format string) []string {
	var all []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if n, err := strconv.Atoi(m[1] + m[2]); err == nil {
			next = n
		}
		all = append(all, fmt.Sprint(next, m[3]))
		next++
	}
	slices.Sort(all)
	return slices.Compact(all)
}
