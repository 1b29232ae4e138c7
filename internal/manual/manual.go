// Package manual holds what the command line says of itself in both languages,
// a page a command, and sets it as help. The commands have names, flags and
// defaults alone.
package manual

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/words"
)

// Page is the help of a command.
type Page struct {
	Short, Long words.Text
	Example     string
	// Flags tells what those of the command alone do, by name; what several have
	// is in [Common].
	Flags map[string]words.Text
	// Groups are in which the flags stand; those in none come last.
	Groups []Group
}

// Group is what some flags, by name, are for. Names that a command lacks are
// left out.
type Group struct {
	Title words.Text
	Names string
}

// Pages are those of the commands, by their names below tatami's.
var Pages = map[string]Page{
	"":                rootPage,
	"bench":           benchPage,
	"compare":         comparePage,
	"data":            dataPage,
	"eval":            evalPage,
	"experiment":      experimentPage,
	"experiment list": experimentListPage,
	"experiment run":  experimentRunPage,
	"export":          exportPage,
	"filters":         filtersPage,
	"help":            helpPage,
	"import":          importPage,
	"learn":           learnPage,
	"lr-find":         lrFindPage,
	"predict":         predictPage,
	"publish":         publishPage,
	"serve":           servePage,
	"summary":         summaryPage,
	"sweep":           sweepPage,
	"train":           trainPage,
	"version":         versionPage,
}

// pageOf is the page of a command; one that is hidden has none.
func pageOf(cmd *cobra.Command) Page {
	return Pages[strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()), " ")]
}

// Fill gives a command, and all below it, their pages in a language.
func Fill(cmd *cobra.Command, l words.Language) {
	p := pageOf(cmd)
	cmd.Short, cmd.Long, cmd.Example = p.Short.In(l), p.Long.In(l), p.Example
	fill := func(f *pflag.Flag) {
		text, ok := p.Flags[f.Name]
		if !ok {
			text = Common[f.Name]
		}
		f.Usage = text.In(l)
	}
	cmd.PersistentFlags().VisitAll(fill)
	cmd.Flags().VisitAll(fill)
	for _, c := range cmd.Commands() {
		Fill(c, l)
	}
}

// width is how wide a help is, in columns.
const width = 80

var (
	usageHead    = words.Text{EN: "Usage:", JA: "使い方："}
	exampleHead  = words.Text{EN: "Examples:", JA: "例："}
	commandsHead = words.Text{EN: "Commands:", JA: "コマンド："}
	flagsHead    = words.Text{EN: "Flags:", JA: "フラグ："}
	otherHead    = words.Text{EN: "Other flags:", JA: "そのほかのフラグ："}
	globalHead   = words.Text{EN: "Everywhere:", JA: "すべてのコマンドで："}
	defaultText  = words.Text{EN: "(default %s)", JA: "（既定値：%s）"}
	moreText     = words.Text{EN: `"%s COMMAND --help" tells more of a command.`, JA: "各コマンドの説明：%s COMMAND --help"}
)

// Write writes the help of a command that has been filled.
func Write(out io.Writer, cmd *cobra.Command, l words.Language) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	if l == words.Japanese { // the source's lines are not to be seen
		text = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "\n\n", "\r"), "\n", ""), "\r", "\n\n")
	}
	for _, line := range words.Wrap(text, width) {
		fmt.Fprintln(out, line)
	}
	use := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		use = cmd.CommandPath() + " COMMAND [flags]"
	}
	if l == words.Japanese {
		use = strings.Replace(use, "[flags]", "[フラグ]", 1)
	}
	fmt.Fprintf(out, "\n%s\n  %s\n", usageHead.In(l), use)
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
	writeFlags(out, cmd, l)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n%s\n", moreText.In(l, cmd.CommandPath()))
	}
}

// writeFlags writes a command's flags, by what they are for.
func writeFlags(out io.Writer, cmd *cobra.Command, l words.Language) {
	rest := flagsHead
	grouped := map[string]bool{}
	write := func(title words.Text, flags *pflag.FlagSet, mine func(f *pflag.Flag) bool) {
		head := "\n" + title.In(l) + "\n"
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden || !mine(f) {
				return
			}
			fmt.Fprint(out, head)
			head = ""
			writeFlag(out, f, l)
		})
	}
	for _, g := range pageOf(cmd).Groups {
		names := strings.Fields(g.Names)
		write(g.Title, cmd.NonInheritedFlags(), func(f *pflag.Flag) bool {
			in := slices.Contains(names, f.Name)
			grouped[f.Name] = grouped[f.Name] || in
			return in
		})
		rest = otherHead
	}
	global := func(f *pflag.Flag) bool { return cmd.Root().PersistentFlags().Lookup(f.Name) == f }
	write(rest, cmd.Flags(), func(f *pflag.Flag) bool { return !grouped[f.Name] && !global(f) })
	write(globalHead, cmd.Flags(), global)
}

// writeFlag writes a flag and, beside it, what it does.
func writeFlag(out io.Writer, f *pflag.Flag, l words.Language) {
	const column = 28
	kind, usage := pflag.UnquoteUsage(f)
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	usual := strings.Trim(f.DefValue, "[]")
	if kind == "float64Slice" { // pflag's word
		kind, usual = "floats", strings.ReplaceAll(usual, ".000000", "")
	}
	if f.Value.Type() != "bool" {
		name += " " + kind
	}
	switch f.DefValue {
	case "", "0", "false", "[]":
	default:
		usage += " " + defaultText.In(l, usual)
		if l == words.Japanese {
			usage = strings.ReplaceAll(usage, " （", "（")
		}
	}
	if words.Width(name) > column-2 {
		fmt.Fprintln(out, name)
		name = ""
	}
	for _, line := range words.Wrap(usage, width-column) {
		fmt.Fprintf(out, "%-*s%s\n", column, name, line)
		name = ""
	}
}
