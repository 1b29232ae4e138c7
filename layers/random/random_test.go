// Package random_test compares random networks with the reference in float64,
// on each instruction set of the machine: whatever layers, strides, padding,
// channels and batch sizes meet, down to one pixel.
package random_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"tatami/internal/budget"
	"tatami/internal/kernels"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
)

var (
	networks = flag.Int("networks", 200, "how many random networks, on each instruction set")
	seed     = flag.Uint64("seed", 1, "the first network's; each next one has the next")
)

// sets lists the instruction sets that a machine may have.
var sets = []string{"portable", "avx2", "avx512", "neon", "wasm"}

const variable = "TATAMI_ISA" // read once, when a program starts

// TestRandomNetworks runs itself once for each instruction set.
func TestRandomNetworks(t *testing.T) {
	if os.Getenv(variable) != "" {
		compare(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	ran := 0
	for _, set := range sets {
		t.Run(set, func(t *testing.T) {
			c := exec.Command(self, "-test.run=^TestRandomNetworks$", "-test.v", fmt.Sprint("-networks=", *networks), fmt.Sprint("-seed=", *seed))
			c.Env = append(os.Environ(), variable+"="+set)
			out, err := c.CombinedOutput()
			switch {
			case strings.Contains(string(out), "--- SKIP"):
				t.Skip("not on this machine, or not in this build")
			case err != nil || !strings.Contains(string(out), "--- PASS"):
				t.Errorf("%v\n%s", err, out)
			default:
				ran++
				for line := range strings.Lines(string(out)) {
					if strings.Contains(line, "networks") {
						t.Log(strings.TrimSpace(line))
					}
				}
			}
		})
	}
	if ran == 0 {
		t.Error("no instruction set was tested")
	}
}

// How far a network may be from the reference, as a share of the largest value.
const tolerance = 2e-4

func compare(t *testing.T) {
	if err := kernels.ISAError(); err != nil {
		t.Skip(err)
	}
	blurred, kinds := 0, map[string]int{}
	for i := range *networks {
		c := draw(*seed + uint64(i))
		for _, spec := range c.net.Specs() {
			kinds[fmt.Sprintf("%T", spec)]++
		}
		for _, fault := range c.faults() {
			if fault.blurred {
				blurred++
				continue
			}
			t.Errorf("seed %d: %d of %v through %v: %s", *seed+uint64(i), c.x.N, c.x.Shape, c.net.Specs(), fault.text)
		}
	}
	t.Logf("%d networks, %d gradients at a kink: %v", *networks, blurred, kinds)
	if blurred > *networks/20 {
		t.Errorf("%d of %d networks tell nothing of a gradient, want at most one in 20", blurred, *networks)
	}
	if *networks >= 100 && len(kinds) < 15 {
		t.Errorf("%d types of layers, want all 15", len(kinds))
	}
}

// trial is a network with a batch and the gradient of its output.
type trial struct {
	net   *nn.Sequential
	x, dy *nn.Tensor
	rng   *rand.Rand
}

// mostWork keeps the reference fast.
const mostWork = 150_000

// draw is the network of a seed.
func draw(seed uint64) trial {
	rng := rand.New(rand.NewPCG(seed, 2))
	for {
		in := nn.Shape{H: side(rng), W: side(rng), C: one(rng, 1, 1, 2, 3, 5, 16, 17, 20)}
		var specs []nn.Spec
		for range 1 + rng.IntN(5) {
			specs = append(specs, spec(rng))
		}
		net, err := nn.NewSequential(in, rng, specs...)
		if err != nil { // the shapes do not fit: another
			continue
		}
		c := trial{net: net, x: nn.NewTensor(1+rng.IntN(9), in), rng: rng}
		c.dy = nn.NewTensor(c.x.N, net.Output())
		if c.x.N*budget.Of(net).Work > 10*mostWork || c.x.N*net.MultiplyAdds() > mostWork || !tells(net, c.x.N) {
			continue
		}
		for _, data := range [][]float32{c.x.Data, c.dy.Data} {
			for i := range data {
				data[i] = float32(rng.NormFloat64())
			}
		}
		for _, p := range net.Params() {
			for i := range p.Value.Data {
				if p.Name != "weight" { // those are random already
					p.Value.Data[i] += float32(0.3 * rng.NormFloat64())
				}
				if p.Name == "variance" {
					p.Value.Data[i] = float32(0.5 + rng.Float64())
				}
			}
		}
		return c
	}
}

// tells reports whether no normalization has so few values that its output is 1,
// 0 and -1, whatever comes in: its gradients are all rounding.
func tells(net *nn.Sequential, samples int) bool {
	shape := net.Input()
	for i, l := range net.Layers() {
		switch net.Specs()[i].(type) {
		case layers.BatchNormalization:
			if samples*shape.H*shape.W < 6 {
				return false
			}
		case layers.LayerNormalization:
			if shape.Size() < 6 {
				return false
			}
		}
		if b, ok := l.(nn.Block); ok && (!tells(b.Body(), samples) || b.Shortcut() != nil && !tells(b.Shortcut(), samples)) {
			return false
		}
		shape = l.OutShape()
	}
	return true
}

func one(rng *rand.Rand, values ...int) int { return values[rng.IntN(len(values))] }

func side(rng *rand.Rand) int { return one(rng, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12) }

func spec(rng *rand.Rand) nn.Spec {
	switch rng.IntN(19) {
	case 14:
		return layers.Convolution{
			Filters: one(rng, 2, 3, 5, 16, 17, 20, 32), Kernel: one(rng, 1, 2, 3, 3), KernelW: one(rng, 0, 1, 2, 3, 5), Stride: one(rng, 0, 2),
			StrideW: one(rng, 0, 1, 2), Dilation: one(rng, 0, 2, 3), Groups: one(rng, 0, 0, 2, 3, 5, 16, 17, 20), Pad: one(rng, 0, 1, 2),
			PadTop: one(rng, 0, 1), PadBottom: one(rng, 0, 2), PadLeft: one(rng, 0, 3), PadRight: one(rng, 0, 1),
		}
	case 15: // depthwise, where it fits
		n := one(rng, 1, 2, 3, 5, 16, 17, 20)
		return layers.Convolution{Filters: n, Groups: n, Kernel: one(rng, 1, 2, 3, 3, 5), Stride: one(rng, 1, 1, 2), Pad: one(rng, 0, 1, 2), Dilation: one(rng, 1, 1, 2)}
	case 16:
		return layers.GlobalAveragePooling{}
	case 17:
		return layers.LayerNormalization{Frozen: rng.IntN(4) == 0}
	case 18:
		block := layers.Residual{Body: []nn.Spec{spec(rng)}}
		if rng.IntN(2) == 0 {
			block.Body = append(block.Body, spec(rng))
		}
		if rng.IntN(3) == 0 {
			block.Shortcut = []nn.Spec{spec(rng)}
		}
		return block
	case 0, 1, 2, 3:
		return layers.Convolution{
			Filters: one(rng, 1, 2, 3, 5, 8, 16, 17, 30, 33), Kernel: one(rng, 1, 2, 3, 3, 3, 4, 5), Stride: one(rng, 1, 1, 1, 2, 3),
			Pad: one(rng, 0, 0, 1, 1, 2, 3), Frozen: rng.IntN(12) == 0,
		}
	case 4, 5:
		size := one(rng, 1, 2, 2, 2, 3, 4)
		return layers.Pooling{Size: size, Stride: one(rng, 0, 0, 1, 2, 3), Pad: rng.IntN(size/2 + 1), Average: rng.IntN(3) == 0}
	case 6:
		return layers.Affine{Units: one(rng, 1, 3, 10, 16, 33, 50)}
	case 7, 8:
		return layers.ReLU{}
	case 9:
		return layers.LeakyReLU{Slope: 0.1}
	case 10:
		return []nn.Spec{layers.Sigmoid{}, layers.Tanh{}}[rng.IntN(2)]
	case 11:
		return layers.GELU{}
	case 12:
		return []nn.Spec{layers.Standardize{Mean: []float64{0.3}, Deviation: []float64{0.5}}, layers.Softmax{}, layers.Dropout{Ratio: 0.4, Unscaled: rng.IntN(2) == 0}}[rng.IntN(3)]
	}
	return layers.BatchNormalization{Frozen: rng.IntN(4) == 0}
}

// values are what a pass or the reference gives, by name.
type values map[string][]float64

// error is the largest difference of got from the values of that name, as a
// share of the largest of them, and where it is. Gradients of parameters that
// are all but 0, as that of a bias before a normalization, are the rounding of
// others: they are measured by a tenth of the largest of all parameters.
func (v values) error(name string, got []float64) (far float64, at int) {
	want := v[name]
	if len(got) != len(want) {
		return math.Inf(1), 0
	}
	scale := largest(want)
	if strings.HasPrefix(name, "gradient") {
		for other, g := range v {
			if strings.HasPrefix(other, "gradient") {
				scale = max(scale, largest(g)/10)
			}
		}
	}
	for i, w := range want {
		if d := math.Abs(got[i]-w) / max(scale, 0x1p-100); !(d <= far) {
			far, at = d, i
		}
	}
	return far, at
}

func largest(list []float64) (most float64) {
	for _, v := range list {
		most = max(most, math.Abs(v))
	}
	return most
}

type fault struct {
	text    string
	blurred bool // the reference jumps there too
}

// faults takes the batch through the network as it is run, in training there
// and back and in inference, and compares.
func (c trial) faults() (list []fault) {
	for _, training := range []bool{true, false} {
		want := c.reference(training, c.x)
		for _, unfused := range []bool{false, true} {
			got := c.pass(nn.PassConfig{Training: training, NeedsBackward: true, InputGradient: true, Unfused: unfused})
			if !training && !unfused {
				got["answer"], want["answer"] = c.pass(nn.PassConfig{})["y"], want["y"]
			}
			for name, w := range want {
				g, ok := got[name]
				if !ok {
					continue
				}
				far, at := want.error(name, g)
				if far <= tolerance {
					continue
				}
				list = append(list, fault{
					fmt.Sprintf("training %v, unfused %v: %s[%d] of %d is %.3g off", training, unfused, name, at, len(w), far),
					c.jumps(training, name, want, far),
				})
			}
		}
	}
	return list
}

// jumps reports whether the reference's values move as far as the fault when
// the input moves by what float32 rounds: a rectifier or a maximum decides
// otherwise, and either is right.
func (c trial) jumps(training bool, name string, want values, far float64) bool {
	for range 8 {
		x := nn.NewTensor(c.x.N, c.x.Shape)
		for i, v := range c.x.Data {
			x.Data[i] = v * (1 + 2e-6*float32(c.rng.NormFloat64()))
		}
		if moved, _ := want.error(name, c.reference(training, x)[name]); moved > far/4 {
			return true
		}
	}
	return false
}

func (c trial) pass(config nn.PassConfig) values {
	config.Capacity, config.Seed = c.x.N, 1
	p := c.net.NewPass(config)
	v := values{"y": oracle.Float64(p.Forward(c.x).Data)}
	if config.NeedsBackward {
		v["dx"] = oracle.Float64(p.Backward(c.dy).Data)
		for i, g := range p.ParamGradients() {
			if g != nil {
				v[c.name(i)] = oracle.Float64(g)
			}
		}
	}
	return v
}

func (c trial) reference(training bool, x *nn.Tensor) values {
	n, err := oracle.Of(c.net)
	if err != nil {
		panic(err)
	}
	n.Training, n.Seed = training, 1
	ys := n.Forward(oracle.From(x))
	dx, params := n.Backward(oracle.From(c.dy), oracle.From(x))
	v := values{"y": ys[len(ys)-1].Data, "dx": dx.Data}
	for i, g := range params {
		v[c.name(i)] = g
	}
	return v
}

func (c trial) name(param int) string {
	return fmt.Sprintf("gradient %d (%s)", param, c.net.Params()[param].Name)
}
