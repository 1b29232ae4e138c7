package onnx

// ReadTensor is what a file of one tensor holds: its dimensions and values.
func ReadTensor(data []byte) (dims []int64, values []float32, err error) {
	var t tensor
	if err := walk(data, t.read); err != nil {
		return nil, nil, err
	}
	values, err = new(folder).floats(&t)
	return t.dims, values, err
}

// Operators are those of a file's nodes, Inputs the names of its graph's.
func Operators(data []byte) (operators, inputs []string, err error) {
	var m model
	if err := walk(data, m.read); err != nil {
		return nil, nil, err
	}
	for _, n := range m.graph.nodes {
		operators = append(operators, n.op)
	}
	for _, i := range m.graph.inputs {
		inputs = append(inputs, i.name)
	}
	return operators, inputs, nil
}

// Turn makes n samples of C,H,W samples of H,W,C.
var Turn = turn
