package run

import (
	"context"
	"fmt"
	"net"
	"os"

	"golang.org/x/term"

	"tatami/internal/web"
	"tatami/internal/web/live"
	"tatami/internal/web/record"
	"tatami/internal/words"
)

// liveServer shows a run in browsers.
type liveServer struct {
	monitor *live.Monitor
	cancel  context.CancelFunc
	served  chan error
}

// serveLive begins to show the run, which stop ends, on the listener behind the
// guard.
func serveLive(ctx context.Context, stop context.CancelFunc, r *record.Recorder, guard *web.Guard, ln net.Listener) *liveServer {
	s := &liveServer{monitor: live.New(ctx, stop, r), served: make(chan error, 1)}
	ctx, s.cancel = context.WithCancel(context.Background())
	go func() { s.served <- web.Serve(ctx, ln, guard.Wrap(s.monitor.Handler()), s.monitor.End) }()
	return s
}

// end gives pages the last state and, where somebody sits at a terminal, goes
// on showing it until ctx is done.
func (s *liveServer) end(ctx context.Context, linger bool, l words.Language) {
	s.monitor.End()
	if linger && term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Println(words.Text{EN: "the page stays until Ctrl-C", JA: "ページは Ctrl-C を押すまで見られます"}.In(l))
		<-ctx.Done()
	}
	s.cancel()
	<-s.served
}
