package nn_test

import (
	"fmt"
	"testing"

	"tatami/layers"
	"tatami/nn"
)

// TestSpecsAreItsOwn: what a caller does with his list afterwards changes no
// network, nor what its file says.
func TestSpecsAreItsOwn(t *testing.T) {
	specs := make([]nn.Spec, 1, 2)
	specs[0] = layers.Affine{Units: 2}
	net := network(t, nn.Features(2), append(specs, layers.Tanh{})...)
	network(t, nn.Features(2), append(specs, layers.ReLU{})...)
	if got := fmt.Sprint(net.Specs()); got != "[Affine 2 Tanh]" {
		t.Errorf("the network is now %s", got)
	}
}
