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
func (s *Sentences) Japanese(english string) string {
	if text, ok := s.known(english); ok {
		return text
	}
	if name, rest, ok := strings.Cut(english, ": "); ok && (!strings.Contains(name, " ") || strings.ContainsAny(name, "./\\")) {
		return name + "：" + s.Japanese(rest)
	}
	return unknown.In(Japanese, english)
}

var unknown = Text{EN: "message: %s", JA: "英語のメッセージ：%s"}

func (s *Sentences) known(english string) (string, bool) {
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
				if text, ok := s.known(value); ok {
					value = text
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
