package main

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/run"
	"tatami/layers"
	"tatami/nn"
)

func newSummary() *cobra.Command {
	return &cobra.Command{
		Use:   "summary NET|MODEL|FILE.json",
		Short: "Print a network's layers, output shapes, parameters and work",
		Long: `Print a network's layers, output shapes, parameters and work. Where parameters
are not learned, such as the running statistics of batch normalization, learned
and fixed ones are counted apart too.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, err := summarized(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Print(summary(net))
			return err
		},
	}
}

func summarized(name string) (*nn.Sequential, error) {
	if !isModel(name) {
		return run.BuildNetwork(name, nn.Shape{}, 10, 1)
	}
	m, err := run.LoadModel(name)
	if err != nil {
		return nil, err
	}
	return m.Sequential, nil
}

// isModel tells a model's file, which may have any name, from a network.
func isModel(name string) bool {
	if _, err := layers.FindNetwork(name); err == nil || strings.HasSuffix(name, ".json") {
		return false
	}
	_, err := os.Stat(name)
	return err == nil || strings.HasSuffix(name, ".safetensors")
}

// summary is the network's own table, with columns of learned and fixed
// parameters where it has fixed ones.
func summary(net *nn.Sequential) string {
	if _, fixed := countLearned(net.Params()); fixed == 0 {
		return net.String()
	}
	lines := strings.Split(strings.TrimSuffix(net.String(), "\n"), "\n") // heading, input, a line a layer, total
	width := 0
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	column := func(line, learned, fixed string) {
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%-*s%13s%9s", width, line, learned, fixed), " "))
	}
	column(lines[0], "learned", "fixed")
	column(lines[1], "", "")
	numbers := message.NewPrinter(language.English)
	rows := append(rowParams(net), net.Params())
	for i, line := range lines[2:] {
		learned, fixed := countLearned(rows[i])
		column(line, numbers.Sprint(learned), numbers.Sprint(fixed))
	}
	return b.String()
}

// rowParams are the parameters of each row of the network's table: of its
// layers, and after a block those within.
func rowParams(net *nn.Sequential) (rows [][]*nn.Param) {
	for _, l := range net.Layers() {
		rows = append(rows, l.Params())
		if block, ok := l.(nn.Block); ok {
			rows = append(rows, rowParams(block.Body())...)
			if s := block.Shortcut(); s != nil {
				rows = append(rows, rowParams(s)...)
			}
		}
	}
	return rows
}

func countLearned(params []*nn.Param) (learned, fixed int) {
	for _, p := range params {
		if p.Fixed {
			fixed += len(p.Value.Data)
		} else {
			learned += len(p.Value.Data)
		}
	}
	return learned, fixed
}
