//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"tatami/datasets"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// alike is a rank among others that send what it sends: enough to count bytes.
type alike struct {
	rank, size  int
	collectives int
}

func (a *alike) Rank() int { return a.rank }
func (a *alike) Size() int { return a.size }

func (a *alike) AllToAll(recv []byte, _ []int, _ []byte, _ []int) error {
	a.collectives++
	clear(recv)
	return nil
}

func (a *alike) AllGather(all []byte, at []int, own []byte) error {
	a.collectives++
	for r := range a.size {
		if to := all[at[r]:at[r+1]]; len(to) == len(own) {
			copy(to, own)
		} else {
			clear(to)
		}
	}
	return nil
}

// cost is what an update of a network in batches of 100 takes of the wire: the
// bytes that the rank which sends most sends, and the collectives.
func cost(network networks.Network, ranks int) (bytes int64, collectives int, err error) {
	data := &datasets.Dataset{Shape: network.Input, Classes: make([]string, 10)}
	for i := range 200 {
		data.Images = append(data.Images, make([]byte, network.Input.Size()))
		data.Labels = append(data.Labels, i%10)
	}
	for rank := range ranks {
		net, err := nn.NewSequential(data.Shape, rand.New(rand.NewPCG(1, 1)), network.Specs(10)...)
		if err != nil {
			return 0, 0, err
		}
		a := &alike{rank: rank, size: ranks}
		t := &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Loader: &datasets.Loader{Data: data, BatchSize: 100, Ordered: true},
			Rule: optim.SGD{}, Schedule: optim.Constant{}, Steps: 1, Shards: max(train.DefaultShards, ranks), Ranks: a,
		}
		before := 0
		t.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			switch e.Kind {
			case train.Started:
				before = a.collectives
			case train.Updated:
				collectives = a.collectives - before
			}
			return nil
		})}
		if _, err := t.Fit(context.Background()); err != nil {
			return 0, 0, err
		}
		bytes = max(bytes, t.Sent())
	}
	return bytes, collectives, nil
}

// costs prints what updates send, and by what factor several ranks are faster
// where an update takes a process so long: it is cut into as many parts, which
// take as long as the collectives' latency and bytes more.
func costs() error {
	fmt.Println("network       values    2 ranks    4 ranks    8 ranks (MB a rank and update)   collectives")
	for _, network := range networks.All() {
		net, err := nn.NewSequential(network.Input, rand.New(rand.NewPCG(1, 1)), network.Specs(10)...)
		if err != nil {
			return err
		}
		fmt.Printf("%-8s %11d", network.Name, nn.CountParams(net.Params()))
		collectives := 0
		for _, ranks := range []int{2, 4, 8} {
			bytes, n, err := cost(network, ranks)
			if err != nil {
				return err
			}
			fmt.Printf(" %10.2f", float64(bytes)/1e6)
			collectives = n
		}
		fmt.Printf(" %42d\n", collectives)
	}
	fmt.Println("\nfactor on 4 ranks, 3 MB and 3 collectives an update")
	for _, alone := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second} {
		fmt.Printf("%-6v", alone)
		for _, wire := range []struct {
			bits    float64
			latency time.Duration
		}{{1e9, 50 * time.Microsecond}, {1e10, 30 * time.Microsecond}, {1e11, 5 * time.Microsecond}} {
			together := alone.Seconds()/4 + 3*wire.latency.Seconds() + 3e6*8/wire.bits
			fmt.Printf(" %6.2f", alone.Seconds()/together)
		}
		fmt.Println()
	}
	return nil
}
