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
