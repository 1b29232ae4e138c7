package suggest_test

import (
	"testing"

	"tatami/internal/suggest"
)

func TestUnknown(t *testing.T) {
	names := []string{"sgd", "momentum", "adam", "adamw"}
	for name, want := range map[string]string{
		"Adma": `unknown optimizer "Adma": did you mean "adam"? (valid: sgd, momentum, adam, adamw)`,
		"lion": `unknown optimizer "lion" (valid: sgd, momentum, adam, adamw)`,
		"":     `unknown optimizer "" (valid: sgd, momentum, adam, adamw)`,
	} {
		if got := suggest.Unknown("optimizer", name, names).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	layers := []string{"Affine", "BatchNormalization", "Convolution", "GELU", "Softmax", "Tanh"}
	flags := []string{"augment", "chapter", "epochs", "lr", "lr-find", "net", "optimizer", "out", "seeds", "size", "web"}
	for _, c := range []struct {
		name, want string
		names      []string
	}{
		{"convolutoin", "Convolution", layers}, {"SoftMax", "Softmax", layers}, {"tahn", "Tanh", layers},
		{"Swish", "", layers}, {"Flatten", "", layers}, {"mish", "", layers}, {"LSTM", "", layers},
		{"sed", "seeds", flags}, {"l", "lr", flags}, {"ephocs", "epochs", flags}, {"aug", "augment", flags}, {"output", "out", flags},
		{"bogus", "", flags}, {"foo", "", flags}, {"x", "", flags}, {"", "", flags}, {"verbose", "", flags}, {"workers", "", flags}, {"device", "", flags},
		{"Dilation", "", []string{"Filters", "Kernel", "Stride", "Pad", "Init", "Frozen"}},
		{"ばい", "ばつ", []string{"まる", "ばつ"}},
	} {
		if got := suggest.Nearest(c.name, c.names); got != c.want {
			t.Errorf("nearest to %s is %q, wanted %q", c.name, got, c.want)
		}
	}
}

// TestElsewhere: what Keras and PyTorch call otherwise is told by its name
// here; of what is not needed this is said.
func TestElsewhere(t *testing.T) {
	layers, fields := []string{"Affine", "Convolution"}, []string{"Filters", "Kernel", "Pad"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{suggest.UnknownLayer("Flatten", layers), `unknown layer type "Flatten": not needed, since Affine takes images as they are (valid: Affine, Convolution)`},
		{suggest.UnknownLayer("Conv2d", layers), `unknown layer type "Conv2d": here it is "Convolution" (valid: Affine, Convolution)`},
		{suggest.UnknownLayer("Afine", layers), `unknown layer type "Afine": did you mean "Affine"? (valid: Affine, Convolution)`},
		{suggest.UnknownField("Convolution", "kernel_size", fields), `Convolution has no field "kernel_size": here it is "Kernel"`},
		{suggest.UnknownField("Convolution", "Dilation", fields), `Convolution has no field "Dilation" (valid: Filters, Kernel, Pad)`},
		{suggest.UnknownField("Convolution", "in_channels", fields), `Convolution has no field "in_channels", nor needs it: the input's shape is that of the layer before`},
		{suggest.UnknownField("Convolution", "kernel", fields), `Convolution has no field "kernel": did you mean "Kernel"? (valid: Filters, Kernel, Pad)`},
		{suggest.UnknownField("ReLU", "inplace", nil), `ReLU has no field "inplace", nor any other`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
