//go:build unix

package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"tatami/internal/files"
	"tatami/internal/measure"
)

// row is a figure of a day: a value, and how many times as good that is as
// PyTorch's, or its share of the machine's peak. Values differ from day to day
// and from host to host; the ratios are what is compared.
type row struct {
	date, commit, machine, network, figure string
	value, ratio                           float64
}

var header = []string{"date", "commit", "machine", "network", "figure", "value", "ratio"}

// history adds to the file what run has gathered in dir and the share of the peak
// that a step with digits reaches now, and compares them with the rows before. Beside other
// programs it does not: then ratios tell little.
func history(dir, file, commit string, nets []string) error {
	rows, err := readRows(file)
	if err != nil {
		return err
	}
	digital := slices.DeleteFunc(slices.Clone(nets), func(net string) bool { return slices.Contains(photographic, net) })
	report, err := measure.Networks(digital)
	if err != nil {
		return err
	}
	if report.Distance() == "busy" {
		return fmt.Errorf("other programs use the processors (workers meet in %.0f µs, not in one): %s is left as it is", report.Meeting*1e6, file)
	}
	day := row{date: time.Now().UTC().Format(time.DateTime), commit: commit, machine: machine(report)}
	add := func(network, figure string, value, ratio float64) {
		r := day
		r.network, r.figure, r.value, r.ratio = network, figure, value, ratio
		rows = append(rows, r)
	}
	for _, n := range report.Networks {
		add(n.Name, "step µs of the peak", n.StepSeconds*1e6, n.PeakShare)
	}
	for _, net := range nets {
		ours, err := read(filepath.Join(dir, "tatami-"+net))
		if err != nil {
			return err
		}
		pytorch, err := read(filepath.Join(dir, "pytorch-"+net))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, f := range figures {
			add(net, f.name+f.unit+" to PyTorch", f.of(ours), f.ratio(ours, pytorch))
		}
	}
	if err := files.Write(file, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(records(rows)) }); err != nil {
		return err
	}
	return compare(rows)
}

// machine names the kind of machine, and its state, that ratios depend on.
func machine(r *measure.Report) string {
	cpu := runtime.GOOS + "/" + runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		first, _, _ := strings.Cut(string(text), "\n\n")
		values := map[string]string{}
		for line := range strings.Lines(first) {
			key, value, _ := strings.Cut(line, ":")
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
		if values["model name"] != "" {
			cpu = fmt.Sprintf("%s %s/%s", values["model name"], values["cpu family"], values["model"])
		}
	}
	return fmt.Sprintf("%s %s ×%d %s", cpu, r.ISA, r.Processors, r.Distance())
}

// slower compares the last rows of a file with those before.
func slower(file string) error {
	rows, err := readRows(file)
	if err != nil {
		return err
	}
	return compare(rows)
}

// A figure is slower if the best ratio of the runs before, as many as window, was
// over factor times as good.
const window, factor = 20, 1.25

// compare names the figures of the last run that are slower than in runs before on
// such a machine.
func compare(rows []row) error {
	var found []error
	for i, now := range rows {
		if now.date != rows[len(rows)-1].date {
			continue
		}
		best, seen := row{}, 0
		for k := i - 1; k >= 0 && seen < window; k-- {
			r := rows[k]
			if r.machine == now.machine && r.network == now.network && r.figure == now.figure {
				seen++
				if r.ratio > best.ratio {
					best = r
				}
			}
		}
		if best.ratio > factor*now.ratio {
			found = append(found, fmt.Errorf("slower: %s, %s: ×%.2f, and ×%.2f at %s on %s",
				now.network, now.figure, now.ratio, best.ratio, best.commit, best.date))
		}
	}
	return errors.Join(found...)
}

func readRows(file string) ([]row, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.FieldsPerRecord = len(header)
	all, err := in.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var rows []row
	for i, r := range all {
		if i == 0 {
			continue // the header
		}
		value, err1 := strconv.ParseFloat(r[5], 64)
		ratio, err2 := strconv.ParseFloat(r[6], 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, i+1, err)
		}
		rows = append(rows, row{r[0], r[1], r[2], r[3], r[4], value, ratio})
	}
	return rows, nil
}

func records(rows []row) [][]string {
	all := [][]string{header}
	for _, r := range rows {
		all = append(all, []string{
			r.date, r.commit, r.machine, r.network, r.figure,
			strconv.FormatFloat(r.value, 'g', 7, 64), strconv.FormatFloat(r.ratio, 'g', 4, 64),
		})
	}
	return all
}
