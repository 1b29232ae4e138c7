package suggest

import (
	"fmt"
	"slices"
	"strings"
)

// layersElsewhere answers for layers of Keras and PyTorch, in small letters,
// which are called otherwise here or are not needed.
var layersElsewhere = map[string]string{
	"conv2d": `here it is "Convolution"`, "dense": `here it is "Affine"`, "linear": `here it is "Affine"`,
	"maxpool2d": `here it is "Pooling"`, "maxpooling2d": `here it is "Pooling"`,
	"avgpool2d": `here it is "Pooling" with "Average": true`, "averagepooling2d": `here it is "Pooling" with "Average": true`,
	"batchnorm1d": `here it is "BatchNormalization"`, "batchnorm2d": `here it is "BatchNormalization"`,
	"layernorm": `here it is "LayerNormalization"`, "adaptiveavgpool2d": `here it is "GlobalAveragePooling"`,
	"globalaveragepooling2d": `here it is "GlobalAveragePooling"`, "depthwiseconv2d": `here it is "Convolution" with as many "Groups" as channels`,
	"add":     `here it is "Residual", which holds the layers that are added to`,
	"flatten": "not needed, since Affine takes images as they are", "reshape": "not needed, since Affine takes images as they are",
	"input": `not a layer: the shape stands under "input"`, "inputlayer": `not a layer: the shape stands under "input"`,
	"activation": "every activation is a layer type of its own",
}

// UnknownLayer is Unknown for the type of a layer, and knows those of Keras and
// PyTorch.
func UnknownLayer(name string, names []string) error {
	if answer, ok := layersElsewhere[strings.ToLower(name)]; ok {
		return fmt.Errorf("unknown layer type %q: %s (valid: %s)", name, answer, strings.Join(names, ", "))
	}
	return Unknown("layer type", name, names)
}

// fieldsElsewhere are settings of layers in Keras and PyTorch, by what a layer
// here may call them.
var fieldsElsewhere = map[string][]string{
	"kernel_size": {"Kernel", "Size"}, "pool_size": {"Size"}, "out_channels": {"Filters"}, "out_features": {"Units"},
	"padding": {"Pad"}, "strides": {"Stride"}, "rate": {"Ratio"}, "p": {"Ratio"}, "eps": {"Epsilon"},
	"dilation_rate": {"Dilation"},
	"alpha":         {"Slope"}, "negative_slope": {"Slope"}, "kernel_initializer": {"Init"}, "trainable": {"Frozen"},
}

// UnknownField is the error for a field that a layer does not have.
func UnknownField(layer, name string, fields []string) error {
	text := fmt.Sprintf("%s has no field %q", layer, name)
	lower := strings.ToLower(name)
	for _, here := range fieldsElsewhere[lower] {
		if slices.Contains(fields, here) {
			return fmt.Errorf("%s: here it is %q", text, here)
		}
	}
	switch {
	case lower == "in_channels" || lower == "in_features" || lower == "input_shape":
		return fmt.Errorf("%s, nor needs it: the input's shape is that of the layer before", text)
	case lower == "activation":
		return fmt.Errorf("%s: an activation is a layer of its own", text)
	case len(fields) == 0:
		return fmt.Errorf("%s, nor any other", text)
	}
	return fmt.Errorf("%s%s (valid: %s)", text, DidYouMean(name, fields), strings.Join(fields, ", "))
}
