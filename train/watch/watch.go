// Package watch shows a training run that a Go program began, as the command
// shows its own: a live page, a page to keep, films, and event files for
// TensorBoard.
package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"tatami/internal/files"
	"tatami/internal/kernels"
	"tatami/internal/run"
	"tatami/internal/web"
	"tatami/internal/web/live"
	"tatami/internal/web/page"
	"tatami/internal/web/record"
	"tatami/internal/words"
	"tatami/train"
	"tatami/train/doctor"
)

// Options say what is wanted of a run, each where it is not empty.
type Options struct {
	// Live is the address of a page that shows the run as it goes, and can pause
	// and stop it: HOST:PORT; :8080 is open to this machine alone, 0.0.0.0:8080 to
	// others, and port 0 is any that is free.
	Live string
	// Origins are addresses by which browsers reach it through a proxy.
	Origins []string
	// Page is the file of a page that shows the run without a server, written
	// after each epoch.
	Page string
	// Films is the folder of filters.gif, the first layer's filters as they
	// change, and map.gif, the test images as the last layer sees them, where they
	// have classes.
	Films string
	// Events is the folder of event files for TensorBoard.
	Events string

	// Name is the run's on the pages; empty: "run".
	Name string
	// Settings stand on the pages beside the trainer's own.
	Settings []Setting
	// Language is that of the films and of the event files' pictures, "en" or
	// "ja"; empty is English. Pages know both.
	Language string
}

// Setting is one setting of a run.
type Setting struct{ Name, Value string }

// Watch is an observer that shows a run. It observes one call of
// [train.Trainer.Fit]: make a new one for the next.
type Watch struct {
	o        Options
	ctx      context.Context // done when a page has asked to stop
	stop     context.CancelFunc
	listener net.Listener // nil: no live page

	record    *record.Recorder
	observers []train.Observer
	events    *run.Board
	film      *run.Film
	monitor   *live.Monitor
	served    chan error
	shut      context.CancelFunc
	finished  bool
	closeOnce sync.Once
	closeErr  error
}

// New checks the options, opens the live page's address and makes the folders.
// A paused run goes on, and ends, when ctx is done, which should be that of Fit.
func New(ctx context.Context, o Options) (*Watch, error) {
	if o.Language = cmp.Or(o.Language, "en"); o.Language != "en" && o.Language != "ja" {
		return nil, fmt.Errorf("watch: Language is %q, wanted en or ja", o.Language)
	}
	for _, origin := range o.Origins {
		if err := web.CheckOrigin(origin); err != nil {
			return nil, fmt.Errorf("watch: %w", err)
		}
	}
	for _, dir := range []string{o.Films, o.Events, filepath.Dir(o.Page)} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("watch: cannot make folder %s: %w", dir, files.Cause(err))
		}
	}
	w := &Watch{o: o}
	if o.Live != "" {
		var err error
		if w.listener, err = web.Listen(o.Live); err != nil {
			return nil, fmt.Errorf("watch: %w", err)
		}
	}
	w.ctx, w.stop = context.WithCancel(ctx)
	return w, nil
}

// URL is the address of the live page for a browser on this machine; empty
// without one.
func (w *Watch) URL() string {
	if w.listener == nil {
		return ""
	}
	return web.URL(w.listener)
}

// Observe implements [train.Observer].
func (w *Watch) Observe(e train.Event) error {
	if e.Kind == train.Started {
		if err := w.start(e); err != nil {
			return err
		}
	}
	if w.record == nil {
		return errors.New("watch: the run had begun before it was watched")
	}
	for _, o := range w.observers {
		if err := o.Observe(e); err != nil {
			return err
		}
	}
	switch e.Kind {
	case train.Finished:
		w.finished = true
		if w.film != nil {
			if err := w.film.Write(func(name string) string { return filepath.Join(w.o.Films, name) }, words.Language(w.o.Language)); err != nil {
				return err
			}
		}
		if w.monitor != nil {
			w.monitor.End()
		}
		return w.writePage()
	case train.Evaluated:
		if err := w.writePage(); err != nil {
			return err
		}
	}
	if w.ctx.Err() != nil {
		return train.Stop
	}
	return nil
}

// start begins to watch. A run that was resumed is shown from its beginning, but
// for films.
func (w *Watch) start(e train.Event) (err error) {
	if w.record != nil {
		return errors.New("watch: a Watch is of one run, make another")
	}
	t := e.Trainer
	facts := record.Facts{
		Name:     cmp.Or(w.o.Name, "run"),
		Values:   e.History.Values,
		Images:   t.Loader.Data.Len(),
		Epochs:   t.Epochs,
		Batches:  e.Batches,
		Versions: []record.Fact{{Name: "tatami", Value: run.Version()}, {Name: "instruction set", Value: kernels.ISA()}},
	}
	if target := t.Loader.Data.Target(); target.Labels() {
		facts.Classes = target.Classes
	}
	for _, s := range append([]Setting{
		{"optimizer", t.Rule.Name()}, {"batch", fmt.Sprint(t.Loader.BatchSize)}, {"epochs", fmt.Sprint(t.Epochs)},
		{"augment", t.Loader.Augment.String()}, {"seed", fmt.Sprint(t.Seed)}, {"shards", fmt.Sprint(t.Shards)},
	}, w.o.Settings...) {
		facts.Settings = append(facts.Settings, record.Fact{Name: s.Name, Value: s.Value})
	}
	if w.record, err = record.New(facts, t.Net, t.Loader.Data, t.Test); err != nil {
		return err
	}
	w.observers = []train.Observer{&doctor.Doctor{Tell: w.record.Advise}, w.record}
	if w.o.Events != "" {
		w.events = &run.Board{Dir: w.o.Events, Language: words.Language(w.o.Language)}
		w.observers = append(w.observers, w.events)
	}
	if w.o.Films != "" {
		if t.Test == nil {
			return errors.New("watch: films need a test set")
		}
		if w.film, err = run.NewFilm(t.Net, t.Test, t.Epochs*e.Batches); err != nil {
			return err
		}
		w.observers = append(w.observers, w.film)
	}
	if w.listener == nil {
		return nil
	}
	w.monitor = live.New(w.ctx, w.stop, w.record)
	w.observers = append(w.observers, w.monitor)
	var ctx context.Context
	ctx, w.shut = context.WithCancel(context.Background())
	w.served = make(chan error, 1)
	guard := web.NewGuard(w.o.Live, w.listener, w.o.Origins...)
	go func() { w.served <- web.Serve(ctx, w.listener, guard.Wrap(w.monitor.Handler()), w.monitor.End) }()
	return nil
}

func (w *Watch) writePage() error {
	if w.o.Page == "" || w.record == nil {
		return nil
	}
	return files.Write(w.o.Page, func(f io.Writer) error { return page.Run(f, w.record.Whole()) })
}

// Close ends the live page, which stays until then, and the event files. Of a run
// that Fit ended with an error the pages say so.
func (w *Watch) Close() error {
	w.closeOnce.Do(func() {
		w.stop()
		if w.record != nil && !w.finished {
			w.record.SetState(record.Failed, "the run ended with an error")
			w.closeErr = w.writePage()
		}
		if w.events != nil {
			w.closeErr = errors.Join(w.closeErr, w.events.Close())
		}
		switch {
		case w.monitor != nil:
			w.monitor.End()
			w.shut()
			w.closeErr = errors.Join(w.closeErr, <-w.served)
		case w.listener != nil:
			w.closeErr = errors.Join(w.closeErr, w.listener.Close())
		}
	})
	return w.closeErr
}
