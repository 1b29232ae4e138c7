package layers

import "tatami/nn"

// Freeze implements [nn.Freezable].
func (s Affine) Freeze(frozen bool) nn.Spec {
	s.Frozen = frozen
	return s
}

// Freeze implements [nn.Freezable].
func (s Convolution) Freeze(frozen bool) nn.Spec {
	s.Frozen = frozen
	return s
}

// Freeze implements [nn.Freezable].
func (s BatchNormalization) Freeze(frozen bool) nn.Spec {
	s.Frozen = frozen
	return s
}
