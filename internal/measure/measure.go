// Package measure times training steps, layers and predictions on this
// machine.
package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/kernels"
	"tatami/internal/run"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// batch is the batch of all measurements but the latency.
const batch = 100

// Report is what was measured. Times are medians.
type Report struct {
	ISA        string             `json:"isa"`
	Processors int                `json:"processors"`
	Meeting    float64            `json:"meeting_seconds"`
	Peaks      map[string]float64 `json:"peak_gflops"` // of one core
	Networks   []Network          `json:"networks"`
	PeakRSS    int64              `json:"peak_rss_bytes,omitempty"`
	Stolen     *float64           `json:"stolen_share,omitempty"` // of the processors' time, given to others by the host; nil if unknown

	start *processorTimes // when Machine began, if the system tells
}

// Meetings are shorter than near if the workers' processors share a cache on a
// quiet host, and longer than busy if a worker had to wait for its processor.
const near, busy = 0.3e-6, 10e-6

// Distance is how the processors that workers run on are to each other: "near",
// "far", "busy" if other programs use them, or "alone" if there is one.
func (r *Report) Distance() string {
	switch {
	case r.Processors == 1:
		return "alone"
	case r.Meeting < near:
		return "near"
	case r.Meeting > busy:
		return "busy"
	default:
		return "far"
	}
}

// Network is what a network does.
type Network struct {
	Name            string  `json:"net"`
	Optimizer       string  `json:"optimizer"`
	StepSeconds     float64 `json:"step_seconds"`
	ImagesPerSecond float64 `json:"images_per_second"`
	EpochSeconds    float64 `json:"epoch_seconds"` // 60,000 images
	GFLOPS          float64 `json:"gflops"`
	PeakShare       float64 `json:"peak_share"` // of all processors
	Latency         float64 `json:"latency_seconds"`
	LatencyAllocs   float64 `json:"latency_allocs"`
	Inference       float64 `json:"inference_images_per_second"`
	Layers          []Layer `json:"layers"`
}

// Layer is a stage of a network as it is run, fused, on one processor.
type Layer struct {
	Name            string  `json:"layer"`
	Forward         float64 `json:"forward_seconds"`
	Backward        float64 `json:"backward_seconds"`
	ForwardGFLOPS   float64 `json:"forward_gflops"`
	BackwardGFLOPS  float64 `json:"backward_gflops"`
	ForwardPeak     float64 `json:"forward_peak_share"`
	BackwardPeak    float64 `json:"backward_peak_share"`
	multiplyAdds    int
	backwardProduct int // multiply-adds of the way back, as multiples of the way forward
}

// Networks measures networks of those names on MNIST.
func Networks(names []string) (*Report, error) {
	data, test, err := datasets.MNIST()
	if err != nil {
		return nil, err
	}
	nets := make([]*nn.Sequential, len(names))
	for i, name := range names { // before what takes time
		if nets[i], err = run.BuildNetwork(name, data.Shape, len(data.Classes), 1); err != nil {
			return nil, err
		}
		if in := nets[i].Input(); in != data.Shape {
			return nil, fmt.Errorf("network %s takes images of %v, wanted MNIST's %v", name, in, data.Shape)
		}
	}
	r := Machine()
	for i, name := range names {
		if err := r.Network(name, nets[i], data, test); err != nil {
			return nil, fmt.Errorf("network %s: %w", name, err)
		}
	}
	return r, nil
}

// Read reads the JSON of a report.
func Read(path string) (*Report, error) {
	if err := files.Regular(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, files.Cause(err))
	}
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: not a report of bench --json: %w", path, err)
	}
	if len(r.Networks) == 0 {
		return nil, fmt.Errorf("%s: not a report of bench --json: it has no networks", path)
	}
	return r, nil
}

// Machine measures the machine alone.
func Machine() *Report {
	r := &Report{ISA: kernels.ISA(), Processors: runtime.GOMAXPROCS(0), Peaks: map[string]float64{}}
	if t, ok := readProcessorTimes(); ok {
		r.start = &t
	}
	r.Meeting = train.BarrierTime().Seconds()
	for _, isa := range kernels.Available() {
		best := 0.0
		for range 20 {
			start, operations := time.Now(), 0
			for range 10 { // since a browser's clock goes in steps of 5 µs or more
				operations += kernels.Peak(isa)
			}
			best = max(best, float64(operations)/time.Since(start).Seconds()/1e9)
		}
		r.Peaks[isa] = best
	}
	r.update()
	return r
}

// update takes in what only the whole time so far tells.
func (r *Report) update() {
	r.PeakRSS = peakRSS()
	if now, ok := readProcessorTimes(); ok && r.start != nil {
		share := now.since(*r.start)
		r.Stolen = &share
	}
}

// Network measures a network with a training and a test set.
func (r *Report) Network(name string, net *nn.Sequential, data, test *datasets.Dataset) error {
	n := Network{Name: name}
	var err error
	if n.Layers, err = r.measureLayers(net); err != nil {
		return err
	}
	work := 0
	for _, l := range n.Layers {
		work += l.multiplyAdds * (1 + l.backwardProduct)
	}
	var rule optim.Rule = optim.Adam{}
	if name == "mlp" {
		rule = optim.SGD{}
	}
	n.Optimizer = rule.Name()
	if n.StepSeconds, err = measureStep(net, data, rule, r.stepsAtOnce(n.Layers)); err != nil {
		return err
	}
	n.ImagesPerSecond = batch / n.StepSeconds
	n.EpochSeconds = 60000 / n.ImagesPerSecond
	n.GFLOPS = 2 * float64(work) * n.ImagesPerSecond / 1e9
	n.PeakShare = n.GFLOPS / r.Peaks[r.ISA] / float64(r.Processors)

	one, y := datasets.Tensor(data.Shape, data.Images[0]), nn.NewTensor(1, net.Output())
	n.Latency = median(200, func() { net.PredictInto(y, one) })
	n.LatencyAllocs = testing.AllocsPerRun(100, func() { net.PredictInto(y, one) })
	images := datasets.Tensor(test.Shape, test.Images...)
	n.Inference = float64(images.N) / median(5, func() { train.Predict(net, images) })
	r.Networks = append(r.Networks, n)
	r.update()
	return nil
}

// stepsAtOnce is how many steps take a third of a second, of those 5 to 100.
func (r *Report) stepsAtOnce(layers []Layer) int {
	step := 0.0
	for _, l := range layers {
		step += (l.Forward + l.Backward) * train.DefaultShards / float64(min(r.Processors, train.DefaultShards))
	}
	return max(5, min(100, int(1/(3*step))))
}

// measureStep is the median time of a step, over runs of so many.
func measureStep(net *nn.Sequential, data *datasets.Dataset, rule optim.Rule, steps int) (float64, error) {
	var times []float64
	for range 5 {
		var last time.Time
		t := &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: rule, Schedule: optim.Constant{Base: rule.DefaultRate()},
			Loader: &datasets.Loader{Data: data, BatchSize: batch, Seed: 1}, Steps: 2 * steps,
		}
		t.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Kind == train.Updated {
				if e.Step%steps == 0 {
					if !last.IsZero() {
						times = append(times, time.Since(last).Seconds()/float64(steps))
					}
					last = time.Now()
				}
			}
			return nil
		})}
		if _, err := t.Fit(context.Background()); err != nil {
			return 0, err
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// measureLayers times each stage as it is run, fused, on one processor.
func (r *Report) measureLayers(net *nn.Sequential) ([]Layer, error) {
	const samples = batch / train.DefaultShards
	loss := layers.SoftmaxWithLoss{}
	plan := net.NewPass(nn.PassConfig{Capacity: 1, Loss: loss})
	in := net.Input()
	var reports []Layer
	first := 0
	for i, count := range plan.Stages() {
		part, err := nn.NewSequential(in, rand.New(rand.NewPCG(1, 0)), net.Specs()[first:first+count]...)
		if err != nil {
			return nil, err
		}
		p := part.NewPass(nn.PassConfig{Capacity: samples, Training: true, NeedsBackward: true, InputGradient: i > 0})
		x, dy := nn.NewTensor(samples, in), nn.NewTensor(samples, part.Output())
		rng := rand.New(rand.NewPCG(2, 0))
		for _, t := range []*nn.Tensor{x, dy} {
			for k := range t.Data {
				t.Data[k] = rng.Float32()
			}
		}
		l := Layer{Name: fmt.Sprint(net.Specs()[first]), multiplyAdds: part.MultiplyAdds(), backwardProduct: 2}
		for _, s := range net.Specs()[first+1 : first+count] {
			l.Name += fmt.Sprintf(" + %v", s)
		}
		if i == 0 {
			l.backwardProduct = 1
		}
		l.Forward = median(60, func() { p.Forward(x) })
		l.Backward = median(60, func() { p.Backward(dy) })
		work := 2 * float64(l.multiplyAdds) * samples / 1e9
		l.ForwardGFLOPS, l.BackwardGFLOPS = work/l.Forward, work*float64(l.backwardProduct)/l.Backward
		l.ForwardPeak, l.BackwardPeak = l.ForwardGFLOPS/r.Peaks[r.ISA], l.BackwardGFLOPS/r.Peaks[r.ISA]
		reports = append(reports, l)
		in = part.Output()
		first += count
	}
	return reports, nil
}

// median is the median time of n calls, after a few to warm up; of fewer, but of
// three at least, where they take long.
func median(n int, f func()) float64 {
	begun := time.Now()
	enough := func(done, least int) bool { return done >= least && time.Since(begun) > time.Second/2 }
	for i := 0; i < 3 && !enough(i, 1); i++ {
		f()
	}
	var times []float64
	for len(times) < n && !enough(len(times), 3) {
		start := time.Now()
		f()
		times = append(times, time.Since(start).Seconds())
	}
	slices.Sort(times)
	return times[len(times)/2]
}
