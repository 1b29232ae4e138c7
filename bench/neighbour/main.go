// Command neighbour measures a training step of one worker alone and beside a
// program that writes through more memory than the caches hold, in turn, and
// prints what a step moves, by a model: go run ./bench/neighbour.
package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"time"

	"tatami/datasets"
	"tatami/internal/kernels"
	"tatami/internal/run"
	"tatami/internal/toy"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

const (
	batch   = 100
	warmUp  = 5  // steps of a round that are not counted
	counted = 30 // steps of a round that are
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("neighbour: ")
	name := flag.String("net", "simple", "network")
	rounds := flag.Int("rounds", 30, "rounds of 30 steps, alone and beside the neighbour")
	size := flag.Int("mb", 64, "megabytes that the neighbour writes through")
	beNeighbour := flag.Bool("be-neighbour", false, "be the neighbour, until the standard input ends")
	flag.Parse()
	if *beNeighbour {
		thrash(*size)
		return
	}
	if err := compare(*name, max(*rounds, 1), *size); err != nil {
		log.Fatal(err)
	}
}

// thrash writes to every cache line of so many megabytes, again and again.
func thrash(megabytes int) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	lines := make([][8]uint64, megabytes<<20/64)
	for first := true; ; first = false {
		for i := range lines {
			lines[i][0]++
		}
		if first {
			fmt.Println("ready")
		}
	}
}

func compare(name string, rounds, size int) error {
	data, _, err := datasets.MNIST()
	if err != nil {
		return err
	}
	net, err := run.BuildNetwork(name, data.Shape, len(data.Classes), 1)
	if err != nil {
		return err
	}
	if err := printModel(net); err != nil {
		return err
	}
	var alone, beside []float64
	for range rounds {
		t, err := step(net, data)
		if err != nil {
			return err
		}
		alone = append(alone, t)
		end, err := startNeighbour(size)
		if err != nil {
			return err
		}
		t, err = step(net, data)
		if err := cmp.Or(err, end()); err != nil {
			return err
		}
		beside = append(beside, t)
	}
	slices.Sort(alone)
	slices.Sort(beside)
	fmt.Printf("\na step of %s, one worker: ms of processor time, of %d rounds of %d steps\n", name, rounds, counted)
	show := func(name string, at int) {
		fmt.Printf("%-12s  alone %.3f, beside the neighbour %.3f, %.2f times\n", name, alone[at], beside[at], beside[at]/alone[at])
	}
	show("best round", 0)
	show("median round", rounds/2)
	return nil
}

// startNeighbour returns when the neighbour has been through its memory once.
func startNeighbour(size int) (end func() error, err error) {
	c := exec.Command(os.Args[0], "-be-neighbour", "-mb", fmt.Sprint(size))
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, err
	}
	return func() error { return cmp.Or(in.Close(), c.Wait()) }, nil
}

// step is the processor's time for a step, in milliseconds: where others keep
// the processors busy too it grows only by what they do to the caches.
func step(net *nn.Sequential, data *datasets.Dataset) (float64, error) {
	var begun, spent time.Duration
	t := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.001},
		Loader: &datasets.Loader{Data: data, BatchSize: batch, Seed: 1}, Steps: warmUp + counted, Workers: 1,
		Observers: []train.Observer{train.ObserverFunc(func(e train.Event) error {
			switch {
			case e.Kind == train.Updated && e.Step == warmUp:
				begun = toy.CPU()
			case e.Kind == train.Updated && e.Step == warmUp+counted:
				spent = toy.CPU() - begun
			}
			return nil
		})},
	}
	_, err := t.Fit(context.Background())
	return spent.Seconds() * 1000 / counted, err
}

// printModel prints how many bytes a step reads and writes beyond the
// second-level cache, layer by layer as they are run, if nothing but a layer's
// own values of one image stays there. A shard takes every weight forward and
// on the way back; the product that is a large weight's gradient takes the
// inputs once for each of its parts; Adam reads a weight, its gradient and two
// moments and writes all but the gradient, which was written before.
func printModel(net *nn.Sequential) error {
	fmt.Printf("%-40s  %8s  %8s  %8s  %8s  %8s  %s\n", "a step: MB and operations", "forward", "back", "update", "all", "MFLOP", "a byte")
	in, first := net.Input(), 0
	var bytes, work float64
	for i, count := range net.NewPass(nn.PassConfig{Capacity: 1, Loss: layers.SoftmaxWithLoss{}}).Stages() {
		specs := net.Specs()[first : first+count]
		part, err := nn.NewSequential(in, rand.New(rand.NewPCG(1, 0)), specs...)
		if err != nil {
			return err
		}
		weights, x, y := float64(nn.CountParams(part.Params())), float64(batch*in.Size()), float64(batch*part.Output().Size())
		forward := train.DefaultShards*weights + x + y
		back, products := x+y, 2.0
		if i > 0 { // the gradient of the input
			back, products = back+train.DefaultShards*weights+x, 3
		}
		update := 8 * weights
		if _, ok := specs[0].(layers.Affine); ok {
			update += x * float64((part.Output().Size()+kernels.PartRows-1)/kernels.PartRows)
		}
		const mega = 1e6
		all, operations := 4*(forward+back+update)/mega, 2*batch*products*float64(part.MultiplyAdds())/mega
		name := fmt.Sprint(specs[0])
		for _, s := range specs[1:] {
			name += fmt.Sprintf(" + %v", s)
		}
		fmt.Printf("%-40s  %8.2f  %8.2f  %8.2f  %8.2f  %8.1f  %.0f\n", name, 4*forward/mega, 4*back/mega, 4*update/mega, all, operations, operations/all)
		bytes, work = bytes+all, work+operations
		in, first = part.Output(), first+count
	}
	fmt.Printf("%-40s  %8s  %8s  %8s  %8.2f  %8.1f  %.0f\n", "all", "", "", "", bytes, work, work/bytes)
	return nil
}
