package datasets_test

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"tatami/datasets"
	"tatami/internal/golden"
	"tatami/layers"
	"tatami/nn"
)

// The colour path, from a picture to a convolution's output, against Pillow and
// PyTorch.
func TestGoldenPictures(t *testing.T) {
	var cases []struct {
		Fit             datasets.Fit
		Height, Width   int
		Shape           [3]int
		Picture, Pixels []int
		Mean, Deviation []float64
		Weight, Bias    []float32
		Y               []float64
	}
	golden.Load(t, "pictures", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i, c.Fit, c.Shape), func(t *testing.T) {
			img := image.NewRGBA(image.Rect(3, 4, 3+c.Width, 4+c.Height))
			for k := range c.Height * c.Width {
				img.Set(3+k%c.Width, 4+k/c.Width, color.RGBA{uint8(c.Picture[3*k]), uint8(c.Picture[3*k+1]), uint8(c.Picture[3*k+2]), 255})
			}
			shape := nn.Shape{H: c.Shape[0], W: c.Shape[1], C: c.Shape[2]}
			got, err := c.Fit.Pixels(img, shape)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range c.Pixels {
				if d := int(got[k]) - want; d < -1 || d > 1 {
					t.Errorf("value %d is %d, Pillow's %d", k, got[k], want)
				}
				got[k] = byte(want) // for the rest
			}
			net, err := nn.NewSequential(shape, rand.New(rand.NewPCG(1, 1)),
				layers.Standardize{Mean: c.Mean, Deviation: c.Deviation}, layers.Convolution{Filters: 4, Kernel: 3, Pad: 1})
			if err != nil {
				t.Fatal(err)
			}
			copy(net.Params()[0].Value.Data, c.Weight)
			copy(net.Params()[1].Value.Data, c.Bias)
			golden.Close(t, "y", net.Predict(datasets.Tensor(shape, got)).Data, c.Y, golden.Tolerance)
		})
	}
}

// A pixel is the mean of all that it covers, parts of pixels too: so that
// nothing is lost, and a picture without detail stays as it is.
func TestFitAverages(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 20 {
		img := image.NewGray(image.Rect(0, 0, 20+rng.IntN(50), 20+rng.IntN(50)))
		sum := 0
		for i := range img.Pix {
			img.Pix[i] = uint8(rng.IntN(256))
			sum += int(img.Pix[i])
		}
		shape := nn.Shape{H: 1 + rng.IntN(20), W: 1 + rng.IntN(20), C: 1}
		pixels, err := datasets.FitStretch.Pixels(img, shape)
		if err != nil {
			t.Fatal(err)
		}
		small := 0
		for _, v := range pixels {
			small += int(v)
		}
		before, after := float64(sum)/float64(len(img.Pix)), float64(small)/float64(len(pixels))
		if d := before - after; d < -0.5 || d > 0.5 {
			t.Errorf("%v in %v: the mean was %g and is %g", img.Rect, shape, before, after)
		}
		for i := range img.Pix {
			img.Pix[i] = 77
		}
		for _, fit := range []datasets.Fit{datasets.FitCover, datasets.FitStretch} {
			pixels, err := fit.Pixels(img, nn.Shape{H: 1 + rng.IntN(99), W: 1 + rng.IntN(99), C: 3})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range pixels {
				if v != 77 {
					t.Fatalf("%s makes %d of 77", fit, v)
				}
			}
		}
	}
}

// What is transparent shows white, and an input wants one channel or three.
func TestFitEdges(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	clear.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 255})
	pixels, err := datasets.FitCover.Pixels(clear, nn.Shape{H: 2, W: 2, C: 3})
	if want := []byte{255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255}; err != nil || string(pixels) != string(want) {
		t.Errorf("pixels %v, %v", pixels, err)
	}
	for text, err := range map[string]error{
		"cannot make a picture of 2×2×4: wanted 1 or 3 channels": second(datasets.FitCover.Pixels(clear, nn.Shape{H: 2, W: 2, C: 4})),
		"the image is empty": second(datasets.FitContain.Pixels(image.NewGray(image.Rectangle{}), nn.Shape{H: 2, W: 2, C: 1})),
		`unknown fit "covr": did you mean "cover"? (valid: digit, cover, contain, stretch)`: second(datasets.ParseFit("covr")),
	} {
		if err == nil || err.Error() != text {
			t.Errorf("error %v, wanted %s", err, text)
		}
	}
}

func second[T any](_ T, err error) error { return err }
