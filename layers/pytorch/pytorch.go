// Package pytorch brings the weights of networks from PyTorch.
package pytorch

import (
	"fmt"
	"io"

	"tatami/internal/safetensors"
	"tatami/nn"
)

// Import reads the weights of all layers from a safetensors file in PyTorch's
// layout, such as safetensors.torch.save_file(model.state_dict(), …) writes:
// filters O,I,KH,KW become O,KH,KW,I, and the inputs of an affine layer,
// flattened C,H,W, become H,W,C. Nothing is rescaled.
//
// The tensors of a layer are those whose names differ in nothing but weight,
// bias, running_mean and running_var, and whose shapes fit; where several layers
// want the same shapes, the numbers in the names tell their order, and never
// the order in the file: Python's safetensors sorts by type and name, so that
// conv1.bias stands before conv1.weight, and fc10 before fc2.
// num_batches_tracked is passed over. Whatever is missing, left over or
// ambiguous is an error, and the network is as before.
func Import(net *nn.Sequential, path string) error {
	f, err := accept.Read(path)
	if err != nil {
		return err
	}
	if err := set(net, f.Tensors); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ImportFrom is [Import] from the first size bytes of r.
func ImportFrom(net *nn.Sequential, r io.ReaderAt, size int64) error {
	f, err := accept.Decode(r, size)
	if err != nil {
		return err
	}
	return set(net, f.Tensors)
}

var accept = safetensors.Accept{Skip: counter}

func set(net *nn.Sequential, file []safetensors.Tensor) error {
	matched, err := match(layersOf(net, ""), file)
	if err != nil {
		return err
	}
	for i, p := range net.Params() {
		v, pixels := p.Value, p.Value.H*p.Value.W
		for n := range v.N {
			row := matched[i].Data[n*v.Size() : (n+1)*v.Size()]
			for c := range v.C {
				for q := range pixels {
					v.Data[(n*pixels+q)*v.C+c] = row[c*pixels+q]
				}
			}
		}
	}
	return nil
}

// layersOf lists the layers with parameters, those of blocks too, in the order
// of the network's parameters. Their names follow a prefix.
func layersOf(net *nn.Sequential, prefix string) (list []layer) {
	for i, l := range net.Layers() {
		name := prefix + net.LayerName(i)
		if b, ok := l.(nn.Block); ok {
			list = append(list, layersOf(b.Body(), name+": body: ")...)
			if s := b.Shortcut(); s != nil {
				list = append(list, layersOf(s, name+": shortcut: ")...)
			}
			continue
		}
		var wants []want
		for _, p := range l.Params() {
			wants = append(wants, want{p.Name, shape(p)})
		}
		if len(wants) > 0 {
			list = append(list, layer{name, wants})
		}
	}
	return list
}

// shape is a parameter's in PyTorch.
func shape(p *nn.Param) []int {
	v := p.Value
	switch {
	case p.Filters:
		return []int{v.N, v.C, v.H, v.W}
	case v.N > 1 || p.Name == "weight":
		return []int{v.N, v.Size()}
	case v.H*v.W > 1:
		return []int{v.C, v.H, v.W}
	}
	return []int{v.C}
}
