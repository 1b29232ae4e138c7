// Command load puts tatami serve under load and exits with 1 where it misses
// what it promises: a thousand predictions at once all succeed within 200 MB of
// memory, and at 50 a second the 99th percentile stays under 10 ms.
//
//	go run ./bench/load [MODEL]
//
// Without MODEL it serves SimpleConvNet as it is before training, which costs
// as much. Client and server share the machine. It needs Linux, whose /proc
// tells a process's memory.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tatami/datasets"
	"tatami/layers/networks"
	"tatami/nn"
)

const (
	atOnce     = 1000
	memory     = 200 << 20 // bytes
	perSecond  = 50
	seconds    = 20
	percentile = 99
	latency    = 10 * time.Millisecond
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 1 {
		return errors.New("usage: load [MODEL]")
	}
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	model := filepath.Join(dir, "simple.safetensors")
	if len(args) == 1 {
		model = args[0]
	} else if err := saveUntrained(model); err != nil {
		return err
	}
	s, err := startServer(dir, model)
	if err != nil {
		return err
	}
	defer s.stop()
	digits, err := drawings(100)
	if err != nil {
		return err
	}
	if err := s.ready(digits[0]); err != nil {
		return err
	}
	var missed []string
	promise := func(kept bool, format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		if !kept {
			missed = append(missed, line)
			line += "   MISSED"
		}
		fmt.Println(line)
	}

	before, err := s.peak()
	if err != nil {
		return err
	}
	took, failed := s.burst(digits)
	after, err := s.peak()
	if err != nil {
		return err
	}
	promise(failed == nil, "%d predictions at once in %.2f s: %s", atOnce, took.Seconds(), outcome(failed))
	promise(after <= memory, "peak memory of the server: %.0f MB, before them %.0f MB; wanted at most %d MB", mb(after), mb(before), memory>>20)

	busy, err := s.busy()
	if err != nil {
		return err
	}
	times, failed := s.steady(digits)
	busyAfter, err := s.busy()
	if err != nil {
		return err
	}
	slices.Sort(times)
	at := func(percent int) time.Duration { return times[min(len(times)-1, len(times)*percent/100)] }
	promise(failed == nil, "%d predictions a second for %d s: %s", perSecond, seconds, outcome(failed))
	promise(at(percentile) < latency, "latency: median %.2f ms, %dth percentile %.2f ms, largest %.2f ms; wanted %dth under %d ms",
		ms(at(50)), percentile, ms(at(percentile)), ms(times[len(times)-1]), percentile, latency.Milliseconds())
	fmt.Printf("processor time of the server: %.2f ms a prediction\n", ms(busyAfter-busy)/float64(len(times)))
	if len(missed) > 0 {
		return fmt.Errorf("%d of 4 promises missed", len(missed))
	}
	return nil
}

func outcome(failed error) string {
	if failed == nil {
		return "all answered"
	}
	return failed.Error()
}

func mb(bytes int) float64       { return float64(bytes) / (1 << 20) }
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func saveUntrained(path string) error {
	n, err := networks.Find("simple")
	if err != nil {
		return err
	}
	net, err := nn.NewSequential(n.Input, rand.New(rand.NewPCG(1, 0)), n.Specs(10)...)
	if err != nil {
		return err
	}
	return nn.Save(path, &nn.Model{Sequential: net})
}

// drawings are test digits as the page sends them: PNGs of 168×168 in colour.
func drawings(n int) ([][]byte, error) {
	_, test, err := datasets.MNIST()
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, pixels := range test.Images[:n] {
		img := image.NewNRGBA(image.Rect(0, 0, 168, 168))
		for y := range 168 {
			for x := range 168 {
				v := 255 - pixels[y/6*28+x/6]
				img.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return nil, err
		}
		all = append(all, b.Bytes())
	}
	return all, nil
}

// server is a running tatami serve and a client of it.
type server struct {
	cmd    *exec.Cmd
	url    string
	client *http.Client
}

func startServer(dir, model string) (*server, error) {
	binary := filepath.Join(dir, "tatami")
	build := exec.Command("go", "build", "-o", binary, "tatami/cmd/tatami")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	cmd := exec.Command(binary, "serve", model, "--addr", ":0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, found := strings.Cut(line, " at ")
	url, _, _ = strings.Cut(url, " ")
	if err != nil || !found {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, fmt.Errorf("tatami serve said %q (%v)", line, err)
	}
	transport := &http.Transport{MaxIdleConns: atOnce, MaxIdleConnsPerHost: atOnce}
	return &server{cmd, url, &http.Client{Transport: transport, Timeout: time.Minute}}, nil
}

func (s *server) stop() {
	s.client.CloseIdleConnections()
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.cmd.Wait()
}

// ready waits until the server has read all training images.
func (s *server) ready(digit []byte) error {
	for {
		var answer struct{ Status, Message string }
		body, err := s.post("neighbours", digit)
		if err == nil {
			err = json.Unmarshal(body, &answer)
		}
		if err != nil {
			return err
		}
		switch answer.Status {
		case "ready":
			return nil
		case "none":
			return errors.New(answer.Message)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *server) post(what string, body []byte) ([]byte, error) {
	r, err := s.client.Post(s.url+"/api/v1/"+what, "image/png", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", r.Status, text)
	}
	return text, err
}

// peak is the most memory that the server has had, in bytes.
func (s *server) peak() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return n << 10, err
		}
	}
	return 0, errors.New("/proc tells no VmHWM")
}

// busy is the processor time that the server has taken.
func (s *server) busy() (time.Duration, error) {
	const tick = 10 * time.Millisecond // of Linux, as seen by programs
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest) // from the third of proc(5) on
	if len(fields) < 13 {
		return 0, errors.New("/proc tells no processor time")
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, err
}

// burst asks for atOnce predictions at the same time.
func (s *server) burst(digits [][]byte) (took time.Duration, failed error) {
	var wg sync.WaitGroup
	var once sync.Once
	ctx, begin := context.WithCancel(context.Background())
	for i := range atOnce {
		wg.Go(func() {
			<-ctx.Done()
			if _, err := s.post("predict", digits[i%len(digits)]); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	start := time.Now()
	begin()
	wg.Wait()
	return time.Since(start), failed
}

// steady asks perSecond times a second, whether or not earlier answers are
// there, and gives how long each took from when it was due.
func (s *server) steady(digits [][]byte) (times []time.Duration, failed error) {
	var wg sync.WaitGroup
	var once sync.Once
	times = make([]time.Duration, perSecond*seconds)
	start := time.Now()
	for i := range times {
		due := start.Add(time.Duration(i) * time.Second / perSecond)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			if _, err := s.post("predict", digits[i%len(digits)]); err != nil {
				once.Do(func() { failed = err })
			}
			times[i] = time.Since(due)
		})
	}
	wg.Wait()
	return times, failed
}
