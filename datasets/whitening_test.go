package datasets_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tatami/datasets"
	"tatami/nn"
)

// On the images that it was made for, the first half of a whitening's outputs have
// mean 0, variance 1 and nothing in common, and the others are their negatives.
func TestWhitening(t *testing.T) {
	const size, side, images = 2, 6, 300
	rng := rand.New(rand.NewPCG(1, 2))
	d := &datasets.Dataset{Shape: nn.Shape{H: side, W: side, C: 3}, Classes: []string{"any"}, Labels: make([]int, images)}
	for range images {
		// Neighbours and channels resemble each other, as in photographs.
		image, grey := make([]byte, d.Size()), 120+40*rng.NormFloat64()
		for i := range image {
			image[i] = byte(min(max(grey+float64(i%3)*10+30*rng.NormFloat64(), 0), 255))
		}
		d.Images = append(d.Images, image)
	}
	w, err := datasets.NewWhitening(d, size)
	if err != nil {
		t.Fatal(err)
	}
	const n = size * size * 3
	if len(w.Weights) != 2*n*n || len(w.Biases) != 2*n {
		t.Fatalf("%d weights and %d biases, wanted %d and %d", len(w.Weights), len(w.Biases), 2*n*n, 2*n)
	}
	var count float64
	var mean [n]float64
	var products [n][n]float64
	for _, image := range d.Images {
		for y := range side - size + 1 {
			for x := range side - size + 1 {
				var out [2 * n]float64
				for k, bias := range w.Biases {
					out[k] = float64(bias)
					for i, weight := range w.Weights[k*n:][:n] {
						v, u, c := i/(size*3), i/3%size, i%3
						out[k] += float64(weight) * float64(image[((y+v)*side+x+u)*3+c]) / 255
					}
				}
				for a := range n {
					if math.Abs(out[a]+out[n+a]) > 1e-4 {
						t.Fatalf("outputs %d and %d are %g and %g, wanted opposites", a, n+a, out[a], out[n+a])
					}
					mean[a] += out[a]
					for b := range n {
						products[a][b] += out[a] * out[b]
					}
				}
				count++
			}
		}
	}
	for a := range n {
		if m := mean[a] / count; math.Abs(m) > 1e-5 {
			t.Errorf("output %d has mean %g, wanted 0", a, m)
		}
		for b := range n {
			got, want := products[a][b]/count, 0.0
			if a == b {
				want = 1
			}
			if math.Abs(got-want) > 1e-2 {
				t.Errorf("outputs %d and %d have covariance %.4f, wanted %g", a, b, got, want)
			}
		}
	}
}

// Images without patches are refused, those without contrast are not enlarged.
func TestWhiteningOfNothing(t *testing.T) {
	row := &datasets.Dataset{Shape: nn.Shape{H: 1, W: 9, C: 1}, Images: [][]byte{make([]byte, 9)}}
	for _, d := range []*datasets.Dataset{row, {Shape: nn.Shape{H: 9, W: 9, C: 1}}, {Shape: nn.Shape{H: 1, W: 1, C: 3}, Images: [][]byte{make([]byte, 3)}}} {
		if _, err := datasets.NewWhitening(d, 2); err == nil || !strings.Contains(err.Error(), fmt.Sprintf(" images of %d×%d×%d have no patches", d.H, d.W, d.C)) {
			t.Errorf("%d images of %v: error %v", d.Len(), d.Shape, err)
		}
	}
	black := &datasets.Dataset{Shape: nn.Shape{H: 3, W: 3, C: 1}, Images: [][]byte{make([]byte, 9)}}
	w, err := datasets.NewWhitening(black, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k, bias := range w.Biases {
		norm := 0.0
		for _, v := range w.Weights[k*4:][:4] {
			norm += float64(v * v)
		}
		if math.Abs(norm-1) > 1e-6 || bias != 0 {
			t.Errorf("filter %d of a black image is %v + %g", k, w.Weights[k*4:][:4], bias)
		}
	}
}
