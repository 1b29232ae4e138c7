package run_test

import (
	"fmt"
	"testing"

	"tatami/datasets"
	"tatami/internal/run"
	"tatami/internal/toy"
	"tatami/layers"
	"tatami/nn"
)

// unequal is a set of 6 images of a, 3 of "x=1" and 1 of c.
func unequal() *datasets.Data {
	d := &datasets.Dataset{Shape: nn.Features(2), Classes: []string{"a", "x=1", "c"}, Labels: []int{0, 0, 0, 0, 0, 0, 1, 1, 1, 2}}
	for range d.Labels {
		d.Images = append(d.Images, make([]byte, 2))
	}
	return &datasets.Data{Train: d, Test: d}
}

func TestClassWeights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given, want string
		limit       int
	}{
		{"", "[]", 0},
		{"balanced", fmt.Sprint([]float64{10. / 18, 10. / 9, 10. / 3}), 0},
		{"c=2.5,x=1=0.5", "[1 0.5 2.5]", 0},
		{"balance", `"balance", wanted balanced, or CLASS=WEIGHT`, 0},
		{"a=2,b", `"b", wanted balanced`, 0},
		{"a=2,b,c,d=3", `unknown class "b,c,d"`, 0},
		{"=2", `"=2", wanted balanced`, 0},
		{"a=2,a=3", "names class a twice", 0},
		{"a=0", `the weight of class a is "0", wanted a number from 1e-06 to 1e+06`, 0},
		{"a=nan", `class a is "nan"`, 0},
		{"a=2,d=3", `unknown class "d": did you mean "a"? (valid: a, x=1, c)`, 0},
		{"balanced", "the training set has no image of class c", 9},
	} {
		s := run.Settings{Net: "mlp", Optimizer: "adam", Schedule: "constant", Augment: "none", Epochs: 1, Batch: 2, Shards: 1, Limit: c.limit, ClassWeights: c.given}
		err := s.Check(false)
		if err == nil {
			trainer, failed := s.NewTrainer(unequal())
			if err = failed; err == nil {
				if got := fmt.Sprint(trainer.Loss.(layers.SoftmaxWithLoss).Weights); got != c.want {
					t.Errorf("%q gives the weights %s, wanted %s", c.given, got, c.want)
				}
				continue
			}
		}
		toy.WantError(t, c.given, err, "--class-weights", c.want)
	}
}
