package describe

import (
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"tatami/internal/words"
	"tatami/layers/inspect"
	"tatami/nn"
	"tatami/plots"
)

// kindsDrawn are the kinds of layers that have a colour of their own.
var kindsDrawn = map[string]int{"Convolution": 1, "Affine": 2, "BatchNormalization": 3, "LayerNormalization": 3}

// DrawNetwork draws the layers as boxes, with their outputs and parameters.
func DrawNetwork(name string, net *nn.Sequential, l words.Language) (plots.Figure, error) {
	numbers := message.NewPrinter(language.English)
	var blocks []plots.Block
	branch := ""
	for _, b := range inspect.Boxes(net) {
		drawn := plots.Block{Name: b.Name, Output: b.Output, Kind: kindsDrawn[b.Type], Depth: b.Depth, Apart: b.Branch == "shortcut" && branch == "body"}
		branch = b.Branch
		if b.Name == "" {
			drawn.Name = words.Text{EN: "input", JA: "入力"}.In(l)
		}
		if b.Learned > 0 {
			drawn.Notes = append(drawn.Notes, b.Formula)
		}
		if b.Running > 0 {
			drawn.Notes = append(drawn.Notes, words.Text{EN: "running statistics", JA: "移動平均"}.In(l)+": "+b.RunningFormula)
		}
		if b.Type == "Residual" {
			drawn.Notes = []string{words.Text{EN: "the sum of two ways", JA: "2 つの経路の和"}.In(l)}
		}
		if drawn.Apart {
			drawn.Notes = append([]string{words.Text{EN: "from the block's input", JA: "ブロックの入力から"}.In(l)}, drawn.Notes...)
		}
		blocks = append(blocks, drawn)
	}
	return plots.Network(blocks, plots.NetworkOptions{
		Title: filepath.Base(name),
		Note:  numbers.Sprintf(words.Text{EN: "%d parameters, %d multiply-adds an image", JA: "パラメーター %d 個、画像 1 枚の積和 %d 回"}.In(l), nn.CountParams(net.Params()), net.MultiplyAdds()),
	})
}

// Network is the network's own table, with columns of learned and fixed
// parameters where it has fixed ones.
func Network(net *nn.Sequential, l words.Language) string {
	numbers := message.NewPrinter(language.English)
	_, anyFixed := countLearned(net.Params())
	params, layer := rowParams(net), 0
	var rows [][]string
	for line := range strings.Lines(net.String()) {
		name := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(name)]
		cells := between.Split(strings.TrimSpace(name), -1)
		added := []string{"", ""}
		count := func(params []*nn.Param) {
			learned, fixed := countLearned(params)
			added = []string{numbers.Sprint(learned), numbers.Sprint(fixed)}
		}
		switch {
		case len(rows) == 0:
			for i, t := range summaryHead {
				cells[i] = t.In(l)
			}
			added = []string{learnedHead.In(l), fixedHead.In(l)}
		case len(rows) == 1:
			cells = []string{words.Text{EN: "input", JA: "入力"}.In(l), cells[1], "", ""}
		case len(cells) == 3:
			cells = []string{words.Text{EN: "total", JA: "合計"}.In(l), "", cells[1], cells[2]}
			count(net.Params())
		default:
			count(params[layer])
			layer++
		}
		cells[0] = indent + cells[0]
		if anyFixed > 0 {
			cells = append(cells, added...)
		}
		rows = append(rows, cells)
	}
	return words.Table(rows, 1, 2, 3, 4, 5)
}

var (
	between     = regexp.MustCompile(` {2,}`) // columns
	summaryHead = []words.Text{
		{EN: "layer", JA: "層"}, {EN: "output", JA: "出力"}, {EN: "parameters", JA: "パラメーター"}, {EN: "multiply-adds", JA: "積和"},
	}
	learnedHead = words.Text{EN: "learned", JA: "学習する"}
	fixedHead   = words.Text{EN: "fixed", JA: "学習しない"}
)

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
