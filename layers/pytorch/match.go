package pytorch

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tatami/internal/safetensors"
)

// want is a tensor that a layer wants, named as here and shaped as in PyTorch.
type want struct {
	name  string
	shape []int
}

// layer is one with parameters.
type layer struct {
	name  string
	wants []want
}

// kinds are PyTorch's names of parameters by the names here; others are the
// same.
var kinds = map[string]string{"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}

// counter reports whether a tensor only counts the batches of a normalization.
func counter(name, _ string) bool { return strings.HasSuffix(name, "num_batches_tracked") }

// module is the tensors of a file that belong together by their names.
type module struct {
	name    string
	tensors map[string]safetensors.Tensor // by kind
}

// match gives the tensors of the file in the order in which the layers want
// them. What has the same kinds and shapes belongs together; where several
// layers want the same, the numbers in the names tell their order. Tensors that
// are missing or left over, and names that tell no order, are errors.
func match(layers []layer, file []safetensors.Tensor) ([]safetensors.Tensor, error) {
	modules, err := group(layers, file)
	if err != nil {
		return nil, err
	}
	alike := map[string][]module{}
	for _, m := range modules {
		key := m.signature()
		alike[key] = append(alike[key], m)
	}
	wanted := map[string][]layer{}
	for _, l := range layers {
		wanted[l.signature()] = append(wanted[l.signature()], l)
	}
	for _, l := range layers {
		key := l.signature()
		found := alike[key]
		if same := wanted[key]; len(found) != len(same) {
			err := fmt.Errorf("no fitting tensors for %s: wanted %s, found %s", names(same), key, count(found, len(same)))
			if rest := leftOver(modules, wanted); rest != "" {
				err = fmt.Errorf("%w; left over are %s", err, rest)
			}
			return nil, err
		}
		if err := sort(found, wanted[key]); err != nil {
			return nil, err
		}
	}
	if rest := leftOver(modules, wanted); rest != "" {
		return nil, fmt.Errorf("the network has no layer for %s", rest)
	}
	var matched []safetensors.Tensor
	for _, l := range layers {
		key := l.signature()
		m := alike[key][0]
		alike[key] = alike[key][1:]
		for _, t := range l.wants {
			matched = append(matched, m.tensors[kindOf(t)])
		}
	}
	return matched, nil
}

func kindOf(t want) string { return cmp.Or(kinds[t.name], t.name) }

// short are names such as W1 and b1: a kind in one letter or as here, and then
// the module's number.
var short = regexp.MustCompile(`^(?i:(w|b|gamma|beta))(\d*)$`)

// group puts tensors together by their names without their kinds.
func group(layers []layer, file []safetensors.Tensor) ([]module, error) {
	suffixes := map[string]bool{}
	for _, l := range layers {
		for _, t := range l.wants {
			suffixes[kindOf(t)] = true
		}
	}
	// The longest first.
	known := slices.SortedFunc(maps.Keys(suffixes), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	split := func(name string) (of, kind string) {
		for _, k := range known {
			if of, ok := strings.CutSuffix(name, k); ok {
				return strings.TrimRight(of, "._"), k
			}
		}
		dot := strings.LastIndexByte(name, '.') + 1
		if m := short.FindStringSubmatch(name[dot:]); m != nil {
			kind := map[string]string{"w": "weight", "b": "bias"}[strings.ToLower(m[1])]
			return name[:dot] + m[2], cmp.Or(kind, kinds[strings.ToLower(m[1])])
		}
		return name, "" // fits no layer
	}
	var modules []module
	at := map[string]int{}
	for _, t := range file {
		if counter(t.Name, "") {
			continue
		}
		name, kind := split(t.Name)
		i, ok := at[name]
		if !ok {
			i = len(modules)
			at[name] = i
			modules = append(modules, module{name, map[string]safetensors.Tensor{}})
		}
		if other, twice := modules[i].tensors[kind]; twice {
			return nil, fmt.Errorf("tensors %q and %q are both the %s of one layer", other.Name, t.Name, kind)
		}
		modules[i].tensors[kind] = t
	}
	return modules, nil
}

// signature is the kinds and shapes, which a layer and its module share.
func (l layer) signature() string {
	var parts []string
	for _, t := range l.wants {
		parts = append(parts, fmt.Sprint(kindOf(t), " ", t.shape))
	}
	return signature(parts)
}

func (m module) signature() string {
	var parts []string
	for kind, t := range m.tensors {
		parts = append(parts, fmt.Sprint(kind, " ", t.Shape))
	}
	return signature(parts)
}

// signature has the weight first, the bias next, the others after them.
func signature(parts []string) string {
	rank := func(part string) int {
		return slices.Index([]string{"", "bias", "weight"}, strings.SplitN(part, " ", 2)[0])
	}
	slices.SortFunc(parts, func(a, b string) int { return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a, b)) })
	return strings.Join(parts, ", ")
}

var digits = regexp.MustCompile(`\d+`)

// sort puts modules into the order of the numbers in their names. It fails if
// these differ in more than numbers.
func sort(modules []module, layers []layer) error {
	frame := func(m module) string { return digits.ReplaceAllString(m.name, "#") }
	for _, m := range modules {
		if first := modules[0]; frame(m) != frame(first) {
			return fmt.Errorf("%q and %q fit %s alike, and their names differ in more than numbers: wanted such as fc1 and fc2",
				first.name, m.name, names(layers))
		}
	}
	slices.SortStableFunc(modules, func(a, b module) int {
		return slices.CompareFunc(digits.FindAllString(a.name, -1), digits.FindAllString(b.name, -1), func(x, y string) int {
			return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
		})
	})
	return nil
}

// leftOver lists the tensors of modules that no layer wants.
func leftOver(modules []module, wanted map[string][]layer) string {
	var rest []string
	for _, m := range modules {
		if len(wanted[m.signature()]) == 0 {
			for _, kind := range slices.Sorted(maps.Keys(m.tensors)) {
				rest = append(rest, fmt.Sprintf("%q %v", m.tensors[kind].Name, m.tensors[kind].Shape))
			}
		}
	}
	const most = 8
	text := strings.Join(rest[:min(most, len(rest))], ", ")
	if len(rest) > most {
		text += fmt.Sprintf(" and %d more", len(rest)-most)
	}
	return text
}

func names(layers []layer) string {
	var list []string
	for _, l := range layers {
		list = append(list, l.name)
	}
	return strings.Join(list, " and ")
}

func count(modules []module, wanted int) string {
	if len(modules) == 0 {
		return "none"
	}
	var list []string
	for _, m := range modules {
		list = append(list, m.name)
	}
	return fmt.Sprintf("%d such (%s) for %d", len(modules), strings.Join(list, ", "), wanted)
}
