// Command program is what bench/browser runs in Node and in a page: the
// measurements of `tatami bench` on images that it makes itself.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"

	"tatami/datasets"
	"tatami/internal/measure"
	"tatami/internal/words"
	"tatami/layers/networks"
	"tatami/nn"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println("program:", err)
		os.Exit(1)
	}
}

func run(names []string) error {
	data := images(20_000) // the measurement of a step takes 200 batches
	r := measure.Machine()
	for _, name := range names {
		n, err := networks.Find(name)
		if err != nil {
			return err
		}
		net, err := nn.NewSequential(n.Input, rand.New(rand.NewPCG(1, 0)), n.Specs(len(data.Classes))...)
		if err != nil {
			return err
		}
		if err := r.Network(name, net, data, data); err != nil {
			return err
		}
	}
	r.Print(os.Stdout, words.English)
	return nil
}

// images makes images of which a fifth of the pixels are not 0, as in MNIST.
func images(n int) *datasets.Dataset {
	rng := rand.New(rand.NewPCG(1, 1))
	d := &datasets.Dataset{Shape: nn.Shape{H: 28, W: 28, C: 1}, Labels: make([]int, n)}
	for i := range 10 {
		d.Classes = append(d.Classes, fmt.Sprint(i))
	}
	for i := range n {
		pixels := make([]byte, d.Shape.Size())
		for k := range pixels {
			if rng.IntN(5) == 0 {
				pixels[k] = byte(rng.IntN(256))
			}
		}
		d.Images = append(d.Images, pixels)
		d.Labels[i] = rng.IntN(10)
	}
	return d
}
