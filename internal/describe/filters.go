package describe

import (
	"fmt"
	"path/filepath"

	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

// Filters draws the first filters of a model of that file.
func Filters(file string, m *nn.Model, l words.Language) (plots.Figure, error) {
	weight := run.FirstFilters(m.Sequential)
	if weight == nil {
		return nil, fmt.Errorf("%s has no layer with weights", file)
	}
	return plots.Filters([]plots.Bank{{Filters: weight}}, plots.FilterOptions{
		Title: words.Text{EN: "Filters of %s", JA: "%s のフィルター"}.In(l, filepath.Base(file)), Language: string(l), Colors: m.Input().C == 3,
	})
}

// FeatureMaps draws what each layer makes of x, an image of that file.
func FeatureMaps(file string, m *nn.Model, x *nn.Tensor, l words.Language) (plots.Figure, error) {
	names, tensors := []string{words.Text{EN: "input", JA: "入力"}.In(l)}, []*nn.Tensor{x}
	for i, y := range m.Activations(x) {
		names, tensors = append(names, fmt.Sprintf("%d %v", i+1, m.Specs()[i])), append(tensors, y)
	}
	return plots.FeatureMaps(names, tensors, plots.FeatureMapOptions{
		Title:   words.Text{EN: "What each layer makes of %s", JA: "%s に対する各層の出力"}.In(l, filepath.Base(file)),
		Filters: filtersOf(m.Sequential), Language: string(l),
	})
}

// filtersOf are a network's filters of one channel, to stand beside the maps
// that they made: nil for other layers, and for the input, which comes first.
func filtersOf(net *nn.Sequential) []*nn.Tensor {
	list := make([]*nn.Tensor, 1+len(net.Layers()))
	for i, layer := range net.Layers() {
		if _, ok := net.Specs()[i].(layers.Convolution); !ok {
			continue
		}
		for _, p := range layer.Params() {
			if p.Name == "weight" && p.Value.C == 1 {
				list[1+i] = p.Value
			}
		}
	}
	return list
}
