package datasets_test

import (
	"fmt"
	"slices"

	"tatami/datasets"
	"tatami/nn"
)

// Data of one's own are pixels, labels and names of classes. A loader mixes
// them into batches of numbers from 0 to 1.
func Example() {
	var data datasets.Dataset
	data.Shape, data.Classes = nn.Shape{H: 2, W: 2, C: 1}, []string{"dark", "light"}
	for i := range 10 {
		light := i % 2
		data.Images = append(data.Images, slices.Repeat([]byte{byte(light * 255)}, 4))
		data.Labels = append(data.Labels, light)
	}
	fmt.Println(&data)

	epoch := (&datasets.Loader{Data: &data, BatchSize: 4, Seed: 1, Ordered: true}).Epoch(0)
	x, targets := nn.NewTensor(4, data.Shape), data.Target().New(4)
	if err := epoch.Fill(0, 0, 4, x, targets); err != nil {
		fmt.Println(err)
	}
	fmt.Println(targets.Labels, x.Sample(1)[3])
	// Output:
	// 10 images of 2×2×1 in 2 classes
	// [0 1 0 1] 1
}

// spots are images that are drawn when they are needed: a bright pixel, on the
// left or on the right.
type spots struct{ seed uint64 }

func (spots) Len() int        { return 1000 }
func (spots) Input() nn.Shape { return nn.Shape{H: 4, W: 6, C: 1} }

func (spots) Target() datasets.Target {
	return datasets.Target{Classes: []string{"left", "right"}}
}

func (s spots) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	clear(x.Data)
	for i, k := range index {
		rng := nn.NewStream(s.seed, uint64(k)) // the same spot, whoever asks and when
		at := int(rng.Uint64() % 24)
		x.Sample(i)[at] = 1
		t.Labels[i] = at % 6 / 3
	}
	return nil
}

// A data set of one's own need not be in memory: a source draws, or reads, its
// samples when they are asked for.
func ExampleSource() {
	l := &datasets.Loader{Data: spots{seed: 3}, BatchSize: 250, Seed: 1, Augment: datasets.Augmentation{Crop: 1}}
	right := 0
	for b, err := range l.All(0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, label := range b.Labels {
			right += label
		}
		fmt.Println(b.X, len(b.Labels))
	}
	fmt.Println("about half are on the right:", right > 400 && right < 600)
	// Output:
	// 250×4×6×1 250
	// 250×4×6×1 250
	// 250×4×6×1 250
	// 250×4×6×1 250
	// about half are on the right: true
}
