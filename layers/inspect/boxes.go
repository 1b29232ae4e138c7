package inspect

import (
	"fmt"
	"strings"

	"tatami/internal/commas"
	"tatami/nn"
)

// Box is a layer as it is drawn: one of a column of boxes from the input to the
// answer.
type Box struct {
	Name string `json:"name"` // with its position, as in "1 Convolution 5×5" or "body 1 ReLU"; of the input ""
	Type string `json:"type"` // as in a model's file
	// Output is the shape of what it gives, as in "24×24×30".
	Output string `json:"output"`
	// Learned and Running count parameters: those that training moves by the
	// gradient, or would if they were not frozen, and statistics.
	Learned int `json:"learned"`
	Running int `json:"running"`
	// Formula is how Learned comes about, as in "5·5·1·30 + 30 = 780"; RunningFormula
	// is Running's. Both are empty where there is nothing.
	Formula        string `json:"formula,omitempty"`
	RunningFormula string `json:"running_formula,omitempty"`
	// Depth is how many blocks the layer is in, and Branch which way of the block:
	// "body", "shortcut", or "" outside.
	Depth  int    `json:"depth,omitempty"`
	Branch string `json:"branch,omitempty"`
}

// Boxes are the input and the layers of a network, those of a block after the
// block itself.
func Boxes(net *nn.Sequential) []Box {
	return append([]Box{{Output: net.Input().String()}}, boxes(net, "", 0)...)
}

func boxes(net *nn.Sequential, branch string, depth int) (list []Box) {
	for i, l := range net.Layers() {
		spec := net.Specs()[i]
		b := Box{Name: strings.TrimSpace(fmt.Sprintf("%s %d %v", branch, i+1, spec)), Type: nn.TypeName(spec), Output: l.OutShape().String(), Depth: depth, Branch: branch}
		var learned, running []string
		for _, p := range l.Params() {
			if statistic(b.Type, p.Name) {
				running = append(running, factors(p))
				b.Running += len(p.Value.Data)
			} else {
				learned = append(learned, factors(p))
				b.Learned += len(p.Value.Data)
			}
		}
		block, isBlock := l.(nn.Block)
		if isBlock { // its layers say it
			learned, running = nil, nil
			b.Learned, b.Running = 0, 0
		}
		b.Formula, b.RunningFormula = formula(learned, b.Learned), formula(running, b.Running)
		list = append(list, b)
		if isBlock {
			list = append(list, boxes(block.Body(), "body", depth+1)...)
			if s := block.Shortcut(); s != nil {
				list = append(list, boxes(s, "shortcut", depth+1)...)
			}
		}
	}
	return list
}

// statistic tells what training measures from what it learns, whether frozen
// or not.
func statistic(kind, name string) bool {
	return kind == "BatchNormalization" && (name == "mean" || name == "variance")
}

// factors are the sides of a parameter: rows, columns and channels of a filter,
// and how many there are.
func factors(p *nn.Param) string {
	v := p.Value
	sides := []int{v.C, v.N}
	if v.H*v.W > 1 || p.Filters {
		sides = []int{v.H, v.W, v.C, v.N}
	} else if v.N == 1 {
		sides = sides[:1]
	}
	var text []string
	for _, n := range sides {
		text = append(text, commas.Group(fmt.Sprint(n)))
	}
	return strings.Join(text, "·")
}

func formula(terms []string, sum int) string {
	if len(terms) == 0 {
		return ""
	}
	text, total := strings.Join(terms, " + "), commas.Group(fmt.Sprint(sum))
	if text == total {
		return total
	}
	return text + " = " + total
}
