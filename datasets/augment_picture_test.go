package datasets_test

import (
	"math"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/nn"
)

// pixels is image 0 of n equal ones in an epoch, for each of them: pixels of
// value 10·row + column, in two channels, the second 100 more.
func pixels(t *testing.T, a datasets.Augmentation, n, epoch int) (images [][]int) {
	t.Helper()
	shape := nn.Shape{H: 4, W: 5, C: 2}
	d := &datasets.Dataset{Shape: shape, Labels: make([]int, n), Classes: []string{"a", "b"}}
	for range n {
		image := make([]byte, shape.Size())
		for y := range 4 {
			for x := range 5 {
				image[(y*5+x)*2], image[(y*5+x)*2+1] = byte(10*y+x), byte(10*y+x+100)
			}
		}
		d.Images = append(d.Images, image)
	}
	l := &datasets.Loader{Data: d, BatchSize: n, Ordered: true, Seed: 7, Augment: a}
	for b, err := range l.All(epoch) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			var image []int
			for _, v := range b.X.Sample(i) {
				image = append(image, int(math.Round(float64(255*v))))
			}
			images = append(images, image)
		}
	}
	return images
}

// at is the pixel of the first channel, and checks the second.
func at(t *testing.T, image []int, y, x int) int {
	t.Helper()
	if image[(y*5+x)*2+1] != image[(y*5+x)*2]+100 {
		t.Errorf("pixel %d, %d has channels %d and %d", y, x, image[(y*5+x)*2], image[(y*5+x)*2+1])
	}
	return image[(y*5+x)*2]
}

// An image is mirrored in every other epoch, and half of all in each.
func TestFlipAlternates(t *testing.T) {
	plain := pixels(t, datasets.Augmentation{}, 1, 0)[0]
	first, second, third := pixels(t, datasets.Augmentation{Flip: true}, 200, 0), pixels(t, datasets.Augmentation{Flip: true}, 200, 1), pixels(t, datasets.Augmentation{Flip: true}, 200, 2)
	flipped := 0
	for i := range first {
		if slices.Equal(first[i], second[i]) || !slices.Equal(first[i], third[i]) {
			t.Fatalf("image %d does not alternate", i)
		}
		if slices.Equal(first[i], plain) {
			continue
		}
		flipped++
		for y := range 4 {
			for x := range 5 {
				if got := at(t, first[i], y, x); got != 10*y+4-x {
					t.Fatalf("mirrored pixel %d, %d is %d", y, x, got)
				}
			}
		}
	}
	if flipped < 75 || flipped > 125 {
		t.Errorf("%d of 200 are mirrored", flipped)
	}
}

// A crop shows the image moved by at most so much, reflected without its edge
// twice, all moves as often; flipped first, if at all.
func TestCropReflects(t *testing.T) {
	reflect := func(i, n int) int {
		for i < 0 || i >= n {
			if i < 0 {
				i = -i
			} else {
				i = 2*(n-1) - i
			}
		}
		return i
	}
	moves := map[[2]int]int{}
	for i, image := range pixels(t, datasets.Augmentation{Crop: 2}, 2500, 0) {
		found := 0
		for down := -2; down <= 2; down++ {
			for right := -2; right <= 2; right++ {
				same := true
				for y := range 4 {
					for x := range 5 {
						same = same && at(t, image, y, x) == 10*reflect(y-down, 4)+reflect(x-right, 5)
					}
				}
				if same {
					found++
					moves[[2]int{down, right}]++
				}
			}
		}
		if found != 1 {
			t.Fatalf("image %d is %d of the crops", i, found)
		}
	}
	for move, n := range moves {
		if n < 60 || n > 145 { // 100 and 4.5 standard deviations
			t.Errorf("move %v comes %d times of 2,500, wanted about 100", move, n)
		}
	}
	if len(moves) != 25 {
		t.Errorf("%d moves of 25", len(moves))
	}
}

// Brightness and contrast are linear in the pixels, by factors all over their range.
func TestBrightnessContrast(t *testing.T) {
	plain := pixels(t, datasets.Augmentation{}, 1, 0)[0]
	mean := 0.0
	for _, v := range plain {
		mean += float64(v) / float64(len(plain))
	}
	for _, c := range []struct {
		augment datasets.Augmentation
		centre  float64
	}{{datasets.Augmentation{Brightness: 0.4}, 0}, {datasets.Augmentation{Contrast: 0.4}, mean}} {
		low, high := 2.0, 0.0
		for _, image := range pixels(t, c.augment, 300, 0) {
			factor := (float64(image[len(image)-1]) - c.centre) / (float64(plain[len(image)-1]) - c.centre)
			low, high = min(low, factor), max(high, factor)
			for k, v := range image {
				if want := c.centre + factor*(float64(plain[k])-c.centre); math.Abs(max(0, want)-float64(v)) > 2 {
					t.Fatalf("%v: value %d is %d, wanted %.1f", c.augment, plain[k], v, want)
				}
			}
		}
		if low < 0.57 || low > 0.63 || high < 1.37 || high > 1.43 {
			t.Errorf("%v: factors %.3f to %.3f, wanted 0.6 to 1.4", c.augment, low, high)
		}
	}
}

// Half of all images lose one rectangle, 2 to 33 % of them.
func TestErase(t *testing.T) {
	shape := nn.Shape{H: 32, W: 32, C: 3}
	d := &datasets.Dataset{Shape: shape, Classes: []string{"a"}}
	for range 1000 {
		d.Images, d.Labels = append(d.Images, slices.Repeat([]byte{255}, shape.Size())), append(d.Labels, 0)
	}
	erased, area := 0, 0
	for b := range (&datasets.Loader{Data: d, BatchSize: 1, Seed: 1, Augment: datasets.Augmentation{Erase: 0.5}}).All(0) {
		top, left, bottom, right, n := 32, 32, -1, -1, 0
		for i, v := range b.X.Data {
			if y, x := i/96, i/3%32; v == 0 {
				top, left, bottom, right, n = min(top, y), min(left, x), max(bottom, y), max(right, x), n+1
			}
		}
		if n == 0 {
			continue
		}
		erased++
		area += n / 3
		if n != 3*(bottom-top+1)*(right-left+1) || n/3 < 15 || n/3 > 360 {
			t.Fatalf("%d values erased between %d, %d and %d, %d", n, top, left, bottom, right)
		}
	}
	if erased < 430 || erased > 570 || area/erased < 140 || area/erased > 200 {
		t.Errorf("%d of 1000 erased, %d pixels each", erased, area/erased)
	}
}

// Mixup's targets say how much of which image there is.
func TestMixup(t *testing.T) {
	shape := nn.Features(2)
	d := &datasets.Dataset{Shape: shape, Classes: []string{"a", "b"}}
	for i := range 2000 {
		image := []byte{0, 255}
		if i%2 == 0 {
			image = []byte{255, 0}
		}
		d.Images, d.Labels = append(d.Images, image), append(d.Labels, i%2)
	}
	l := &datasets.Loader{Data: d, BatchSize: 100, Seed: 1, Augment: datasets.Augmentation{Mixup: 1}}
	if target := l.Target(); target.Values != nn.Features(2) {
		t.Fatalf("the target is %v", target)
	}
	var sum, squares float64
	mixed := 0
	for b := range l.All(0) {
		for i := range b.X.N {
			x, y := b.X.Sample(i), b.Values.Sample(i)
			if math.Abs(float64(x[0]-y[0])) > 1e-6 || math.Abs(float64(x[0]+x[1]-1)) > 1e-6 {
				t.Fatalf("an image of %v has target %v", x, y)
			}
			if x[0] > 1e-6 && x[0] < 1-1e-6 {
				mixed++
				sum += float64(x[0])
				squares += float64(x[0]) * float64(x[0])
			}
		}
	}
	mean := sum / float64(mixed)
	deviation := math.Sqrt(squares/float64(mixed) - mean*mean)
	// Half meet another of their class; of Beta(1, 1), uniform, mean and deviation are 0.5 and 0.289.
	if mixed < 900 || mixed > 1100 || math.Abs(mean-0.5) > 0.04 || math.Abs(deviation-0.289) > 0.02 {
		t.Errorf("%d of 2000 are mixed, by %.3f ± %.3f", mixed, mean, deviation)
	}
}
