package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"golang.org/x/term"

	"tatami/internal/files"
	"tatami/internal/kernels"
	"tatami/internal/web"
	"tatami/internal/web/live"
	"tatami/internal/web/page"
	"tatami/internal/web/record"
)

const pageName = "index.html"

// flags are the settings by the names of their flags, in their order. Numbers
// are exact, or else as people write them. Zeros are left out where a run has
// them anyway.
func (s settings) flags(exact bool) (all []record.Fact) {
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		text := fmt.Sprint(v.Field(i))
		if !exact && v.Field(i).CanFloat() {
			text = fmt.Sprintf("%.6g", v.Field(i).Float())
		}
		if s.Architecture != nil && name == "architecture" {
			text = string(s.Architecture)
		}
		name = strings.ReplaceAll(name, "_", "-")
		if _, own := recipe(s.Net)[name]; own || name == "seed" || !v.Field(i).IsZero() {
			all = append(all, record.Fact{Name: name, Value: text})
		}
	}
	return all
}

// command is the line that gives the same run on the same build.
func (s settings) command(isa string) string {
	words := []string{"TATAMI_ISA=" + isa, "tatami", "train"}
	for _, f := range s.flags(true) {
		if f.Name != "architecture" {
			words = append(words, "--"+f.Name, shellWord(f.Value))
		}
	}
	return strings.Join(words, " ")
}

func (r *runState) facts() record.Facts {
	return record.Facts{
		Name: filepath.Base(r.out), Command: r.command(kernels.ISA()), Settings: r.flags(false),
		Versions: []record.Fact{
			{Name: "tatami", Value: version()}, {Name: "Go", Value: runtime.Version()},
			{Name: "system", Value: runtime.GOOS + "/" + runtime.GOARCH}, {Name: "instruction set", Value: kernels.ISA()},
			{Name: "processors", Value: fmt.Sprint(runtime.GOMAXPROCS(0))},
		},
		Classes: r.train.Classes, Images: r.train.Len(), Epochs: r.Epochs, Batches: r.trainer.Loader.Batches(),
		Resume: "tatami train --resume " + shellWord(r.out),
	}
}

// writePage writes what is known of the run as a page.
func (r *runState) writePage() error {
	return files.Write(r.path(pageName), func(w io.Writer) error { return page.Run(w, r.record.Whole()) })
}

// failed tells pages of an error, which it returns, and leaves one that shows
// how far the run came.
func (r *runState) failed(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	r.record.SetState(record.Failed, err.Error())
	if !r.overwrite { // else the folder is still the earlier run's
		_ = r.writePage() // the first error tells more
	}
	return err
}

// liveServer shows the run in browsers.
type liveServer struct {
	monitor *live.Monitor
	cancel  context.CancelFunc
	served  chan error
}

// serveLive begins to show the run, which stop ends, on the listener.
func (r *runState) serveLive(ctx context.Context, stop context.CancelFunc, ln net.Listener) *liveServer {
	s := &liveServer{monitor: live.New(ctx, stop, r.record), served: make(chan error, 1)}
	ctx, s.cancel = context.WithCancel(context.Background())
	handler := web.NewGuard(r.web, ln).Wrap(s.monitor.Handler())
	go func() { s.served <- web.Serve(ctx, ln, handler, s.monitor.End) }()
	return s
}

// end gives pages the last state and, where somebody sits at a terminal, goes
// on showing it until ctx is done.
func (s *liveServer) end(ctx context.Context, linger bool) {
	s.monitor.End()
	if linger && term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Println("the page stays until Ctrl-C")
		<-ctx.Done()
	}
	s.cancel()
	<-s.served
}
