package words

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Sentences are what errors say: libraries word them in English, with what they
// found and wanted in it, and a command that speaks Japanese recognises them by
// their formats. A %w stands for another error, which is worded in turn, and so is
// a %v where it is recognised. What a %s stands for is a name and stays.
type Sentences struct{ list []sentence }

type sentence struct {
	english  *regexp.Regexp
	verbs    []verbOf // of its groups
	japanese string
	weight   int // letters outside verbs: the more, the surer
}

type verbOf struct {
	argument int
	kind     string
}

var verbs = regexp.MustCompile(`%(?:\[(\d+)\])?[-+#0]*[\d.]*(?:\[(\d+)\])?([a-zA-Z%])`)

// NewSentences are those of the given formats.
func NewSentences(texts ...Text) *Sentences {
	s := &Sentences{}
	for _, t := range texts {
		one := sentence{japanese: t.JA}
		pattern := "(?s)^"
		eachPart(t.EN, func(literal string, v verbOf) {
			pattern += regexp.QuoteMeta(literal)
			one.weight += len(literal)
			if v.kind != "" {
				one.verbs = append(one.verbs, v)
				pattern += groupOf(v.kind)
			}
		})
		one.english = regexp.MustCompile(pattern + "$")
		s.list = append(s.list, one)
	}
	slices.SortStableFunc(s.list, func(a, b sentence) int { return b.weight - a.weight })
	return s
}

// groupOf matches what a verb may print.
func groupOf(kind string) string {
	switch kind {
	case "d":
		return `(-?\d+)`
	case "q":
		return `("(?:[^"\\]|\\.)*")`
	}
	return `(.+?)`
}

// eachPart goes through a format: what stands before a verb, and the verb; in
// the end the rest, with none.
func eachPart(format string, f func(literal string, v verbOf)) {
	next, from := 1, 0
	literal := ""
	for _, m := range verbs.FindAllStringSubmatchIndex(format, -1) {
		literal += format[from:m[0]]
		from = m[1]
		kind := format[m[6]:m[7]]
		if kind == "%" {
			literal += "%"
			continue
		}
		for _, i := range []int{2, 4} {
			if m[i] >= 0 {
				next, _ = strconv.Atoi(format[m[i]:m[i+1]])
			}
		}
		f(literal, verbOf{next, kind})
		literal = ""
		next++
	}
	f(literal+format[from:], verbOf{})
}

// Japanese is an English sentence in Japanese, if its format is known.
// Otherwise it is taken apart at its first colon, behind the name of a file,
// say; what is not known then stays as it is, with a word that it is English.
// A name with a colon in it, which may be half a sentence, comes last.
func (s *Sentences) Japanese(english string) string {
	if text, ok := s.apart(english); ok {
		return text
	}
	if text, ok := s.known(english, true); ok {
		return text
	}
	if name, rest, ok := named(english); ok {
		return name + "：" + s.Japanese(rest)
	}
	return unknown.In(Japanese, english)
}

// apart words what is known behind any number of names.
func (s *Sentences) apart(english string) (string, bool) {
	if text, ok := s.known(english, false); ok {
		return text, true
	}
	if name, rest, ok := named(english); ok {
		text, ok := s.apart(rest)
		return name + "：" + text, ok
	}
	return "", false
}

// named cuts a text behind a name that it begins with.
func named(text string) (name, rest string, ok bool) {
	name, rest, ok = strings.Cut(text, ": ")
	return name, rest, ok && (!strings.Contains(name, " ") || strings.ContainsAny(name, "./\\"))
}

var unknown = Text{EN: "message: %s", JA: "英語のメッセージ：%s"}

// known is a sentence whose format is known; colons tells whether what a %s
// stands for may have one.
func (s *Sentences) known(english string, colons bool) (string, bool) {
sentences:
	for _, one := range s.list {
		found := one.english.FindStringSubmatch(english)
		if found == nil {
			continue
		}
		values := map[int]string{}
		for i, v := range one.verbs {
			value := found[1+i]
			switch v.kind {
			case "w":
				value = s.Japanese(value)
			case "v":
				if text, ok := s.known(value, colons); ok {
					value = text
				}
			case "q":
			default:
				if !colons && strings.Contains(value, ": ") {
					continue sentences
				}
			}
			values[v.argument] = value
		}
		var b strings.Builder
		eachPart(one.japanese, func(literal string, v verbOf) {
			b.WriteString(literal)
			b.WriteString(values[v.argument])
		})
		return b.String(), true
	}
	return "", false
}
