package doctor_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
	"tatami/train/doctor"
)

// readMNIST reads once for all tests.
var readMNIST = sync.OnceValue(func() (sets struct {
	digits, test *datasets.Dataset
	err          error
}) {
	sets.digits, sets.test, sets.err = datasets.MNIST()
	return sets
})

func mnist(t *testing.T) (digits, test *datasets.Dataset) {
	t.Helper()
	sets := readMNIST()
	if sets.err != nil {
		t.Fatal(sets.err)
	}
	return sets.digits, sets.test
}

// newRun is a run on the first digits of MNIST, with the defaults of the
// command but for a constant rate.
func newRun(t *testing.T, images, epochs int, specs []nn.Spec, rule optim.Rule, rate float64) *train.Trainer {
	t.Helper()
	digits, test := mnist(t)
	net, err := nn.NewSequential(digits.Shape, rand.New(rand.NewPCG(1, 0)), specs...)
	if err != nil {
		t.Fatal(err)
	}
	return &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: rule, Schedule: optim.Constant{Base: rate},
		Loader: &datasets.Loader{Data: digits.Limit(images), BatchSize: 100, Seed: 1},
		Epochs: epochs, Test: test.Limit(1000),
	}
}

func network(name string) []nn.Spec {
	n, err := networks.Find(name)
	if err != nil {
		panic(err)
	}
	return n.Specs(10)
}

// stack is hidden layers of 100 units.
func stack(hidden int, activation nn.Spec, init nn.Initializer) (specs []nn.Spec) {
	for range hidden {
		specs = append(specs, layers.Affine{Units: 100, Init: init}, activation)
	}
	return append(specs, layers.Affine{Units: 10, Init: init})
}

// shuffled gives the labels to other images.
func shuffled(data datasets.Source) *datasets.Dataset {
	d := data.(*datasets.Dataset)
	labels := slices.Clone(d.Labels)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(labels), func(i, k int) { labels[i], labels[k] = labels[k], labels[i] })
	return &datasets.Dataset{Shape: d.Shape, Images: d.Images, Labels: labels, Classes: d.Classes}
}

// fit runs with a doctor and gives what it told. A run may diverge.
func fit(t *testing.T, tr *train.Trainer) *doctor.Doctor {
	t.Helper()
	told := 0
	d := &doctor.Doctor{Tell: func(doctor.Advice) { told++ }}
	tr.Observers = append(tr.Observers, d)
	if _, err := tr.Fit(context.Background()); err != nil {
		t.Log(err)
	}
	if told != len(d.Advice) {
		t.Errorf("%d told, %d kept", told, len(d.Advice))
	}
	for _, a := range d.Advice {
		t.Logf("step %d: %s: %s\n%s", a.Step, a.Illness, a.Text, a.Japanese)
		if strings.Count(a.Text, "Deep Learning from Scratch ") != 1 || strings.Contains(a.Text, "%!") || strings.Contains(a.Text, "NaN") {
			t.Errorf("advice %q", a.Text)
		}
		for _, n := range regexp.MustCompile(`\d[\d.e+-]*%?`).FindAllString(a.Text, -1) {
			if !strings.Contains(a.Japanese, n) {
				t.Errorf("%q lacks the %s of %q", a.Japanese, n, a.Text)
			}
		}
		if strings.Contains(a.Japanese, "%!") {
			t.Errorf("advice %q", a.Japanese)
		}
	}
	return d
}

func illnesses(d *doctor.Doctor) (list []doctor.Illness) {
	for _, a := range d.Advice {
		list = append(list, a.Illness)
	}
	return list
}

// Each illness is told, once, with what was measured and where to read on, and
// no other beside those that come with it.
func TestIllnesses(t *testing.T) {
	he, xavier := nn.Initializer(nil), nn.Xavier{}
	for name, c := range map[string]struct {
		run  *train.Trainer
		want []doctor.Illness
		text string
	}{
		"small start": {newRun(t, 4000, 6, stack(3, layers.ReLU{}, nn.Normal{Std: 0.04}), optim.SGD{}, 0.03), []doctor.Illness{doctor.Stuck}, "6.2.1"},
		"decay":       {newRun(t, 4000, 6, network("mlp"), optim.SGD{WeightDecay: 3}, 0.03), []doctor.Illness{doctor.Stuck}, "6.4.2"},
		"sigmoids":    {newRun(t, 4000, 2, stack(5, layers.Sigmoid{}, xavier), optim.SGD{}, 0.01), []doctor.Illness{doctor.Vanishing}, "layer 1 (Affine 100)"},
		"smaller":     {newRun(t, 4000, 6, stack(4, layers.ReLU{}, nn.Normal{Std: 0.01}), optim.SGD{}, 0.01), []doctor.Illness{doctor.Vanishing}, "6.2.2"},
		"large start": {newRun(t, 4000, 2, stack(4, layers.ReLU{}, nn.Normal{Std: 1}), optim.Adam{}, 0.001), []doctor.Illness{doctor.Exploding}, "6.2.3"},
		"high rate":   {newRun(t, 4000, 6, network("mlp"), optim.Adam{}, 1), []doctor.Illness{doctor.DeadReLUs, doctor.RateTooHigh}, "layer 2 (ReLU) gives 0 for all of 512 images in 49 of its 50 units"},
		"zero start":  {newRun(t, 4000, 6, stack(2, layers.ReLU{}, nn.Zero{}), optim.SGD{}, 0.1), []doctor.Illness{doctor.DeadReLUs}, "started at 0"},
		"jump":        {newRun(t, 4000, 6, network("mlp"), optim.Adam{}, 0.1), []doctor.Illness{doctor.RateTooHigh}, "the learning rate 0.1 is likely too high"},
		"low rate":    {newRun(t, 4000, 6, network("mlp"), optim.SGD{}, 1e-5), []doctor.Illness{doctor.RateTooLow}, "the learning rate 1e-05 is likely too low"},
		"few images":  {newRun(t, 300, 40, stack(2, layers.ReLU{}, he), optim.Adam{}, 0.001), []doctor.Illness{doctor.OverFitting}, "memorises its 300 images"},
		"learned":     {newRun(t, 300, 20, network("simple"), optim.Adam{}, 0.003), []doctor.Illness{doctor.OverFitting}, "6.4.1"},
		"by heart":    {newRun(t, 6000, 50, network("mlp"), optim.Adam{}, 0.01), []doctor.Illness{doctor.OverFitting}, "the loss on the test set rose from"},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && c.run.Epochs >= 20 {
				t.Skip("many epochs")
			}
			d := fit(t, c.run)
			if got := illnesses(d); !slices.Equal(got, c.want) {
				t.Fatalf("told %v, want %v", got, c.want)
			}
			if !strings.Contains(d.Advice[0].Text, c.text) {
				t.Errorf("%q does not have %q", d.Advice[0].Text, c.text)
			}
		})
	}
}

// Shuffled labels are told whether the network learns nothing or learns them
// by heart.
func TestShuffledLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	slow := newRun(t, 4000, 6, network("simple"), optim.SGD{}, 0.01)
	slow.Loader.Data = shuffled(slow.Loader.Data)
	d := fit(t, slow)
	if got := illnesses(d); !slices.Equal(got, []doctor.Illness{doctor.Labels}) || !strings.Contains(d.Advice[0].Text, "of 1000 training images") {
		t.Errorf("told %v", got)
	}
	heart := newRun(t, 500, 60, stack(2, layers.ReLU{}, nil), optim.Adam{}, 0.001)
	heart.Loader.Data = shuffled(heart.Loader.Data)
	if got := illnesses(fit(t, heart)); !slices.Contains(got, doctor.Labels) || slices.Contains(got, doctor.Stuck) {
		t.Errorf("told %v", got)
	}
	// Where class means tell nothing but the network learns, nothing is wrong.
	parity := newRun(t, 6000, 4, network("simple"), optim.Adam{}, 0.003)
	for _, set := range []*datasets.Source{&parity.Loader.Data, &parity.Test} {
		*set = inverted((*set).(*datasets.Dataset))
	}
	if got := illnesses(fit(t, parity)); slices.Contains(got, doctor.Labels) {
		t.Errorf("told %v", got)
	}
}

// inverted has every other image in negative: the mean of each class is grey.
func inverted(d *datasets.Dataset) *datasets.Dataset {
	c := *d
	c.Images = nil
	for i, image := range d.Images {
		image = slices.Clone(image)
		if i/2%2 == 1 {
			for k := range image {
				image[k] = 255 - image[k]
			}
		}
		c.Images = append(c.Images, image)
	}
	return &c
}

// Runs as they should be get no advice, whatever the seed.
func TestHealthy(t *testing.T) {
	seeds, nets := []uint64{1, 2, 3}, []string{"mlp", "simple", "lenet", "deep"}
	if testing.Short() {
		seeds, nets = seeds[:1], nets[:2]
	}
	for _, net := range nets {
		for _, seed := range seeds {
			t.Run(fmt.Sprint(net, " ", seed), func(t *testing.T) {
				tr := newRun(t, 2000, 4, network(net), optim.Adam{}, 0)
				var err error
				if tr.Net, err = nn.NewSequential(tr.Net.Input(), rand.New(rand.NewPCG(seed, 0)), network(net)...); err != nil {
					t.Fatal(err)
				}
				tr.Seed, tr.Loader.Seed = seed, seed
				tr.Schedule = optim.OneCycle{Max: 3e-3, Steps: 80}
				tr.Loader.Augment = datasets.Augmentation{Shift: 1}
				if got := illnesses(fit(t, tr)); got != nil {
					t.Errorf("told %v", got)
				}
			})
		}
	}
}

// Other optimizers at their default rates are healthy too.
func TestHealthyOptimizers(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	for _, rule := range []optim.Rule{optim.SGD{}, optim.Momentum{}, optim.AdaGrad{}, optim.RMSprop{}, optim.Adam{}} {
		for _, net := range []string{"mlp", "simple"} {
			tr := newRun(t, 4000, 4, network(net), rule, rule.DefaultRate())
			tr.Loader.Augment = datasets.Augmentation{Shift: 1}
			if got := illnesses(fit(t, tr)); got != nil {
				t.Errorf("%s, %s: told %v", net, rule.Name(), got)
			}
		}
	}
}

// A doctor changes no bit of the weights.
func TestSameBits(t *testing.T) {
	epochs := 5
	if testing.Short() {
		epochs = 2
	}
	hash := func(with bool) [32]byte {
		specs := slices.Insert(network("deep"), 1, nn.Spec(layers.BatchNormalization{}))
		tr := newRun(t, 600, epochs, specs, optim.Adam{}, 0.003)
		if with {
			tr.Observers = []train.Observer{&doctor.Doctor{}}
		}
		if _, err := tr.Fit(context.Background()); err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for _, p := range tr.Net.Params() {
			if err := binary.Write(h, binary.LittleEndian, p.Value.Data); err != nil {
				t.Fatal(err)
			}
		}
		return [32]byte(h.Sum(nil))
	}
	if hash(true) != hash(false) {
		t.Error("the weights differ")
	}
}

// What an earlier part of a run was told is not told again.
func TestKnown(t *testing.T) {
	tr := newRun(t, 300, 40, stack(2, layers.ReLU{}, nil), optim.Adam{}, 0.001)
	d := &doctor.Doctor{Advice: []doctor.Advice{{Illness: doctor.OverFitting}}, Tell: func(a doctor.Advice) { t.Errorf("told %v", a) }}
	tr.Observers = []train.Observer{d}
	if _, err := tr.Fit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// A loss that is no cross-entropy is not judged.
func TestOtherLoss(t *testing.T) {
	tr := newRun(t, 1000, 12, stack(5, layers.Sigmoid{}, nn.Xavier{}), optim.SGD{}, 1e-9)
	tr.Loss = layers.MeanSquaredError{}
	if got := illnesses(fit(t, tr)); got != nil {
		t.Errorf("told %v", got)
	}
}
