package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"tatami/datasets"
	"tatami/internal/web"
	"tatami/internal/web/record"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// runState is a run with its data, trainer and places.
type runState struct {
	*trainOptions
	train, test *datasets.Dataset
	trainer     *train.Trainer
	firstParams *nn.Tensor // the first layer's filters before training
	given       []string   // event files that --overwrite gives up
	record      *record.Recorder
	filmed      *film        // nil: not wanted
	listener    net.Listener // of the live page; nil: not wanted
}

func newRun(o *trainOptions) (*runState, error) {
	r := &runState{trainOptions: o}
	var err error
	if r.train, r.test, err = loadData(o.Data); err != nil {
		return nil, err
	}
	classes := len(r.train.Classes)
	if o.Limit > 0 {
		if o.Limit > r.train.Len() {
			return nil, wrongUsage("--limit is %d, the training set has %d images", o.Limit, r.train.Len())
		}
		r.train = r.train.Limit(o.Limit)
	}
	var held *datasets.Dataset
	if o.Validation > 0 {
		if o.Validation >= r.train.Len() {
			return nil, wrongUsage("--validation is %d, the training set has %d images", o.Validation, r.train.Len())
		}
		if r.train, held, err = r.train.Split(o.Validation, o.Seed); err != nil {
			return nil, err
		}
	}
	net, err := o.network(r.train.Shape, classes)
	if err != nil {
		return nil, err
	}
	if err := train.Fits(net, r.train); err != nil {
		return nil, fmt.Errorf("network %s: %w", o.Net, err)
	}
	augment, err := datasets.ParseAugmentation(o.Augment)
	if err != nil {
		return nil, err
	}
	if err := augment.Check(r.train.Shape); err != nil {
		return nil, usageError{fmt.Errorf("--augment: %w", err)}
	}
	loader := &datasets.Loader{Data: r.train, BatchSize: min(o.Batch, r.train.Len()), Seed: o.Seed, Augment: augment}
	rule, err := optim.ParseRule(o.Optimizer, o.WeightDecay)
	if err != nil {
		return nil, err
	}
	steps := o.Epochs * loader.Batches()
	if o.Warmup >= steps {
		return nil, wrongUsage("--warmup is %d, the run has %d steps", o.Warmup, steps)
	}
	schedule, err := optim.ParseSchedule(o.Schedule, o.Rate, steps-o.Warmup)
	if err != nil {
		return nil, err
	}
	if o.Warmup > 0 {
		schedule = optim.Warmup{Steps: o.Warmup, After: schedule, Start: 1 / float64(o.Warmup+1)}
	}
	text, err := json.Marshal(o.kept())
	if err != nil {
		return nil, err
	}
	r.trainer = &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{Smoothing: o.LabelSmoothing}, Loader: loader,
		Rule: rule, Schedule: schedule, Epochs: o.Epochs, Clip: o.Clip, Seed: o.Seed, Shards: o.Shards,
		Test: r.test, Validation: held, Patience: o.Patience, KeepBest: held != nil,
		Settings: text,
	}
	r.firstParams = firstFilters(net)
	r.record = record.New(r.facts(), net, r.train, r.test)
	r.record.Before(r.firstParams)
	for _, a := range o.advice {
		r.record.Advise(a)
	}
	if o.film {
		if r.filmed, err = newFilm(net, r.test, steps); err != nil {
			return nil, err
		}
	}
	if o.web != "" {
		if r.listener, err = web.Listen(o.web); err != nil {
			return nil, fmt.Errorf("--web: %w", err)
		}
	}
	return r, nil
}

func (o *trainOptions) network(shape nn.Shape, classes int) (*nn.Sequential, error) {
	if o.Architecture == nil {
		return buildNetwork(o.Net, shape, classes, o.Seed)
	}
	in, specs, err := nn.ParseArchitecture(o.Architecture, layers.Catalog())
	if err != nil {
		return nil, err
	}
	net, err := nn.NewSequential(in, newRand(o.Seed), specs...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Net, err)
	}
	return net, nil
}

// fit trains and writes what the run leaves.
func (r *runState) fit(parent context.Context) error {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C quits
	r.trainer.Checkpoint = r.path(checkpointName)
	shown := &progress{quiet: r.quiet, images: r.train.Len()}
	r.trainer.Observers = append(r.trainer.Observers, shown, r.newDoctor(shown), train.ObserverFunc(r.saveEpoch), r.record)
	events := r.newBoard()
	if r.tensorboard {
		r.trainer.Observers = append(r.trainer.Observers, events)
	}
	if r.filmed != nil {
		r.filmed.path = r.path(framesName)
		r.trainer.Observers = append(r.trainer.Observers, r.filmed)
	}
	if r.listener == nil {
		return r.failed(r.fitAndFinish(ctx, shown, events))
	}
	live := r.serveLive(ctx, stop, r.listener)
	r.trainer.Observers = append(r.trainer.Observers, live.monitor)
	if !r.quiet {
		fmt.Printf("watch at %s\n", web.URL(r.listener))
	}
	err := r.failed(r.fitAndFinish(ctx, shown, events))
	live.end(ctx, err == nil)
	return err
}

func (r *runState) fitAndFinish(ctx context.Context, shown *progress, events *board) error {
	_, err := r.trainer.Fit(ctx)
	shown.clear()
	if closeErr := events.close(); err == nil {
		err = closeErr
	}
	if errors.Is(err, context.Canceled) {
		if dropErr := r.dropEarlier(); dropErr != nil {
			return dropErr
		}
		if err := r.writePage(); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "interrupted after step %d; resume with: tatami train --resume %s\n", len(r.trainer.History().Steps), shellWord(r.out))
		return err
	}
	if err != nil {
		return err
	}
	return r.finish()
}

// shellWord is text as one word of a shell's command line.
func shellWord(text string) string {
	if regexp.MustCompile(`^[\w./,:@%+=-]+$`).MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func loadData(dir string) (train, test *datasets.Dataset, err error) {
	if dir == "" {
		return datasets.MNIST()
	}
	return datasets.Folder(dir)
}
