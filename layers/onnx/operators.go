package onnx

import (
	"tatami/layers"
	"tatami/nn"
)

// operators follow a node each. They give the value of its first output, nil
// where that is no value of the network.
var operators = map[string]func(*call) (*flow, error){
	"Relu": always(layers.ReLU{}), "Sigmoid": always(layers.Sigmoid{}), "Tanh": always(layers.Tanh{}),
	"LeakyRelu": leakyRelu, "Gelu": gelu, "Erf": erf, "Div": divide, "Mul": multiply, "Sub": subtract,
	"Softmax": softmax, "LogSoftmax": logSoftmax,
	"Conv": convolution, "MaxPool": maxPool, "AveragePool": averagePool,
	"GlobalAveragePool": globalAveragePool, "ReduceMean": reduceMean,
	"BatchNormalization": batchNormalization, "LayerNormalization": layerNormalization,
	"Gemm": gemm, "MatMul": matMul, "Add": add,
	"Flatten": flatten, "Reshape": reshape, "Squeeze": squeeze, "Transpose": transpose,
	"Identity": identity, "Dropout": dropout, "Cast": cast, "Constant": constant,
	"Pad": pad, "Shape": shape, "Gather": gather, "Unsqueeze": unsqueeze, "Concat": concat,
}

func always(s nn.Spec) func(*call) (*flow, error) {
	return func(c *call) (*flow, error) { return c.pointwise(s) }
}
