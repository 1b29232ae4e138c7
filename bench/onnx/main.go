// Compare times the named networks beside onnxruntime, in turn, and prints a
// table: microseconds of a run of one image and of a batch of 100, and how often
// as fast tatami is. bench/onnx/compare runs it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"tatami/layers/networks"
	"tatami/layers/onnx"
	"tatami/nn"
)

func main() {
	dir := flag.String("dir", os.TempDir(), "`folder` for the exported networks")
	rounds := flag.Int("rounds", 5, "how `often` both are timed")
	flag.Parse()
	runtime.GOMAXPROCS(2)
	if err := run(*dir, max(*rounds, 1)); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(dir string, rounds int) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "network\timages\ttatami µs\tonnxruntime µs\tratios in turn\tmedian\t")
	for _, n := range networks.All() {
		net, err := nn.NewSequential(n.Input, rand.New(rand.NewPCG(1, 0)), n.Specs(10)...)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, n.Name+".onnx")
		var b bytes.Buffer
		if err := onnx.Export(&b, &nn.Model{Sequential: net}); err != nil {
			return err
		}
		if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
			return err
		}
		for _, images := range []int{1, 100} {
			var ours, theirs, ratios []float64
			for range rounds {
				a := median(net, images)
				b, err := onnxruntime(file, n.Input, images)
				if err != nil {
					return err
				}
				ours, theirs, ratios = append(ours, a), append(theirs, b), append(ratios, b/a)
			}
			var turns []string
			for _, r := range ratios {
				turns = append(turns, fmt.Sprintf("%.2f", r))
			}
			fmt.Fprintf(w, "%s\t%d\t%.0f\t%.0f\t%s\t%.2f\t\n", n.Name, images, 1e6*middle(ours), 1e6*middle(theirs), strings.Join(turns, " "), middle(ratios))
		}
	}
	return w.Flush()
}

// seconds of one timing.
const seconds = 0.5

// median times runs of tatami; a batch is halved for two goroutines.
func median(net *nn.Sequential, images int) float64 {
	x, y := nn.NewTensor(images, net.Input()), nn.NewTensor(images, net.Output())
	for i := range x.Data {
		x.Data[i] = 0.5
	}
	once := func() { net.PredictInto(y, x) }
	if images > 1 {
		halves := [][2]int{{0, images / 2}, {images / 2, images}}
		once = func() {
			var group sync.WaitGroup
			for _, h := range halves {
				group.Go(func() { net.PredictInto(y.Slice(h[0], h[1]), x.Slice(h[0], h[1])) })
			}
			group.Wait()
		}
	}
	var times []float64
	for end := time.Now().Add(time.Duration(seconds * float64(time.Second))); len(times) < 10 || time.Now().Before(end); {
		start := time.Now()
		once()
		times = append(times, time.Since(start).Seconds())
	}
	return middle(times)
}

func middle(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

func onnxruntime(file string, in nn.Shape, images int) (float64, error) {
	dims := fmt.Sprintf("%d,%d,%d,%d", images, in.C, in.H, in.W)
	cmd := exec.Command("node", "run.js", "time", file, dims, fmt.Sprint(seconds))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("onnxruntime with %s: %w", file, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
