package datasets_test

import (
	"fmt"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/nn"
)

// row is n images of 1×2 pixels; image i is {i, 255-i} with label i mod 3.
func row(n int) *datasets.Dataset {
	d := &datasets.Dataset{Shape: nn.Shape{H: 1, W: 2, C: 1}, Classes: []string{"a", "b", "c"}}
	for i := range n {
		d.Images = append(d.Images, []byte{byte(i), byte(255 - i)})
		d.Labels = append(d.Labels, i%3)
	}
	return d
}

// TestMNIST: facts about the real files.
func TestMNIST(t *testing.T) {
	s := mnistSets(t)
	for _, c := range []struct {
		name   string
		set    *datasets.Dataset
		n      int
		first  int
		pixels int // their sum
		counts []int
	}{
		{"train", s.train, 60000, 5, 1567298545, []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
		{"test", s.test, 10000, 7, 264923200, []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
	} {
		if c.set.Len() != c.n || len(c.set.Labels) != c.n || c.set.Shape != mnistShape || len(c.set.Classes) != 10 {
			t.Errorf("%s: %v with %d labels", c.name, c.set, len(c.set.Labels))
		}
		if c.set.Labels[0] != c.first {
			t.Errorf("%s: first label %d, want %d", c.name, c.set.Labels[0], c.first)
		}
		sum, counts := 0, make([]int, 10)
		for i, image := range c.set.Images {
			for _, v := range image {
				sum += int(v)
			}
			counts[c.set.Labels[i]]++
		}
		if sum != c.pixels {
			t.Errorf("%s: pixels sum up to %d, want %d", c.name, sum, c.pixels)
		}
		if !slices.Equal(counts, c.counts) {
			t.Errorf("%s: %v images a class, want %v", c.name, counts, c.counts)
		}
	}
	if s.train.Classes[9] != "9" {
		t.Errorf("class 9 is called %q", s.train.Classes[9])
	}
}

func TestSplit(t *testing.T) {
	d := row(100)
	rest, held, err := d.Split(30, 1)
	if err != nil {
		t.Fatal(err)
	}
	if rest.Len() != 70 || held.Len() != 30 {
		t.Fatalf("split into %d and %d, want 70 and 30", rest.Len(), held.Len())
	}
	seen := make(map[*byte]bool)
	for _, part := range []*datasets.Dataset{rest, held} {
		for i, image := range part.Images {
			if seen[&image[0]] || &image[0] != &d.Images[image[0]][0] {
				t.Fatal("an image is copied or appears twice")
			}
			seen[&image[0]] = true
			if part.Labels[i] != int(image[0]%3) {
				t.Fatal("a label is not that of its image")
			}
		}
	}
	_, again, _ := d.Split(30, 1)
	_, other, _ := d.Split(30, 2)
	if !slices.EqualFunc(held.Images, again.Images, slices.Equal) || slices.EqualFunc(held.Images, other.Images, slices.Equal) {
		t.Error("the split does not follow its seed")
	}
	for _, n := range []int{-1, 0, 100, 101} {
		if _, _, err := d.Split(n, 1); err == nil {
			t.Errorf("%d of 100 images were held out", n)
		}
	}
}

func ExampleDataset_Subset() {
	d := row(5)
	fmt.Println(d)
	fmt.Println(d.Limit(3))
	fmt.Println(d.Limit(99))
	s := d.Subset([]int{4, 0})
	fmt.Println(s, s.Images, s.Labels)
	// Output:
	// 5 images of 1×2×1 in 3 classes
	// 3 images of 1×2×1 in 3 classes
	// 5 images of 1×2×1 in 3 classes
	// 2 images of 1×2×1 in 3 classes [[4 251] [0 255]] [1 0]
}
