package run

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"tatami/internal/budget"
	"tatami/nn"
)

// Budget is what a model may take for an answer, in multiples of
// [budget.Answer]: the value of the flag --budget.
type Budget float64

// mostBudget is more than any computer has, and far from what no int holds.
const mostBudget = 1e6

// Set implements pflag.Value.
func (b *Budget) Set(text string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !(v >= 1 && v <= mostBudget) {
		return errors.New("wanted a multiple from 1x to 1000000x, such as 10x")
	}
	*b = Budget(v)
	return nil
}

// String implements pflag.Value.
func (b *Budget) String() string { return strconv.FormatFloat(float64(*b), 'f', -1, 64) + "x" }

// Type implements pflag.Value.
func (b *Budget) Type() string { return "multiple" }

// LoadModelWithin is LoadModel for answers: it refuses a model that takes more
// than the budget for one, since a file of some hundred bytes can ask for hours.
func LoadModelWithin(path string, b Budget) (*nn.Model, error) {
	m, err := LoadModel(path)
	if err != nil {
		return nil, err
	}
	usual := budget.Answer()
	times := func(n int) int { return int(float64(b) * float64(n)) }
	err = budget.Check(m.Sequential, budget.Cost{Work: times(usual.Work), Bytes: times(usual.Bytes)})
	if err == nil {
		return m, nil
	}
	c := budget.Of(m.Sequential)
	need := math.Ceil(max(float64(c.Work)/float64(usual.Work), float64(c.Bytes)/float64(usual.Bytes)))
	if need > mostBudget {
		return nil, fmt.Errorf("%s: %w", ModelPath(path), err)
	}
	return nil, fmt.Errorf("%s: %w; --budget %.0fx allows that", ModelPath(path), err, need)
}
