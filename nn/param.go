package nn

// Param is one tensor of a layer. Filters are N = filters of KH×KW×I; affine
// weights are N = units of the input's shape, so both show one picture a row.
type Param struct {
	// Name is the parameter's role in its layer: "weight", "bias", …
	Name  string
	Value *Tensor
	// Decay asks for weight decay, which is for weights and not for biases.
	Decay bool
	// Fixed parameters (running statistics, those of frozen layers) take no
	// gradient. The layer decides; from outside a layer is frozen by its
	// description or by [Sequential.Freeze], since fixed parameters alone would
	// leave running statistics moving.
	Fixed bool
	// Product says that the gradient comes by [Context.AddProduct] alone. In
	// shards, that of a large weight is then computed a few rows at a time over
	// the whole batch: to clear, write and add up a gradient for every shard
	// would be more work than the batch is worth.
	Product bool
	// Filters marks a convolution's weight, which a file holds as O,KH,KW,I even
	// where the kernel is 1×1 and an affine weight would look the same.
	Filters bool
}

// CountParams is the number of values of params.
func CountParams(params []*Param) int {
	n := 0
	for _, p := range params {
		n += len(p.Value.Data)
	}
	return n
}
