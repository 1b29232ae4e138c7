package layers

import "tatami/nn"

// Resize implements [nn.Resizable].
func (s Affine) Resize(outputs int) nn.Spec {
	s.Units = outputs
	return s
}

// Resize implements [nn.Resizable].
func (s Convolution) Resize(outputs int) nn.Spec {
	s.Filters = outputs
	return s
}
