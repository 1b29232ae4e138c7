package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/kernels"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// benchBatch is the batch of all measurements but the latency.
const benchBatch = 100

// benchReport is what bench measures. Times are medians.
type benchReport struct {
	ISA        string             `json:"isa"`
	Processors int                `json:"processors"`
	Meeting    float64            `json:"meeting_seconds"`
	Peaks      map[string]float64 `json:"peak_gflops"` // of one core
	Networks   []netReport        `json:"networks"`
	PeakRSS    int64              `json:"peak_rss_bytes,omitempty"`
}

type netReport struct {
	Name            string        `json:"net"`
	Optimizer       string        `json:"optimizer"`
	StepSeconds     float64       `json:"step_seconds"`
	ImagesPerSecond float64       `json:"images_per_second"`
	EpochSeconds    float64       `json:"epoch_seconds"` // 60,000 images
	GFLOPS          float64       `json:"gflops"`
	PeakShare       float64       `json:"peak_share"` // of all processors
	Latency         float64       `json:"latency_seconds"`
	LatencyAllocs   float64       `json:"latency_allocs"`
	Inference       float64       `json:"inference_images_per_second"`
	Layers          []layerReport `json:"layers"`
}

type layerReport struct {
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

func newBench() *cobra.Command {
	var asJSON bool
	var compare string
	nets := []string{"mlp", "simple", "deep"}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure training steps, layers, latency and memory on this machine",
		Long: `Measure training steps, layers, latency and memory on this machine.

GFLOP/s count the operations of the direct method, 2 a multiply-add; the peak
is measured here, from registers. A step uses all processors, a layer's line
one of them and a shard of 25 images. TATAMI_ISA chooses the instruction set.`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			var before *benchReport
			if asJSON && compare != "" {
				return wrongUsage("--json and --compare cannot stand together")
			}
			if compare != "" {
				text, err := os.ReadFile(compare)
				if err != nil {
					return fmt.Errorf("cannot read %s: %w", compare, files.Cause(err))
				}
				before = new(benchReport)
				if err := json.Unmarshal(text, before); err != nil {
					return fmt.Errorf("%s: not a report of bench --json: %w", compare, err)
				}
				if len(before.Networks) == 0 {
					return fmt.Errorf("%s: not a report of bench --json: it has no networks", compare)
				}
			}
			r, err := measure(nets)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(os.Stdout, r)
			}
			r.print(os.Stdout)
			if before != nil {
				r.printComparison(os.Stdout, before)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for --compare")
	cmd.Flags().StringVar(&compare, "compare", "", "file of an earlier --json to compare with")
	cmd.Flags().StringSliceVar(&nets, "net", nets, "networks to measure")
	return cmd
}

func measure(nets []string) (*benchReport, error) {
	data, test, err := datasets.MNIST()
	if err != nil {
		return nil, err
	}
	r := &benchReport{
		ISA: kernels.ISA(), Processors: runtime.GOMAXPROCS(0),
		Meeting: train.BarrierTime().Seconds(), Peaks: map[string]float64{},
	}
	for _, isa := range kernels.Available() {
		best := 0.0
		for range 200 {
			start := time.Now()
			operations := kernels.Peak(isa)
			best = max(best, float64(operations)/time.Since(start).Seconds()/1e9)
		}
		r.Peaks[isa] = best
	}
	for _, name := range nets {
		n, err := r.measureNet(name, data, test)
		if err != nil {
			return nil, err
		}
		r.Networks = append(r.Networks, *n)
	}
	r.PeakRSS = peakRSS()
	return r, nil
}

func (r *benchReport) measureNet(name string, data, test *datasets.Dataset) (*netReport, error) {
	net, err := buildNetwork(name, data.Shape, len(data.Classes), 1)
	if err != nil {
		return nil, err
	}
	n := &netReport{Name: name}
	if n.Layers, err = r.measureLayers(net); err != nil {
		return nil, err
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
	if n.StepSeconds, err = measureStep(net, data, rule); err != nil {
		return nil, err
	}
	n.ImagesPerSecond = benchBatch / n.StepSeconds
	n.EpochSeconds = 60000 / n.ImagesPerSecond
	n.GFLOPS = 2 * float64(work) * n.ImagesPerSecond / 1e9
	n.PeakShare = n.GFLOPS / r.Peaks[r.ISA] / float64(r.Processors)

	one, y := datasets.Tensor(data.Shape, data.Images[0]), nn.NewTensor(1, net.Output())
	n.Latency = median(200, func() { net.PredictInto(y, one) })
	n.LatencyAllocs = testing.AllocsPerRun(100, func() { net.PredictInto(y, one) })
	images := datasets.Tensor(test.Shape, test.Images...)
	n.Inference = float64(images.N) / median(5, func() { train.Predict(net, images) })
	return n, nil
}

// measureStep is the median time of a step, over runs of 100.
func measureStep(net *nn.Sequential, data *datasets.Dataset, rule optim.Rule) (float64, error) {
	var times []float64
	for range 5 {
		var last time.Time
		t := &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: rule, Schedule: optim.Constant{Base: rule.DefaultRate()},
			Loader: &datasets.Loader{Data: data, BatchSize: benchBatch, Seed: 1}, Steps: 200,
		}
		t.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) error {
			if e.Kind == train.Updated {
				if e.Step%100 == 0 {
					if !last.IsZero() {
						times = append(times, time.Since(last).Seconds()/100)
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
func (r *benchReport) measureLayers(net *nn.Sequential) ([]layerReport, error) {
	const samples = benchBatch / train.DefaultShards
	loss := layers.SoftmaxWithLoss{}
	plan := net.NewPass(nn.PassConfig{Capacity: 1, Loss: loss})
	in := net.Input()
	var reports []layerReport
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
		l := layerReport{Name: fmt.Sprint(net.Specs()[first]), multiplyAdds: part.MultiplyAdds(), backwardProduct: 2}
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

// median is the median time of n calls, after a few to warm up.
func median(n int, f func()) float64 {
	for range 3 {
		f()
	}
	times := make([]float64, n)
	for i := range times {
		start := time.Now()
		f()
		times[i] = time.Since(start).Seconds()
	}
	slices.Sort(times)
	return times[n/2]
}

func (r *benchReport) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %d processors, a meeting of workers %.1f µs\n", r.ISA, r.Processors, r.Meeting*1e6)
	for _, isa := range kernels.Available() {
		fmt.Fprintf(out, "peak of a core, %s: %.1f GFLOP/s\n", isa, r.Peaks[isa])
	}
	for _, n := range r.Networks {
		fmt.Fprintf(out, "\n%s, batch %d, %s\n", n.Name, benchBatch, n.Optimizer)
		fmt.Fprintf(out, "step %.3f ms, %.0f images/s, epoch %.3f s, %.0f GFLOP/s, %.0f%% of the peak\n",
			n.StepSeconds*1e3, n.ImagesPerSecond, n.EpochSeconds, n.GFLOPS, 100*n.PeakShare)
		fmt.Fprintf(out, "one image %.1f µs (%g allocations), inference %.0f images/s\n", n.Latency*1e6, n.LatencyAllocs, n.Inference)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "layer\tforward µs\tGFLOP/s\tof peak\tbackward µs\tGFLOP/s\tof peak")
		for _, l := range n.Layers {
			fmt.Fprintf(w, "%s\t%.1f\t%.0f\t%.0f%%\t%.1f\t%.0f\t%.0f%%\n", l.Name,
				l.Forward*1e6, l.ForwardGFLOPS, 100*l.ForwardPeak, l.Backward*1e6, l.BackwardGFLOPS, 100*l.BackwardPeak)
		}
		w.Flush()
	}
	if r.PeakRSS > 0 {
		fmt.Fprintf(out, "\npeak memory %.0f MB\n", float64(r.PeakRSS)/1e6)
	}
}

func (r *benchReport) printComparison(out io.Writer, before *benchReport) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out)
	if r.ISA != before.ISA || r.Processors != before.Processors {
		fmt.Fprintf(out, "before: %s, %d processors\n", before.ISA, before.Processors)
	}
	fmt.Fprintln(w, "time now : before\tstep\tone image\tinference time")
	for _, n := range r.Networks {
		for _, b := range before.Networks {
			if b.Name == n.Name {
				fmt.Fprintf(w, "%s\t×%.2f\t×%.2f\t×%.2f\n", n.Name,
					n.StepSeconds/b.StepSeconds, n.Latency/b.Latency, b.Inference/n.Inference)
			}
		}
	}
	w.Flush()
}
