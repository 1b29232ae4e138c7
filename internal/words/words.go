// Package words holds what tatami says in its two languages: a Text stands
// where it is used, with both beside each other, and In chooses. A test walks
// all Texts of the module; what it asks of Japanese ones keeps their style.
package words

import (
	"fmt"
	"strings"
)

// Language is one that tatami speaks, by its code in HTML and in locales.
type Language string

// The languages. The zero value speaks English too.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// Text is a text in both languages. It may be a format of package fmt, with the
// same arguments; Japanese ones often name them by number, as in %[2]s. A %v
// stands for another Text, so that no blank need be around it in Japanese.
type Text struct{ EN, JA string }

// In is the text in a language, formatted if there are arguments; those that
// are Texts are in the same language.
func (t Text) In(l Language, args ...any) string {
	s := t.EN
	if l == Japanese {
		s = t.JA
	}
	if len(args) == 0 {
		return s
	}
	worded := make([]any, len(args))
	for i, a := range args {
		if t, ok := a.(Text); ok {
			a = t.In(l)
		}
		worded[i] = a
	}
	return fmt.Sprintf(s, worded...)
}

// With is the text formatted in both languages, to be an argument of another.
func (t Text) With(args ...any) Text {
	return Text{EN: t.In(English, args...), JA: t.In(Japanese, args...)}
}

// Choose is the language that a user wants: that of the flag --lang, unless it
// is empty, else that of the first of LC_ALL, LC_MESSAGES and LANG which is set,
// by POSIX's rule.
func Choose(flag string, getenv func(string) string) (Language, error) {
	switch l := Language(flag); l {
	case English, Japanese:
		return l, nil
	case "":
	default:
		return English, fmt.Errorf("language %q, wanted %s or %s", flag, English, Japanese)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			code, _, _ := strings.Cut(locale, ".") // ja_JP.UTF-8, ja_JP, ja
			code, _, _ = strings.Cut(code, "_")
			if Language(code) == Japanese {
				return Japanese, nil
			}
			return English, nil
		}
	}
	return English, nil
}
