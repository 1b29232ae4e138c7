package run

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal is parent until Ctrl-C or another polite request to end, such as
// that of a terminal which closes, unless that is ignored as under nohup. The
// second request ends the process. Readers of the output may leave before its
// end: what is printed then is lost, and no harm done.
func UntilSignal(parent context.Context) (context.Context, context.CancelFunc) {
	outliveReaders()
	ctx, stop := signal.NotifyContext(parent, append(hangUps(), os.Interrupt, syscall.SIGTERM)...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
