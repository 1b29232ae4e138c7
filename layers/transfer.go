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

// Freeze implements [nn.Freezable].
func (s LayerNormalization) Freeze(frozen bool) nn.Spec {
	s.Frozen = frozen
	return s
}

// Freeze implements [nn.Freezable]: of all layers within.
func (s Residual) Freeze(frozen bool) nn.Spec {
	all := func(specs []nn.Spec) (list []nn.Spec) {
		for _, spec := range specs {
			if f, ok := spec.(nn.Freezable); ok {
				spec = f.Freeze(frozen)
			}
			list = append(list, spec)
		}
		return list
	}
	return Residual{Body: all(s.Body), Shortcut: all(s.Shortcut)}
}

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
