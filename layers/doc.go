// Package layers holds the layers and losses of tatami, one file each. A layer
// is described by a plain struct, its [nn.Spec]; zero fields mean the documented
// defaults.
package layers

import "tatami/nn"

// Catalog lists the layer types of this package, for reading networks from
// files. A user's own types are added as further entries.
func Catalog() nn.Catalog {
	return nn.NewCatalog(
		Affine{}, BatchNormalization{}, Convolution{}, Dropout{}, GELU{}, GlobalAveragePooling{}, LayerNormalization{},
		LeakyReLU{}, Pooling{}, ReLU{}, Residual{}, Sigmoid{}, Softmax{}, Standardize{}, Tanh{},
	)
}
