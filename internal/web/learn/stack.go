package learn

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"tatami/datasets"
	"tatami/internal/budget"
	"tatami/internal/commas"
	"tatami/internal/strictjson"
	"tatami/internal/web/answers"
	"tatami/internal/words/errortext"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
)

// networks lists the networks that have names, the optimizers and the presets.
func (s *Session) networks(*answers.Call) (any, error) {
	type network struct {
		Name   string            `json:"name"`
		Layers []json.RawMessage `json:"layers"`
	}
	var list []network
	for _, n := range networks.All() {
		specs := n.Specs(10)
		list = append(list, network{n.Name, describe(specs[:len(specs)-outputs(specs)])})
	}
	return map[string]any{"networks": list, "optimizers": optimizers(), "presets": Presets()}, nil
}

// outputs is the number of layers from the last affine one on.
func outputs(specs []nn.Spec) int {
	for i, spec := range slices.Backward(specs) {
		if nn.TypeName(spec) == "Affine" {
			return len(specs) - i
		}
	}
	return 0
}

// stacked is what layers make of each other, up to the first that does not fit.
type stacked struct {
	Input        nn.Shape     `json:"input"`
	Layers       []stackLayer `json:"layers"`
	Parameters   int          `json:"parameters"`
	MultiplyAdds int          `json:"multiply_adds"`
	Bad          int          `json:"bad"` // the layer that does not fit, from 1; 0: all do
	Error        string       `json:"error,omitempty"`
}

type stackLayer struct {
	Name       string   `json:"name"`
	Output     nn.Shape `json:"output"`
	Parameters int      `json:"parameters"`
}

func (s *Session) stack(c *answers.Call) (any, error) {
	var set Settings
	if err := strictjson.Unmarshal(c.Body, &set); err != nil {
		return nil, refuse("%v", err)
	}
	in, specs, err := s.specs(&set)
	if err != nil {
		return nil, err
	}
	a := stack(in, specs)
	if a.Bad > 0 {
		a.Error = errortext.Say(a.Error, languageOf(c))
	}
	return a, nil
}

// What a page can bear: an update within a second or so, and, with gradients
// and moments, some hundred MB.
var mostCost = budget.Cost{Work: 100_000_000, Bytes: 8 << 20}

const mostParams = 8_000_000

func stack(in nn.Shape, specs []nn.Spec) *stacked {
	a := &stacked{Input: in, Layers: []stackLayer{}}
	bad := func(i int, text string) *stacked {
		a.Bad, a.Error = i+1, text
		return a
	}
	for i, spec := range specs {
		if counted, ok := spec.(interface{ CountParams(nn.Shape) int }); ok && counted.CountParams(in) > mostParams-a.Parameters {
			return bad(i, fmt.Sprintf("the network has more than %s parameters, too many for a page", commas.Group(strconv.Itoa(mostParams))))
		}
		one, err := nn.NewSequential(in, rand.New(new(nn.Stream)), spec)
		if err != nil {
			return bad(i, sentence(err))
		}
		in = one.Output()
		layer := stackLayer{fmt.Sprint(spec), in, nn.CountParams(one.Params())}
		a.Layers = append(a.Layers, layer)
		a.Parameters += layer.Parameters
		a.MultiplyAdds += one.MultiplyAdds()
		if err := budget.Check(one, mostCost); err != nil {
			return bad(i, err.Error())
		}
	}
	return a
}

// sentence is what a layer says, without its name.
func sentence(err error) string {
	text := err.Error()
	if _, own, ok := strings.Cut(text, "): "); ok && strings.HasPrefix(text, "layer 1 (") {
		return own
	}
	return text
}

// takeData reads what a page carries to learn from: see [Pack].
func (s *Session) takeData(c *answers.Call) (any, error) {
	training, test, err := unpack(c.Body)
	if err != nil {
		return nil, refuse("%v", err)
	}
	s.digits, s.digitsTest = training, test
	return map[string]any{"train": training.Len(), "test": test.Len(), "classes": training.Classes}, nil
}

// head is the first line of packed data.
type head struct {
	Shape       nn.Shape
	Classes     []string
	Train, Test int
}

// Pack is a training and a test set in one piece: a line of JSON, and then the
// images of each and their labels, of two bytes.
func Pack(training, test *datasets.Dataset) ([]byte, error) {
	text, err := json.Marshal(head{training.Shape, training.Classes, training.Len(), test.Len()})
	if err != nil {
		return nil, err
	}
	b := append(text, '\n')
	for _, d := range []*datasets.Dataset{training, test} {
		for _, image := range d.Images {
			b = append(b, image...)
		}
		for _, l := range d.Labels {
			b = binary.LittleEndian.AppendUint16(b, uint16(l))
		}
	}
	return b, nil
}

func unpack(data []byte) (training, test *datasets.Dataset, err error) {
	i := slices.Index(data, '\n')
	var h head
	if i < 0 || json.Unmarshal(data[:i], &h) != nil {
		return nil, nil, fmt.Errorf("the data do not begin with what they are")
	}
	data = data[i+1:]
	size := h.Shape.Size()
	if want := (h.Train + h.Test) * (size + 2); len(data) != want {
		return nil, nil, fmt.Errorf("the data have %d bytes, wanted %d", len(data), want)
	}
	set := func(n int) *datasets.Dataset {
		d := &datasets.Dataset{Shape: h.Shape, Classes: h.Classes, Images: make([][]byte, n)}
		for i := range d.Images {
			d.Images[i] = data[i*size : (i+1)*size : (i+1)*size]
		}
		data = data[n*size:]
		for i := range n {
			d.Labels = append(d.Labels, int(binary.LittleEndian.Uint16(data[2*i:])))
		}
		data = data[2*n:]
		return d
	}
	training, test = set(h.Train), set(h.Test)
	for _, l := range slices.Concat(training.Labels, test.Labels) {
		if l >= len(h.Classes) {
			return nil, nil, fmt.Errorf("the data have label %d, wanted 0 to %d", l, len(h.Classes)-1)
		}
	}
	return training, test, nil
}

// optimizers are those that a page offers, with their usual rates.
func optimizers() (list []map[string]any) {
	for _, r := range optim.Rules() {
		list = append(list, map[string]any{"name": r.Name(), "rate": r.DefaultRate()})
	}
	return list
}
