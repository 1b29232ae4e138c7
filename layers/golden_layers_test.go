package layers_test

import (
	"fmt"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
)

func TestGoldenGeneralConvolution(t *testing.T) {
	var cases []struct {
		Filters, Kernel, KernelW, Stride, StrideW, Dilation, Groups int
		PadTop, PadBottom, PadLeft, PadRight                        int
		X, W, Y, DY, DX, DW                                         golden.Tensor
		B, DB                                                       []float64
	}
	golden.Load(t, "general_convolution", &cases)
	for i, c := range cases {
		spec := layers.Convolution{
			Filters: c.Filters, Kernel: c.Kernel, KernelW: c.KernelW, Stride: c.Stride, StrideW: c.StrideW, Dilation: c.Dilation,
			Groups: c.Groups, PadTop: c.PadTop, PadBottom: c.PadBottom, PadLeft: c.PadLeft, PadRight: c.PadRight,
		}
		t.Run(fmt.Sprintf("%d %v", i, spec), func(t *testing.T) {
			params := [][]float64{c.W.Data, c.B}
			check(t, spec, c.X, c.DY, params, result{c.Y.Data, c.DX.Data, [][]float64{c.DW.Data, c.DB}})
			checkFused(t, c.X, params, spec, layers.ReLU{})
			if out := c.Y.Batch(); out.H > 1 && out.W > 1 {
				checkFused(t, c.X, params, spec, layers.ReLU{}, layers.Pooling{Size: 2})
			}
		})
	}
}

func TestGoldenGlobalAveragePooling(t *testing.T) {
	var cases []struct{ X, Y, DY, DX golden.Tensor }
	golden.Load(t, "global_average_pooling", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			check(t, layers.GlobalAveragePooling{}, c.X, c.DY, nil, result{y: c.Y.Data, dx: c.DX.Data})
		})
	}
}

func TestGoldenLayerNormalization(t *testing.T) {
	var cases []struct {
		Eps                        float64
		X, Y, DY, DX               golden.Tensor
		Gamma, Beta, DGamma, DBeta []float64
	}
	golden.Load(t, "layer_normalization", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			check(t, layers.LayerNormalization{Epsilon: c.Eps}, c.X, c.DY, [][]float64{c.Gamma, c.Beta},
				result{c.Y.Data, c.DX.Data, [][]float64{c.DGamma, c.DBeta}})
		})
	}
}

// TestGoldenResidual: a block in a block with batch normalization, in one piece
// and over four shards.
func TestGoldenResidual(t *testing.T) {
	var cases []struct {
		X, Y, DY, DX    golden.Tensor
		Params, DParams [][]float64
	}
	golden.Load(t, "residual", &cases)
	for _, c := range cases {
		conv := layers.Convolution{Filters: 4, Kernel: 3, Pad: 1}
		half := layers.Convolution{Filters: 4, Kernel: 3, Stride: 2, Pad: 1}
		inner := layers.Residual{Body: []nn.Spec{conv, layers.BatchNormalization{}, layers.Tanh{}, conv, layers.BatchNormalization{}}}
		x, dy := c.X.Batch(), c.DY.Batch()
		net := network(t, x.Shape, layers.Residual{
			Body:     []nn.Spec{half, layers.BatchNormalization{}, layers.Tanh{}, inner, layers.Tanh{}},
			Shortcut: []nn.Spec{layers.Convolution{Filters: 4, Kernel: 1, Stride: 2}, layers.BatchNormalization{}},
		})
		want := result{y: c.Y.Data, dx: c.DX.Data}
		given := 0
		for _, p := range net.Params() {
			if p.Fixed { // running statistics, which are none of PyTorch's parameters
				want.params = append(want.params, nil)
				continue
			}
			copy(p.Value.Data, golden.Float32(c.Params[given]))
			want.params = append(want.params, c.DParams[given])
			given++
		}
		if given != len(c.Params) {
			t.Fatalf("%d parameters, %d given", given, len(c.Params))
		}
		// The gradient of a bias before a normalization is 0: what is left of it
		// is compared with the others together.
		together := func(r result) (all []float64) {
			for _, g := range r.params {
				all = append(all, g...)
			}
			return all
		}
		compare := func(name string, got result, tolerance float64) {
			golden.Close(t, name+": y", got.y, want.y, tolerance)
			golden.Close(t, name+": dx", got.dx, want.dx, tolerance)
			golden.Close(t, name+": parameters", together(got), together(want), tolerance)
		}
		config := both(x.N, true)
		compare("layers", run(net, config, x, dy), golden.Tolerance)
		compare("reference", runReference(t, net, config, x, dy), golden.Tolerance/10)
		for _, n := range []int{1, 3, 4} {
			config := config
			config.Capacity = (x.N + n - 1) / n
			compare(fmt.Sprint(n, " shards"), runShards(net, n, config, x, dy), golden.Tolerance)
		}
	}
}

// runShards is run over n shards.
func runShards(net *nn.Sequential, n int, c nn.PassConfig, x, dy *nn.Tensor) (r result) {
	s := net.NewShards(n, c)
	s.Run(x, 0, func(n int, job func(shard int)) {
		for shard := range n {
			job(shard)
		}
	}, func(shard, from, to int) {
		p := s.Pass(shard)
		r.y = append(r.y, oracle.Float64(p.Output().Data)...)
		copy(p.OutputGradient().Data, dy.Slice(from, to).Data)
	})
	for shard := range n {
		r.dx = append(r.dx, oracle.Float64(s.Pass(shard).InputGradient().Data)...)
	}
	for i := range s.Parts() {
		s.Sum(i)
	}
	for _, g := range s.Pass(0).ParamGradients() {
		if g == nil {
			r.params = append(r.params, nil)
			continue
		}
		r.params = append(r.params, oracle.Float64(g))
	}
	return r
}
