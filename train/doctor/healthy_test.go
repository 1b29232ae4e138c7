package doctor_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

var (
	all     = flag.Bool("healthy", false, "take all healthy runs: minutes")
	fashion = flag.String("fashion", "/usr/share/datasets/fashion-mnist", "`folder` of Fashion-MNIST, from Debian's dataset-fashion-mnist")
	cifar   = flag.String("cifar", "", "`folder` of CIFAR-10, as pictures in train/CLASS and test/CLASS")
)

// shapes are pictures of five coloured shapes, of any colour, size and place on
// a ground of any colour: means of classes tell nothing there.
func shapes(n int, side int, grey bool, seed uint64) *datasets.Dataset {
	rng := rand.New(rand.NewPCG(seed, 7))
	d := &datasets.Dataset{Shape: nn.Shape{H: side, W: side, C: 3}, Classes: []string{"disc", "square", "ring", "cross", "triangle"}}
	if grey {
		d.Shape.C = 1
	}
	for i := range n {
		class := i % len(d.Classes)
		var ground, ink [3]float64
		for far := 0.0; far < 150; {
			far = 0
			for c := range d.Shape.C {
				ground[c], ink[c] = 255*rng.Float64(), 255*rng.Float64()
				far += math.Abs(ground[c] - ink[c])
			}
		}
		r := float64(side) * (0.15 + 0.2*rng.Float64())
		cx, cy := r+(float64(side)-2*r)*rng.Float64(), r+(float64(side)-2*r)*rng.Float64()
		image := make([]byte, 0, d.Size())
		for y := range side {
			for x := range side {
				u, v := (float64(x)+0.5-cx)/r, (float64(y)+0.5-cy)/r
				long, far := max(math.Abs(u), math.Abs(v)), math.Hypot(u, v)
				inside := []bool{
					far < 1, long < 0.85, far < 1 && far > 0.55,
					long < 1 && min(math.Abs(u), math.Abs(v)) < 0.3,
					v < 0.8 && v > -1 && math.Abs(u) < (v+1)/1.8,
				}[class]
				for c := range d.Shape.C {
					value := ground[c]
					if inside {
						value = ink[c]
					}
					image = append(image, byte(min(max(value+8*rng.NormFloat64(), 0), 255)))
				}
			}
		}
		d.Images, d.Labels = append(d.Images, image), append(d.Labels, class)
	}
	return d
}

// normalized is a stack of convolutions with batch normalization.
func normalized(classes int) []nn.Spec {
	var specs []nn.Spec
	for _, filters := range []int{16, 32, 32} {
		specs = append(specs, layers.Convolution{Filters: filters, Kernel: 3, Pad: 1}, layers.BatchNormalization{}, layers.ReLU{}, layers.Pooling{Size: 2})
	}
	return append(specs, layers.Affine{Units: 64}, layers.BatchNormalization{}, layers.ReLU{}, layers.Affine{Units: classes})
}

// plain is the same without.
func plain(classes int) (specs []nn.Spec) {
	for _, s := range normalized(classes) {
		if _, ok := s.(layers.BatchNormalization); !ok {
			specs = append(specs, s)
		}
	}
	return specs
}

func named(name string) func(classes int) []nn.Spec {
	return func(classes int) []nn.Spec {
		n, err := networks.Find(name)
		if err != nil {
			panic(err)
		}
		return n.Specs(classes)
	}
}

// pair is a training and a test set; nil where they are not on the machine.
type pair struct{ train, test *datasets.Dataset }

func coloured(n int) func(*testing.T) pair {
	return func(*testing.T) pair { return pair{shapes(n, 32, false, 1), shapes(500, 32, false, 2)} }
}

func greyShapes(*testing.T) pair { return pair{shapes(1500, 28, true, 1), shapes(500, 28, true, 2)} }

func digits(n int) func(*testing.T) pair {
	return func(t *testing.T) pair {
		digits, test := mnist(t)
		return pair{digits.Limit(n), test.Limit(1000)}
	}
}

func clothes(t *testing.T) pair {
	if _, err := os.Stat(*fashion); err != nil {
		t.Skip("no Fashion-MNIST: ", err)
	}
	train, test, err := datasets.Folder(*fashion)
	if err != nil {
		t.Fatal(err)
	}
	return pair{train.Limit(4000), test.Limit(1000)}
}

// things is CIFAR-10.
func things(t *testing.T) pair {
	if *cifar == "" {
		t.Skip("no CIFAR-10: its folder is not given by -cifar")
	}
	return pair{pictures(t, filepath.Join(*cifar, "train"), 400), pictures(t, filepath.Join(*cifar, "test"), 100)}
}

// pictures are the first of each class of a folder of folders.
func pictures(t *testing.T, dir string, each int) *datasets.Dataset {
	d := &datasets.Dataset{Shape: nn.Shape{H: 32, W: 32, C: 3}}
	classes, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range classes {
		d.Classes = append(d.Classes, c.Name())
	}
	for i := range each {
		for label, c := range d.Classes {
			img, err := datasets.ReadImage(filepath.Join(dir, c, fmt.Sprintf("%04d.jpg", i)))
			if err != nil {
				t.Fatal(err)
			}
			var image []byte
			for y := range 32 {
				for x := range 32 {
					r, g, b, _ := img.At(x, y).RGBA()
					image = append(image, byte(r>>8), byte(g>>8), byte(b>>8))
				}
			}
			d.Images, d.Labels = append(d.Images, image), append(d.Labels, label)
		}
	}
	return d
}

// TestHealthyKinds: no advice on runs of many kinds that learn as they should
// from the data they have; three of them unless asked for all:
//
//	go test ./train/doctor -run Healthy -timeout 30m -args -healthy -cifar DIR
func TestHealthyKinds(t *testing.T) {
	const usual = 3e-3 // the command's, for Adam in one cycle
	for _, c := range []struct {
		name     string
		data     func(*testing.T) pair
		specs    func(classes int) []nn.Spec
		rule     optim.Rule
		rate     float64
		epochs   int
		batch    int
		accuracy float64 // that the run must reach on the test set, to be healthy
		quick    bool
	}{
		{"digits, simple", digits(4000), named("simple"), optim.Adam{}, usual, 4, 100, 0.9, false},
		{"digits, best", digits(4000), named("best"), optim.Adam{}, usual, 4, 100, 0.9, false},
		{"digits, normalized, high rate", digits(4000), normalized, optim.Adam{}, 0.02, 4, 50, 0.9, false},
		{"digits, normalized, few steps", digits(2000), normalized, optim.Adam{}, usual, 10, 200, 0.9, false},
		{"digits, lenet, momentum", digits(4000), named("lenet"), optim.Momentum{}, 0.05, 4, 100, 0.9, false},
		{"clothes, simple", clothes, named("simple"), optim.Adam{}, usual, 4, 100, 0.75, false},
		{"clothes, mlp", clothes, named("mlp"), optim.Adam{}, usual, 6, 100, 0.75, true},
		{"clothes, best", clothes, named("best"), optim.Adam{}, usual, 4, 100, 0.75, false},
		{"clothes, plain, SGD", clothes, plain, optim.SGD{}, 0.05, 8, 50, 0.65, false},
		{"shapes, normalized", coloured(1500), normalized, optim.Adam{}, usual, 12, 50, 0.85, false},
		{"shapes, normalized, high rate", coloured(1500), normalized, optim.Adam{}, 0.01, 12, 50, 0.85, false},
		{"shapes, normalized, constant rate", coloured(1500), normalized, optim.Adam{}, 0, 12, 50, 0.8, true},
		{"shapes, plain", coloured(3000), plain, optim.Adam{}, usual, 12, 50, 0.8, true},
		{"grey shapes, normalized", greyShapes, normalized, optim.Adam{}, usual, 12, 50, 0.9, false},
		{"grey shapes, plain", greyShapes, plain, optim.Adam{}, usual, 15, 50, 0.8, false},
		{"things, normalized", things, normalized, optim.Adam{}, usual, 6, 50, 0.45, false},
		{"things, plain", things, plain, optim.Adam{}, usual, 8, 50, 0.4, false},
		{"things, momentum", things, plain, optim.Momentum{}, 0.02, 10, 50, 0.4, false},
	} {
		seeds := uint64(1)
		if *all {
			seeds = 3
		}
		for seed := range seeds {
			t.Run(fmt.Sprint(c.name, " ", seed+1), func(t *testing.T) {
				if !*all && (!c.quick || testing.Short()) {
					t.Skip("with -healthy")
				}
				sets := c.data(t)
				net, err := nn.NewSequential(sets.train.Shape, rand.New(rand.NewPCG(seed+1, 0)), c.specs(len(sets.train.Classes))...)
				if err != nil {
					t.Fatal(err)
				}
				tr := &train.Trainer{
					Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: c.rule, Seed: seed + 1,
					Loader: &datasets.Loader{Data: sets.train, BatchSize: c.batch, Seed: seed + 1, Augment: datasets.Augmentation{Shift: 1}},
					Epochs: c.epochs, Test: sets.test,
				}
				tr.Schedule = optim.OneCycle{Max: c.rate, Steps: c.epochs * tr.Loader.Batches()}
				if c.rate == 0 {
					tr.Schedule = optim.Constant{Base: 2e-3}
				}
				got := illnesses(fit(t, tr))
				best := 0.0
				for _, r := range tr.History().Epochs {
					t.Logf("epoch %d (%d): training %.3f %.1f%%, test %.3f %.1f%%", r.Epoch, r.Step, r.TrainLoss, 100*r.TrainAccuracy, r.TestLoss, 100*r.TestAccuracy)
					best = max(best, r.TestAccuracy)
				}
				if best < c.accuracy {
					t.Errorf("the run is not healthy: %.1f%% right, wanted %.0f%%", 100*best, 100*c.accuracy)
				}
				if got != nil {
					t.Errorf("told %v", got)
				}
			})
		}
	}
}
