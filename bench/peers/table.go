//go:build unix

package main

import (
	"bufio"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// figure is a column of the table.
type figure struct {
	name, unit, format string
	of                 func(timing) float64 // 0 if it was not measured
	more               bool                 // is better
}

var figures = []figure{
	{"epoch", " s", "%.3f", func(t timing) float64 { return t.Seconds[0] }, false},
	{"one image", " µs", "%.1f", func(t timing) float64 { return t.Latency * 1e6 }, false},
	{"images/s", "", "%.0f", func(t timing) float64 { return t.ImagesPerSecond }, true},
	{"memory", " MB", "%.0f", func(t timing) float64 { return t.Memory / 1e6 }, false},
}

// ratio is how many times as good ours is, or 0 if it is not known.
func (f figure) ratio(ours, theirs timing) float64 {
	a, b := f.of(ours), f.of(theirs)
	switch {
	case a == 0 || b == 0:
		return 0
	case f.more:
		return a / b
	default:
		return b / a
	}
}

// table prints the best figures and their ratios of what run has gathered in dir.
func table(dir string, nets []string) error {
	fmt.Print("| network | |")
	for _, f := range figures {
		fmt.Printf(" %s | ratio |", f.name)
	}
	fmt.Println("\n|---|---|---|---|---|---|---|---|---|---|")
	for _, net := range nets {
		ours, err := read(filepath.Join(dir, "tatami-"+net))
		if err != nil {
			return err
		}
		fmt.Printf("| %s | tatami |", net)
		for _, f := range figures {
			fmt.Printf(" "+f.format+"%s | |", f.of(ours), f.unit)
		}
		fmt.Println()
		for _, peer := range []string{"pytorch", "gorgonia", "gomlx", "dlib", "tiny-dnn", "onnxruntime"} {
			theirs, err := read(filepath.Join(dir, peer+"-"+net))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if theirs.Version == "" {
				theirs.Version = moduleVersion(filepath.Join(dir, peer))
			}
			fmt.Printf("| | %s |", theirs.Version)
			for _, f := range figures {
				if ratio := f.ratio(ours, theirs); ratio > 0 {
					fmt.Printf(" "+f.format+"%s | ×%.2f |", f.of(theirs), f.unit, ratio)
				} else {
					fmt.Print(" | |")
				}
			}
			fmt.Println()
		}
	}
	return nil
}

// moduleVersion is the version of the module that a Go program is named after.
func moduleVersion(program string) string {
	name := filepath.Base(program)
	if info, err := buildinfo.ReadFile(program); err == nil {
		for _, m := range info.Deps {
			if path.Base(m.Path) == name {
				return name + " " + m.Version
			}
		}
	}
	return name
}

// read is the best of each figure over the lines of a file: what else a machine
// does can only slow a program down, and slows most the one whose threads wait
// for each other most, which would be no fair comparison. The lines also are those
// of PyTorch's two memory layouts, and of tiny-dnn's two kinds of threads.
func read(path string) (timing, error) {
	f, err := os.Open(path)
	if err != nil {
		return timing{}, err
	}
	defer f.Close()
	best := timing{Seconds: []float64{0}}
	less := func(to *float64, v float64) {
		if *to == 0 || v < *to {
			*to = v
		}
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t timing
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return timing{}, fmt.Errorf("%s: %w", path, err)
		}
		if len(t.Seconds) > 0 {
			less(&best.Seconds[0], slices.Min(t.Seconds))
		}
		less(&best.Latency, t.Latency)
		less(&best.Memory, t.Memory)
		best.ImagesPerSecond = max(best.ImagesPerSecond, t.ImagesPerSecond)
		best.Version = t.Version
	}
	if best.ImagesPerSecond == 0 && best.Seconds[0] == 0 { // a peer that does not have the network
		return timing{}, fmt.Errorf("%s: no line: %w", path, fs.ErrNotExist)
	}
	return best, lines.Err()
}
