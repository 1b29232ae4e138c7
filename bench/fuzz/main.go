// Fuzz runs every fuzz target of the module in turn, so long in all, and prints
// what each has done:
//
//	go run ./bench/fuzz -t 30m
//
// What fails is kept by the go command in testdata/fuzz of its package, from
// where the tests run it ever after. The exit code is 1 then.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	total := flag.Duration("t", 30*time.Minute, "`time` for all targets together")
	only := flag.String("run", "", "only the targets whose package or name matches this `regexp`")
	workers := flag.Int("workers", 1, "how many processes fuzz at once")
	flag.Parse()
	if flag.NArg() > 0 || *total <= 0 || *workers < 1 {
		fmt.Fprintln(os.Stderr, "fuzz: wanted no arguments, a time above 0 and at least one worker")
		os.Exit(2)
	}
	failed, err := run(*total, *only, *workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

// target is a fuzz target.
type target struct{ folder, name string }

func run(total time.Duration, only string, workers int) (failed bool, err error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return false, err
	}
	targets, err := find(".", match)
	if err != nil {
		return false, err
	}
	each := max(total/time.Duration(len(targets)), time.Second)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package\ttarget\ttime\tCPU\texecutions\tresult")
	var cpu time.Duration
	for _, t := range targets {
		fmt.Fprintln(os.Stderr, t.folder, t.name, each)
		start := time.Now()
		c := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", each.String(),
			// Without a bound the search for a smaller input of the same coverage takes a minute
			// an input where coverage varies, as with goroutines, and most of the time elsewhere.
			"-fuzzminimizetime", "1x", fmt.Sprint("-parallel=", workers), "./"+t.folder)
		if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() { // targets with files do not wait for a disk
			c.Env = append(os.Environ(), "TMPDIR=/dev/shm")
		}
		out, err := c.CombinedOutput()
		result := "held"
		if err != nil {
			failed, result = true, "FAILED"
			fmt.Fprintf(os.Stderr, "%s\n", out)
		}
		spent := c.ProcessState.UserTime() + c.ProcessState.SystemTime() // of its children too
		cpu += spent
		fmt.Fprintf(w, "%s\t%s\t%v\t%v\t%s\t%s\n", t.folder, t.name, time.Since(start).Round(time.Second), spent.Round(time.Second), executions(out), result)
	}
	fmt.Fprintf(w, "\t\t\t%v\t\t\n", cpu.Round(time.Second))
	return failed, w.Flush()
}

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// find lists the fuzz targets below a folder of this module.
func find(root string, match *regexp.Regexp) (targets []target, err error) {
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if name := d.Name(); path != root && (err == nil || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			t := target{filepath.ToSlash(filepath.Dir(path)), string(m[1])}
			if match.MatchString(t.folder + " " + t.name) {
				targets = append(targets, t)
			}
		}
		return nil
	})
	if err == nil && len(targets) == 0 {
		err = errors.New("no fuzz target here: wanted the folder of the module, and a -run that matches")
	}
	return targets, err
}

var counted = regexp.MustCompile(`execs: (\d+)`)

// executions is the last count that the go command printed.
func executions(out []byte) string {
	all := counted.FindAllSubmatch(out, -1)
	if len(all) == 0 {
		return "0"
	}
	return string(bytes.TrimSpace(all[len(all)-1][1]))
}
