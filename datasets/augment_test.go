package datasets_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/nn"
)

// fill is n times the given image, each in its own distortion.
func fill(a datasets.Augmentation, shape nn.Shape, image []byte, n int) *nn.Tensor {
	d := &datasets.Dataset{Shape: shape, Labels: make([]int, n)}
	for range n {
		d.Images = append(d.Images, image)
	}
	l := datasets.Loader{Data: d, BatchSize: n, Ordered: true, Augment: a}
	x := nn.NewTensor(n, shape)
	l.Epoch(0).Fill(0, 0, n, x, l.Target().New(n))
	return x
}

// TestShift: every shift comes up, and each is an exact copy with black behind.
func TestShift(t *testing.T) {
	for _, shape := range []nn.Shape{{H: 5, W: 4, C: 1}, {H: 4, W: 6, C: 3}} {
		image := make([]byte, shape.Size())
		for i := range image {
			image[i] = byte(i + 1)
		}
		plain := datasets.Tensor(shape, image).Sample(0)
		seen := make(map[[2]int]int)
		const p, n = 3, 2000
		x := fill(datasets.Augmentation{Shift: p}, shape, image, n)
		for i := range n {
			for down := -p; down <= p; down++ {
				for right := -p; right <= p; right++ {
					want := make([]float32, len(plain))
					for y := max(0, down); y < min(shape.H, shape.H+down); y++ {
						for c := max(0, right*shape.C); c < min(shape.W, shape.W+right)*shape.C; c++ {
							want[y*shape.W*shape.C+c] = plain[(y-down)*shape.W*shape.C+c-right*shape.C]
						}
					}
					if slices.Equal(x.Sample(i), want) {
						seen[[2]int{down, right}]++
					}
				}
			}
		}
		total := 0
		for shift, k := range seen {
			total += k
			if k < n/49/3 || k > n/49*3 {
				t.Errorf("%v: shift %v came %d times of %d", shape, shift, k, n)
			}
		}
		if len(seen) != 49 || total != n {
			t.Errorf("%v: %d shifts in %d of %d images", shape, len(seen), total, n)
		}
	}
}

// disc is a bright disc of the given radius around (x, y) in 28×28 pixels.
func disc(x, y, radius float64) []byte {
	image := make([]byte, 784)
	for i := range image {
		if math.Hypot(float64(i%28)-x, float64(i/28)-y) <= radius {
			image[i] = 255
		}
	}
	return image
}

// moments is an image's mass and its centre.
func moments(pixels []float32) (mass, x, y float64) {
	for i, v := range pixels {
		mass += float64(v)
		x += float64(v) * float64(i%28)
		y += float64(v) * float64(i/28)
	}
	return mass, x / mass, y / mass
}

func TestRotate(t *testing.T) {
	const n, limit = 500, 30.0
	x := fill(datasets.Augmentation{Rotate: limit}, mnistShape, disc(21.5, 13.5, 3), n)
	least, most := 0.0, 0.0
	for i := range n {
		_, cx, cy := moments(x.Sample(i))
		if r := math.Hypot(cx-13.5, cy-13.5); math.Abs(r-8) > 0.15 {
			t.Fatalf("image %d: the disc is %.2f pixels from the centre, want 8", i, r)
		}
		angle := math.Atan2(cy-13.5, cx-13.5) * 180 / math.Pi
		least, most = min(least, angle), max(most, angle)
	}
	if least < -limit-1 || least > -limit+2 || most > limit+1 || most < limit-2 {
		t.Errorf("angles %.1f to %.1f, want about ±%g", least, most, limit)
	}
}

func TestScale(t *testing.T) {
	const n = 500
	image := disc(13.5, 13.5, 8)
	before, _, _ := moments(datasets.Tensor(mnistShape, image).Data)
	x := fill(datasets.Augmentation{Scale: 0.2}, mnistShape, image, n)
	least, most := 1.0, 1.0
	for i := range n {
		mass, cx, cy := moments(x.Sample(i))
		if math.Hypot(cx-13.5, cy-13.5) > 0.05 {
			t.Fatalf("image %d: centre (%.2f, %.2f), want (13.5, 13.5)", i, cx, cy)
		}
		factor := math.Sqrt(mass / before)
		least, most = min(least, factor), max(most, factor)
	}
	if least < 0.78 || least > 0.82 || most < 1.18 || most > 1.22 {
		t.Errorf("factors %.3f to %.3f, want 0.8 to 1.2", least, most)
	}
}

// TestElastic: the field moves things by 0.16·α/σ pixels (standard deviation),
// and neighbours alike. A small disc, here one pixel wide, tells by how much.
func TestElastic(t *testing.T) {
	toy.Alone(t)
	const n = 4000
	for _, c := range []datasets.Augmentation{
		{Elastic: 34}, {Elastic: 20, Sigma: 3}, {Elastic: 60, Sigma: 8},
	} {
		sigma := c.Sigma
		if sigma == 0 {
			sigma = 4
		}
		want := c.Elastic / (2 * sigma * math.Sqrt(3*math.Pi))
		for _, at := range [][2]float64{{13.5, 13.5}, {8, 17}} {
			x := fill(c, mnistShape, disc(at[0], at[1], 2.5), n)
			var squares float64
			for i := range n {
				if mass, cx, cy := moments(x.Sample(i)); mass > 0 {
					squares += (cx-at[0])*(cx-at[0]) + (cy-at[1])*(cy-at[1])
				}
			}
			if got := math.Sqrt(squares / (2 * n)); math.Abs(got-want) > 0.2*want {
				t.Errorf("%v at %v: moved by %.2f pixels, want about %.2f", c, at, got, want)
			}
		}
	}
}

// TestGentle: the gentlest distortion of all kinds is hardly one, for any
// shape.
func TestGentle(t *testing.T) {
	gentle := datasets.Augmentation{Rotate: 1e-4, Scale: 1e-6, Elastic: 1e-4}
	for _, shape := range []nn.Shape{{H: 1, W: 1, C: 1}, {H: 2, W: 9, C: 3}, {H: 28, W: 28, C: 1}, {H: 70, W: 33, C: 2}} {
		image := make([]byte, shape.Size())
		for i := range image {
			image[i] = byte(i * 37)
		}
		want := datasets.Tensor(shape, image).Data
		for i, v := range fill(gentle, shape, image, 1).Data {
			if math.Abs(float64(v-want[i])) > 0.01 {
				t.Errorf("%v: value %d is %g, want %g", shape, i, v, want[i])
				break
			}
		}
	}
}

// TestWild: no distortion leaves [0,1] or memory.
func TestWild(t *testing.T) {
	for _, a := range []datasets.Augmentation{
		{Shift: 27, Rotate: 180, Scale: 0.999999, Elastic: 1e6, Sigma: 1e-9},
		{Elastic: 1e6, Sigma: 1e6},
		{Elastic: 1e-9, Sigma: 0.3},
	} {
		for _, v := range fill(a, mnistShape, disc(13, 13, 20), 200).Data {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%v gives %g", a, v)
			}
		}
	}
}

func ExampleParseAugmentation() {
	for _, text := range []string{"none", "shift", "shift:2,rotate:10,scale:0.1,elastic:34", "rotate, elastic,sigma:5", "sheer:2"} {
		a, err := datasets.ParseAugmentation(text)
		fmt.Println(a, err)
	}
	// Output:
	// none <nil>
	// shift:1 <nil>
	// shift:2,rotate:10,scale:0.1,elastic:34 <nil>
	// rotate:10,elastic:34,sigma:5 <nil>
	// none unknown augmentation "sheer" (valid: none, shift, rotate, scale, elastic, sigma, flip, crop, brightness, contrast, erase, mixup)
}

func TestParseAugmentation(t *testing.T) {
	for text, want := range map[string]string{
		"":                  `unknown augmentation ""`,
		"rotte:3":           `did you mean "rotate"?`,
		"scael":             `did you mean "scale"?`,
		"shift,none":        "none stands alone",
		"none:3":            "none stands alone",
		"shift,shift:2":     "names shift twice",
		"shift:":            "augmentation shift:: wanted a number above 0",
		"shift:x":           "augmentation shift:x: wanted a number above 0",
		"shift:0":           "wanted a number above 0",
		"rotate:-1":         "wanted a number above 0",
		"rotate:NaN":        "wanted a number above 0",
		"elastic:Inf":       "wanted a number above 0",
		"elastic:1e999":     "wanted a number above 0",
		"shift:1.5":         "wanted a whole number of pixels",
		"shift:1e300":       "wanted a whole number of pixels, at most 1e6",
		"rotate:181":        "wanted at most 180 degrees",
		"scale:1":           "wanted less than 1",
		"elastic:1e7":       "wanted at most 1e6 pixels",
		"sigma:4":           "no elastic distortion",
		"shift:2,elastik:1": `did you mean "elastic"?`,
	} {
		if a, err := datasets.ParseAugmentation(text); err == nil || !strings.Contains(err.Error(), want) || a != (datasets.Augmentation{}) {
			t.Errorf("%q: got %v, %v; want %s", text, a, err, want)
		}
	}
}

func TestAugmentationCheck(t *testing.T) {
	for _, c := range []struct {
		a     datasets.Augmentation
		shape nn.Shape
		ok    bool
	}{
		{datasets.Augmentation{}, nn.Features(10), true},
		{datasets.Augmentation{Shift: 27}, mnistShape, true},
		{datasets.Augmentation{Shift: 28}, mnistShape, false},
		{datasets.Augmentation{Shift: 1}, nn.Features(10), false},
		{datasets.Augmentation{Shift: -1}, mnistShape, false},
		{datasets.Augmentation{Rotate: math.NaN()}, mnistShape, false},
		{datasets.Augmentation{Elastic: math.Inf(1)}, mnistShape, false},
	} {
		if err := c.a.Check(c.shape); (err == nil) != c.ok {
			t.Errorf("%v on %v: %v", c.a, c.shape, err)
		}
	}
}

// BenchmarkFill is a batch of 100; ns/image tells what one costs.
func BenchmarkFill(b *testing.B) {
	train := mnistSets(b).train
	for _, text := range []string{"none", "shift", "rotate", "scale", "elastic", "shift,rotate,scale,elastic"} {
		b.Run(text, func(b *testing.B) {
			a, err := datasets.ParseAugmentation(text)
			if err != nil {
				b.Fatal(err)
			}
			l := datasets.Loader{Data: train, BatchSize: 100, Augment: a}
			e := l.Epoch(0)
			x, labels := nn.NewTensor(100, train.Shape), make([]int, 100)
			batch := 0
			for b.Loop() {
				e.Fill(batch%600, 0, 100, x, nn.Targets{Labels: labels})
				batch++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/image")
		})
	}
}
