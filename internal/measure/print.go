package measure

import (
	"fmt"
	"io"
	"text/tabwriter"

	"tatami/internal/kernels"
)

// Print writes the report as tables.
func (r *Report) Print(out io.Writer) {
	fmt.Fprintf(out, "%s, %d processors, a meeting of workers %.1f µs\n", r.ISA, r.Processors, r.Meeting*1e6)
	for _, isa := range kernels.Available() {
		fmt.Fprintf(out, "peak of a core, %s: %.1f GFLOP/s\n", isa, r.Peaks[isa])
	}
	for _, n := range r.Networks {
		fmt.Fprintf(out, "\n%s, batch %d, %s\n", n.Name, batch, n.Optimizer)
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

// PrintComparison writes how the times differ from those of an earlier report.
func (r *Report) PrintComparison(out io.Writer, before *Report) {
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
