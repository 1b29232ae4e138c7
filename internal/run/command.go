package run

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"tatami/internal/web/record"
)

// flags are the settings by the names of their flags, in their order. Numbers
// are exact, or else as people write them. Zeros are left out where a run has
// them anyway.
func (s Settings) flags(exact bool) (all []record.Fact) {
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		text := fmt.Sprint(v.Field(i))
		if !exact && v.Field(i).CanFloat() {
			text = fmt.Sprintf("%.6g", v.Field(i).Float())
		}
		switch {
		case name == "taken" || name == "drawn" || s.From != "" && name == "architecture":
			continue // a network's table tells
		case s.Architecture != nil && name == "architecture":
			text = string(s.Architecture)
		}
		name = strings.ReplaceAll(name, "_", "-")
		if _, own := Recipe(s.Net)[name]; own || name == "seed" || !v.Field(i).IsZero() {
			all = append(all, record.Fact{Name: name, Value: text})
		}
	}
	return all
}

// Command is the line that gives the same run on the same build.
func (s Settings) Command(isa string) string {
	words := []string{"TATAMI_ISA=" + isa, "tatami", "train"}
	for _, f := range s.flags(true) {
		if f.Name != "architecture" && !(s.From != "" && f.Name == "net") {
			switch f.Value {
			case "true":
				words = append(words, "--"+f.Name)
			case "false":
				words = append(words, "--"+f.Name+"=false")
			default:
				words = append(words, "--"+f.Name, ShellWord(f.Value))
			}
		}
	}
	return strings.Join(words, " ")
}

// resumeCommand is the line that continues the run in a folder.
func resumeCommand(dir string) string { return "tatami train --resume " + ShellWord(dir) }

// ShellWord is text as one word of a shell's command line.
func ShellWord(text string) string {
	if regexp.MustCompile(`^[\w./,:@%+=-]+$`).MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
