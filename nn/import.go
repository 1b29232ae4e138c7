package nn

import (
	"fmt"
	"io"

	"tatami/internal/pytorch"
	"tatami/internal/safetensors"
)

// ImportPyTorch reads the weights of all layers from a safetensors file in
// PyTorch's layout, such as safetensors.torch.save_file(model.state_dict(), …)
// writes: filters O,I,KH,KW become O,KH,KW,I, and the inputs of an affine layer,
// flattened C,H,W, become H,W,C. Nothing is rescaled.
//
// The tensors of a layer are those whose names differ in nothing but weight,
// bias, running_mean and running_var, and whose shapes fit; where several layers
// want the same shapes, the numbers in the names tell their order, and never
// the order in the file. num_batches_tracked is passed over. Whatever is
// missing, left over or ambiguous is an error, and the network is as before.
func (s *Sequential) ImportPyTorch(path string) error {
	f, err := safetensors.Accept{Skip: pytorch.Counter}.Read(path)
	if err != nil {
		return err
	}
	if err := s.importPyTorch(f.Tensors); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ImportPyTorchFrom is [Sequential.ImportPyTorch] from the first size bytes of
// r.
func (s *Sequential) ImportPyTorchFrom(r io.ReaderAt, size int64) error {
	f, err := safetensors.Accept{Skip: pytorch.Counter}.Decode(r, size)
	if err != nil {
		return err
	}
	return s.importPyTorch(f.Tensors)
}

func (s *Sequential) importPyTorch(file []safetensors.Tensor) error {
	matched, err := pytorch.Match(s.pyTorchLayers(""), file)
	if err != nil {
		return err
	}
	for i, p := range s.Params() {
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

// pyTorchLayers are those with parameters, in blocks too, their names after a
// prefix.
func (s *Sequential) pyTorchLayers(prefix string) (layers []pytorch.Layer) {
	for i, l := range s.layers {
		layer := pytorch.Layer{Name: prefix + s.LayerName(i)}
		names, list := sequences(l)
		for k, inner := range list {
			layers = append(layers, inner.pyTorchLayers(layer.Name+": "+names[k]+": ")...)
		}
		if len(list) > 0 {
			continue
		}
		for _, p := range l.Params() {
			layer.Wants = append(layer.Wants, pytorch.Tensor{Name: p.Name, Shape: pyTorchShape(p)})
		}
		if len(layer.Wants) > 0 {
			layers = append(layers, layer)
		}
	}
	return layers
}

func pyTorchShape(p *Param) []int {
	v := p.Value
	switch {
	case p.Filters:
		return []int{v.N, v.C, v.H, v.W}
	case len(fileShape(p)) == 3:
		return []int{v.C, v.H, v.W}
	case len(fileShape(p)) > 1:
		return []int{v.N, v.Size()}
	}
	return []int{v.C}
}
