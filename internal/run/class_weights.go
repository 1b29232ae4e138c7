package run

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tatami/datasets"
	"tatami/internal/suggest"
)

// balanced is the value of --class-weights by which all classes count alike,
// however many images they have.
const balanced = "balanced"

// What the weight of a class may be: with less or more, gradients leave the range
// of float32.
const (
	leastWeight = 1e-6
	mostWeight  = 1e6
)

// parseClassWeights reads weights by the names of classes, as in cat=2,dog=0.5.
func parseClassWeights(text string) (map[string]float64, error) {
	weights := map[string]float64{}
	parts, item := strings.Split(text, ","), ""
	for i, part := range parts {
		item += part
		at := strings.LastIndexByte(item, '=') // a class may have one in its name
		if at < 0 && i < len(parts)-1 {        // and a comma
			item += ","
			continue
		}
		if at < 1 {
			return nil, wrongSetting("--class-weights: %q, wanted balanced, or CLASS=WEIGHT, as in cat=2,dog=0.5", item)
		}
		class := item[:at]
		if _, twice := weights[class]; twice {
			return nil, wrongSetting("--class-weights names class %s twice", class)
		}
		w, err := strconv.ParseFloat(item[at+1:], 64)
		if err != nil || !(w >= leastWeight && w <= mostWeight) {
			return nil, wrongSetting("--class-weights: the weight of class %s is %q, wanted a number from %g to %g", class, item[at+1:], leastWeight, mostWeight)
		}
		weights[class] = w
		item = ""
	}
	return weights, nil
}

// classWeights are those of the loss for a training set, a class each; nil where
// all are 1.
func (s *Settings) classWeights(d *datasets.Dataset) ([]float64, error) {
	if s.ClassWeights == "" {
		return nil, nil
	}
	weights := make([]float64, len(d.Classes))
	if s.ClassWeights == balanced {
		for _, label := range d.Labels {
			weights[label]++
		}
		for i, n := range weights {
			if n == 0 {
				return nil, wrongSetting("--class-weights balanced: the training set has no image of class %s, wanted some of each", d.Classes[i])
			}
			weights[i] = float64(d.Len()) / (float64(len(weights)) * n)
		}
		return weights, nil
	}
	given, err := parseClassWeights(s.ClassWeights)
	if err != nil {
		return nil, err
	}
	for i, class := range d.Classes {
		weights[i] = 1
		if w, ok := given[class]; ok {
			weights[i] = w
			delete(given, class)
		}
	}
	if len(given) > 0 {
		unknown := slices.Min(slices.Collect(maps.Keys(given)))
		return nil, SettingError{fmt.Errorf("--class-weights: %w", suggest.Unknown("class", unknown, d.Classes))}
	}
	return weights, nil
}
