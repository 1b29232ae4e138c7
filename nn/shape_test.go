package nn_test

import (
	"testing"

	"tatami/nn"
)

func TestShapeAndTensor(t *testing.T) {
	for want, s := range map[string]nn.Shape{
		"28×28×1": {H: 28, W: 28, C: 1}, "1×2×1": {H: 1, W: 2, C: 1}, "10": nn.Features(10), "1": nn.Features(1),
	} {
		if got := s.String(); got != want {
			t.Errorf("%#v is %q, wanted %q", s, got, want)
		}
	}
	x := nn.NewTensor(3, nn.Shape{H: 2, W: 3, C: 4})
	if len(x.Data) != 72 || x.Size() != 24 || x.String() != "3×2×3×4" {
		t.Errorf("%v has %d values, %d a sample", x, len(x.Data), x.Size())
	}
	part := x.Slice(1, 3)
	part.Sample(1)[5] = 7
	if x.Data[2*24+5] != 7 || part.N != 2 || part.Shape != x.Shape || len(part.Data) != 48 {
		t.Error("Slice and Sample are not views of the samples they name")
	}
	p := []*nn.Param{{Value: x}, {Value: nn.NewTensor(1, nn.Features(5))}}
	if n := nn.CountParams(p); n != 77 {
		t.Errorf("CountParams is %d, wanted 77", n)
	}
}
