package datasets_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/nn"
)

// pass returns the first byte of every image of an epoch, in order.
func pass(l datasets.Loader, epoch int) (firsts []int) {
	for b, err := range l.All(epoch) {
		if err != nil {
			panic(err)
		}
		for i := range b.Labels {
			firsts = append(firsts, int(b.X.Sample(i)[0]*255+0.5))
		}
	}
	return firsts
}

func TestLoaderOrder(t *testing.T) {
	ordered := make([]int, 23)
	for i := range ordered {
		ordered[i] = i
	}
	l := datasets.Loader{Data: row(23), BatchSize: 5, Seed: 1}
	first := pass(l, 0)
	if slices.Equal(first, ordered) || !slices.Equal(slices.Sorted(slices.Values(first)), ordered) {
		t.Errorf("not every image once, in another order: %v", first)
	}
	l.BatchSize = 7
	if !slices.Equal(pass(l, 0), first) {
		t.Error("the order depends on the batch size")
	}
	if slices.Equal(pass(l, 1), first) {
		t.Error("two epochs have one order")
	}
	l.Seed = 2
	if slices.Equal(pass(l, 0), first) {
		t.Error("two seeds have one order")
	}
	l.Ordered = true
	if got := pass(l, 3); !slices.Equal(got, ordered) {
		t.Errorf("ordered: %v", got)
	}
}

func TestLoaderReplacement(t *testing.T) {
	l := datasets.Loader{Data: row(200), BatchSize: 100, Replacement: true}
	got := pass(l, 0)
	distinct := len(slices.Compact(slices.Sorted(slices.Values(got))))
	// 1-1/e of 200 is 126.
	if len(got) != 200 || distinct < 105 || distinct > 147 {
		t.Errorf("%d draws of %d images", len(got), distinct)
	}
	l.BatchSize = 128
	if got := l.Epoch(0).Len(1); got != 128 {
		t.Errorf("the last batch has %d images, want 128", got)
	}
	if got := len(pass(l, 0)); got != 256 {
		t.Errorf("%d draws, want 256", got)
	}
	l.BatchSize = 300
	if got := len(pass(l, 0)); got != 300 {
		t.Errorf("%d draws, want 300", got)
	}
}

func TestLoaderBatches(t *testing.T) {
	for _, c := range []struct{ n, size, batches, last int }{
		{0, 5, 0, 0}, {1, 5, 1, 1}, {5, 5, 1, 5}, {6, 5, 2, 1}, {23, 5, 5, 3},
	} {
		l := datasets.Loader{Data: row(c.n), BatchSize: c.size}
		if got := l.Batches(); got != c.batches {
			t.Errorf("%d images by %d: %d batches, want %d", c.n, c.size, got, c.batches)
		}
		if c.batches > 0 && l.Epoch(0).Len(c.batches-1) != c.last {
			t.Errorf("%d images by %d: last batch of %d, want %d", c.n, c.size, l.Epoch(0).Len(c.batches-1), c.last)
		}
	}
}

// TestFillParts: a batch is the same however it is cut, by many at once, also
// with every augmentation.
func TestFillParts(t *testing.T) {
	augment := datasets.Augmentation{Shift: 2, Rotate: 10, Scale: 0.1, Elastic: 34}
	l := datasets.Loader{Data: mnistSets(t).train.Limit(1000), BatchSize: 64, Seed: 3, Augment: augment}
	e := l.Epoch(4)
	whole, labels := nn.NewTensor(64, mnistShape), make([]int, 64)
	e.Fill(2, 0, 64, whole, nn.Targets{Labels: labels})

	parts, partLabels := nn.NewTensor(64, mnistShape), make([]int, 64)
	var wg sync.WaitGroup
	again := l.Epoch(4)
	for _, cut := range [][2]int{{0, 1}, {1, 30}, {30, 30}, {30, 64}} {
		wg.Go(func() {
			again.Fill(2, cut[0], cut[1], parts.Slice(cut[0], cut[1]), nn.Targets{Labels: partLabels[cut[0]:cut[1]]})
		})
	}
	wg.Wait()
	if !slices.Equal(whole.Data, parts.Data) || !slices.Equal(labels, partLabels) {
		t.Error("a batch in parts differs from the whole")
	}

	l.BatchSize = 128 // the third batch of 64 begins the second of 128
	e = l.Epoch(4)
	e.Fill(1, 0, 64, parts, nn.Targets{Labels: partLabels})
	if !slices.Equal(whole.Data, parts.Data) {
		t.Error("the distortion depends on the batch size")
	}
	l.Epoch(5).Fill(1, 0, 64, parts, nn.Targets{Labels: partLabels})
	if slices.Equal(whole.Data, parts.Data) {
		t.Error("two epochs are distorted alike")
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	if raceEnabled() {
		t.Skip("the race detector has sync.Pool forget")
	}
	for _, augment := range []datasets.Augmentation{{}, {Shift: 1}, {Rotate: 10, Elastic: 34}} {
		l := datasets.Loader{Data: mnistSets(t).train, BatchSize: 100, Augment: augment}
		e := l.Epoch(0)
		x, labels := nn.NewTensor(100, mnistShape), make([]int, 100)
		if n := testing.AllocsPerRun(20, func() { e.Fill(7, 0, 100, x, nn.Targets{Labels: labels}) }); n >= 1 {
			t.Errorf("%v: %v allocations", augment, n)
		}
	}
}

func raceEnabled() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func TestFillPanics(t *testing.T) {
	l := datasets.Loader{Data: row(23), BatchSize: 5}
	e := l.Epoch(0)
	x := nn.NewTensor(3, l.Data.Input())
	for name, f := range map[string]func(){
		"outside":    func() { e.Fill(4, 1, 4, x, nn.Targets{Labels: make([]int, 3)}) },
		"negative":   func() { e.Fill(-1, 0, 3, x, nn.Targets{Labels: make([]int, 3)}) },
		"length":     func() { e.Fill(0, 0, 2, x, nn.Targets{Labels: make([]int, 2)}) },
		"labels":     func() { e.Fill(0, 0, 3, x, nn.Targets{Labels: nil}) },
		"shape":      func() { e.Fill(0, 0, 3, nn.NewTensor(3, nn.Features(3)), nn.Targets{Labels: make([]int, 3)}) },
		"batch size": func() { new(datasets.Loader).Epoch(0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, ok := recover().(string); !ok {
					t.Error("no panic of ours")
				}
			}()
			f()
		})
	}
}

// TestAllBreak: the goroutine that prepares ends with the loop.
func TestAllBreak(t *testing.T) {
	before := runtime.NumGoroutine()
	l := datasets.Loader{Data: row(200), BatchSize: 10}
	for range 20 {
		for range l.All(0) {
			break
		}
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 100 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

func ExampleLoader_All() {
	l := datasets.Loader{Data: row(5), BatchSize: 2, Ordered: true}
	for b, err := range l.All(0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v %.3f %v\n", b.X, b.X.Data, b.Labels)
	}
	// Output:
	// 2×1×2×1 [0.000 1.000 0.004 0.996] [0 1]
	// 2×1×2×1 [0.008 0.992 0.012 0.988] [2 0]
	// 1×1×2×1 [0.016 0.984] [1]
}
