package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/words"
)

// helpWidth is how wide a help is, in columns.
const helpWidth = 80

var (
	usageHead    = words.Text{EN: "Usage:", JA: "使い方："}
	exampleHead  = words.Text{EN: "Examples:", JA: "例："}
	commandsHead = words.Text{EN: "Commands:", JA: "コマンド："}
	flagsHead    = words.Text{EN: "Flags:", JA: "フラグ："}
	otherHead    = words.Text{EN: "Other flags:", JA: "そのほかのフラグ："}
	globalHead   = words.Text{EN: "Everywhere:", JA: "すべてのコマンドで："}
	defaultText  = words.Text{EN: "(default %s)", JA: "（既定値：%s）"}
	moreText     = words.Text{EN: `"%s COMMAND --help" tells more of a command.`, JA: "各コマンドの説明：%s COMMAND --help"}
	helpText     = words.Text{EN: "help for this command", JA: "このコマンドの説明を表示する"}
	langText     = words.Text{EN: "language, en or ja (default: that of LC_ALL, LC_MESSAGES or LANG)", JA: "表示する言語。en または ja（既定：LC_ALL、LC_MESSAGES、LANG のもの）"}
	helpShort    = words.Text{EN: "Help on a command", JA: "コマンドの説明を表示する"}
)

// flagGroup is what some flags, by name, are for.
type flagGroup struct {
	title words.Text
	names string
}

// groupFlags tells the help in which groups the flags of a command stand.
func groupFlags(cmd *cobra.Command, l words.Language, groups ...flagGroup) {
	for i, g := range groups {
		for name := range strings.FieldsSeq(g.names) {
			f := cmd.Flags().Lookup(name)
			if f == nil {
				continue
			}
			if f.Annotations == nil {
				f.Annotations = map[string][]string{}
			}
			f.Annotations[groupKey] = []string{fmt.Sprint(i), g.title.In(l)}
		}
	}
}

const groupKey = "tatami group"

// help writes the help of a command.
func help(out io.Writer, cmd *cobra.Command, l words.Language) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	if l == words.Japanese { // the source's lines are not to be seen
		text = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "\n\n", "\r"), "\n", ""), "\r", "\n\n")
	}
	for _, line := range words.Wrap(text, helpWidth) {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "\n%s\n  %s\n", usageHead.In(l), cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(out, "\n%s\n%s\n", exampleHead.In(l), cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n%s\n", commandsHead.In(l))
		var rows [][]string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				rows = append(rows, []string{"  " + c.Name(), c.Short})
			}
		}
		fmt.Fprint(out, words.Table(rows))
	}
	helpFlags(out, cmd, l)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n%s\n", moreText.In(l, cmd.CommandPath()))
	}
}

// helpFlags writes a command's flags, by what they are for.
func helpFlags(out io.Writer, cmd *cobra.Command, l words.Language) {
	var titles []string
	groups := map[string][]*pflag.Flag{}
	add := func(title string, f *pflag.Flag) {
		if groups[title] == nil {
			titles = append(titles, title)
		}
		groups[title] = append(groups[title], f)
	}
	grouped := false
	for i := range 10 { // more groups than any command has
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			if g := f.Annotations[groupKey]; g != nil && g[0] == fmt.Sprint(i) {
				grouped = true
				add(g[1], f)
			}
		})
	}
	rest := flagsHead
	if grouped {
		rest = otherHead
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden || f.Annotations[groupKey] != nil:
		case cmd.Root().PersistentFlags().Lookup(f.Name) == f:
			add(globalHead.In(l), f)
		default:
			add(rest.In(l), f)
		}
	})
	for _, title := range titles {
		fmt.Fprintf(out, "\n%s\n", title)
		for _, f := range groups[title] {
			helpFlag(out, f, l)
		}
	}
}

// helpFlag writes a flag and, beside it, what it does.
func helpFlag(out io.Writer, f *pflag.Flag, l words.Language) {
	const column = 28
	kind, usage := pflag.UnquoteUsage(f)
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	if f.Value.Type() != "bool" {
		name += " " + kind
	}
	switch f.DefValue {
	case "", "0", "false", "[]":
	default:
		usage += " " + defaultText.In(l, strings.Trim(f.DefValue, "[]"))
		if l == words.Japanese {
			usage = strings.ReplaceAll(usage, " （", "（")
		}
	}
	if words.Width(name) > column-2 {
		fmt.Fprintln(out, name)
		name = ""
	}
	for _, line := range words.Wrap(usage, helpWidth-column) {
		fmt.Fprintf(out, "%-*s%s\n", column, name, line)
		name = ""
	}
}
