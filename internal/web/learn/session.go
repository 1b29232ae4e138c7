// Package learn trains networks for a page, which asks and is told: it is the
// program behind the learning page, without the browser around it.
package learn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"tatami/datasets"
	"tatami/internal/named"
	"tatami/internal/web/answers"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
	"tatami/train/doctor"
)

// Calls are what a page asks.
type Calls interface {
	// Next waits for a call.
	Next() *answers.Call
	// Pending lists those that have come meanwhile.
	Pending() []*answers.Call
}

// Session is a page's network, data and training. All happens on one goroutine:
// while a network learns, calls are answered between its updates.
type Session struct {
	calls Calls
	tell  func(event any)

	digits, digitsTest *datasets.Dataset
	own                own

	model   *nn.Model // nil: none yet
	models  answers.Models
	trainer *train.Trainer    // nil: none yet
	part    *datasets.Dataset // of the test images, to be looked at within an epoch; nil: none
	rate    *rate
	state   string

	start       func() error // to do once the present run has ended
	stop, pause bool

	told     progress // up to here
	lastTold time.Time
	lastTurn time.Time
	lastTest time.Time
	since    time.Time     // the run has been going on
	worked   time.Duration // before that
	updates  int           // in that time
	batch    int
}

// rate is a learning rate that the page changes: so many times that of a
// schedule that began after update from.
type rate struct {
	now   float64
	shape optim.Schedule
	from  int
}

// Rate implements [optim.Schedule].
func (r *rate) Rate(step int) float64 { return r.now * r.shape.Rate(step-r.from) }

// New is a session that tells events by tell, which are written as JSON.
func New(calls Calls, tell func(event any)) *Session {
	return &Session{calls: calls, tell: tell, state: "idle", own: own{Shape: nn.Shape{H: 28, W: 28, C: 1}}}
}

// Serve answers calls for as long as the page lives.
func (s *Session) Serve() {
	for {
		s.answer(s.calls.Next())
		for s.start != nil {
			start := s.start
			s.start = nil
			if err := start(); err != nil {
				s.tellState("failed", err.Error())
			}
		}
	}
}

func (s *Session) answer(c *answers.Call) {
	name, ok := strings.CutPrefix(c.Path, "/learn/")
	if !ok {
		c.Reply(s.models.Answer(c))
		return
	}
	do, ok := map[string]func(*answers.Call) (any, error){
		"data": s.takeData, "networks": s.networks, "stack": s.stack, "program": s.program,
		"start": s.begin, "onward": s.onward, "pause": s.setPause, "rate": s.setRate, "stop": s.end,
		"model": s.save, "load": s.load, "drawing": s.addDrawing, "own": s.takeOwn,
	}[name]
	if !ok {
		c.Reply(nil, refuse("there is no %s", c.Path))
		return
	}
	answer, err := do(c)
	var r *answers.Refusal
	if errors.As(err, &r) {
		err = &answers.Refusal{Status: r.Status, Text: errortext.In(r, languageOf(c))}
	}
	c.Reply(answer, err)
}

// languageOf is that of the page which asks.
func languageOf(c *answers.Call) words.Language { return words.Language(c.Query.Get("lang")) }

func refuse(format string, args ...any) error {
	return &answers.Refusal{Status: answers.Bad, Text: fmt.Sprintf(format, args...)}
}

// data are the training and test images of a run.
func (s *Session) data(set *Settings) (training, test *datasets.Dataset, err error) {
	training, test = s.digits, s.digitsTest
	if set.Data == "own" {
		training, test = s.own.dataset(), nil
		if len(training.Classes) < 2 {
			return nil, nil, refuse("there are drawings of %d classes, wanted 2 or more", len(training.Classes))
		}
	}
	if training == nil {
		return nil, nil, refuse("there are no images to learn from")
	}
	if set.Images > 0 {
		training = training.Limit(set.Images)
	}
	if set.Shuffled {
		training = &datasets.Dataset{Shape: training.Shape, Images: training.Images, Labels: slices.Clone(training.Labels), Classes: training.Classes}
		rng := rand.New(rand.NewPCG(set.Seed, 1))
		rng.Shuffle(training.Len(), func(i, k int) {
			training.Labels[i], training.Labels[k] = training.Labels[k], training.Labels[i]
		})
	}
	return training, test, nil
}

// input is the shape and number of classes of a run's data, even where there
// are no drawings yet.
func (s *Session) input(set *Settings) (nn.Shape, int) {
	if set.Data == "own" || s.digits == nil {
		return s.own.Shape, max(2, len(s.own.dataset().Classes))
	}
	return s.digits.Shape, len(s.digits.Classes)
}

// specs are a run's layers, the last ones included.
func (s *Session) specs(set *Settings) (in nn.Shape, specs []nn.Spec, err error) {
	in, classes := s.input(set)
	text, err := json.Marshal(map[string]any{"input": in, "layers": slices.Concat(set.Layers, nil)})
	if err != nil {
		return in, nil, refuse("%v", err)
	}
	if len(set.Layers) > 0 {
		if _, specs, err = nn.ParseArchitecture(text, layers.Catalog()); err != nil {
			return in, nil, refuse("%v", err)
		}
	}
	return in, append(specs, layers.Affine{Units: classes}, layers.Softmax{}), nil
}

// begin starts a new network.
func (s *Session) begin(c *answers.Call) (any, error) {
	set, err := parse(c)
	if err != nil {
		return nil, err
	}
	in, specs, err := s.specs(set)
	if err != nil {
		return nil, err
	}
	if a := stack(in, specs); a.Bad > 0 {
		return nil, refuse("layer %d: %s", a.Bad, a.Error)
	}
	net, err := nn.NewSequential(in, rand.New(rand.NewPCG(set.Seed, 0)), specs...)
	if err != nil {
		return nil, refuse("%v", err)
	}
	training, test, err := s.data(set)
	if err != nil {
		return nil, err
	}
	return s.run(set, net, training, test)
}

// onward goes on with the network that is there: as many epochs more where it
// was trained here, or from what was loaded.
func (s *Session) onward(c *answers.Call) (any, error) {
	set, err := parse(c)
	if err != nil {
		return nil, err
	}
	switch {
	case s.model == nil:
		return nil, refuse("there is no network yet")
	case s.trainer != nil:
		s.later(func() error {
			s.trainer.Epochs = len(s.trainer.History().Epochs) + set.Epochs
			*s.rate = rate{set.Rate, set.schedule(s.trainer.Loader), len(s.trainer.History().Steps)}
			return s.fit()
		})
		return struct{}{}, nil
	}
	if a := stack(s.model.Input(), s.model.Specs()); a.Bad > 0 { // a file's may be larger than any begun here
		return nil, refuse("layer %d: %s", a.Bad, a.Error)
	}
	training, test, err := s.data(set)
	if err != nil {
		return nil, err
	}
	if err := train.CheckData(s.model.Sequential, training); err != nil {
		return nil, refuse("%v", err)
	}
	return s.run(set, s.model.Sequential, training, test)
}

// run has a network trained once the calls before are answered.
func (s *Session) run(set *Settings, net *nn.Sequential, training, test *datasets.Dataset) (any, error) {
	rule, err := named.Rule(set.Optimizer, 0)
	if err != nil {
		return nil, refuse("%v", err)
	}
	augment, err := datasets.ParseAugmentation(set.Augment)
	if err == nil {
		err = augment.Check(training.Shape)
	}
	if err != nil {
		return nil, refuse("%v", err)
	}
	loader := &datasets.Loader{Data: training, BatchSize: set.Batch, Seed: set.Seed, Augment: augment}
	d := &doctor.Doctor{Tell: func(a doctor.Advice) { s.tell(adviceEvent{"advice", a}) }}
	s.later(func() error {
		s.rate = &rate{set.Rate, set.schedule(loader), 0}
		s.batch = set.Batch
		s.trainer = &train.Trainer{
			Net: net, Loss: layers.SoftmaxWithLoss{}, Rule: rule, Schedule: s.rate,
			Loader: loader, Epochs: set.Epochs, Seed: set.Seed,
			Observers: []train.Observer{d, train.ObserverFunc(s.observe)},
		}
		s.part = nil
		if test != nil {
			s.trainer.Test, s.part = test, test.Limit(testSize)
		}
		s.told, s.worked, s.updates = progress{Losses: []*float64{}, Test: []testPoint{}}, 0, 0
		facts := map[string]string{"epochs": strconv.Itoa(set.Epochs), "optimizer": set.Optimizer, "lr": fmt.Sprint(set.Rate), "batch": strconv.Itoa(set.Batch)}
		s.show(&nn.Model{Sequential: net, Classes: training.Classes, Facts: facts}, test)
		return s.fit()
	})
	return struct{}{}, nil
}

// later does what starts a run once the present one, if any, has ended.
func (s *Session) later(start func() error) {
	s.start, s.stop, s.pause = start, true, false
}

func (s *Session) show(m *nn.Model, test *datasets.Dataset) {
	s.model = m
	s.models = answers.Models{}
	if err := s.models.Add("network", m); err != nil {
		s.tellState("failed", err.Error())
		return
	}
	s.models.Data(nil, test)
}

func (s *Session) fit() error {
	s.stop, s.pause = false, false
	now := time.Now()
	s.since, s.lastTurn, s.lastTest = now, now, now
	s.tellState("running", "")
	_, err := s.trainer.Fit(context.Background())
	s.worked += time.Since(s.since)
	if err != nil {
		return err
	}
	if s.start == nil {
		s.tellProgress()
		s.tellState(map[bool]string{true: "finished", false: "stopped"}[s.trainer.Done()], "")
	}
	return nil
}

const (
	turnEvery = 25 * time.Millisecond // in which calls wait at most
	tellEvery = 150 * time.Millisecond
	testEvery = 700 * time.Millisecond
	testSize  = 1000 // images
)

// observe implements [train.Observer]: between updates the page is told how it
// goes, and has its calls answered.
func (s *Session) observe(e train.Event) error {
	switch e.Kind {
	case train.Updated:
		s.updates++
	case train.Evaluated:
		if e.Test != nil {
			s.told.Test = append(s.told.Test, testPoint{e.Step, e.Test.Accuracy(), e.Test.Loss, true})
		}
	case train.Finished:
		return nil
	}
	if e.Kind == train.Updated && time.Since(s.lastTurn) < turnEvery {
		return nil
	}
	s.told.Epoch, s.told.BatchOf, s.told.Batches = e.Epoch, e.Batch, e.Batches
	if e.Kind == train.Updated && time.Since(s.lastTest) > testEvery {
		s.test(e.Step)
	}
	if time.Since(s.lastTold) > tellEvery {
		s.tellProgress()
	}
	for _, c := range s.calls.Pending() {
		s.answer(c)
	}
	if s.pause && !s.stop {
		s.worked += time.Since(s.since)
		s.tellProgress()
		s.tellState("paused", "")
		for s.pause && !s.stop {
			s.answer(s.calls.Next())
		}
		s.since = time.Now()
		s.tellState("running", "")
	}
	s.lastTurn = time.Now()
	if s.stop {
		return train.Stop
	}
	return nil
}

// test looks how the network does on some test images; the trainer takes all
// after an epoch.
func (s *Session) test(step int) {
	if s.part == nil {
		return
	}
	e, err := train.Evaluate(s.trainer.Net, s.trainer.Loss, s.part, 100)
	if err == nil {
		s.told.Test = append(s.told.Test, testPoint{step, e.Accuracy(), e.Loss, false})
	}
	s.lastTest = time.Now()
}

// progress is how far a run is, and what is new since the page was told last.
type progress struct {
	Kind    string      `json:"kind"`
	Epoch   int         `json:"epoch"` // complete ones
	Epochs  int         `json:"epochs"`
	BatchOf int         `json:"batch"`
	Batches int         `json:"batches"`
	Step    int         `json:"step"`
	Rate    float64     `json:"rate"`
	From    int         `json:"from"` // the step after which losses begin
	Losses  []*float64  `json:"losses"`
	Test    []testPoint `json:"test"`
	Speed   float64     `json:"images_per_second"`
	Seconds float64     `json:"seconds"`
}

type testPoint struct {
	Step     int     `json:"step"`
	Accuracy float64 `json:"accuracy"`
	Loss     float64 `json:"-"` // may be no number
	Whole    bool    `json:"whole"`
}

type adviceEvent struct {
	Kind string `json:"kind"`
	doctor.Advice
}

type stateEvent struct {
	Kind     string `json:"kind"`
	State    string `json:"state"`
	Message  string `json:"message,omitempty"`
	Japanese string `json:"japanese,omitempty"`
}

func (s *Session) tellState(state, message string) {
	s.state = state
	e := stateEvent{Kind: "state", State: state, Message: message}
	if message != "" {
		e.Japanese = errortext.Say(message, words.Japanese)
	}
	s.tell(e)
}

func (s *Session) tellProgress() {
	rows := s.trainer.History().Steps
	p := &s.told
	p.Kind, p.Epochs, p.Rate = "progress", s.trainer.Epochs, s.rate.now
	p.From, p.Losses = p.Step, p.Losses[:0]
	for _, row := range rows[p.Step:] {
		p.Losses = append(p.Losses, finite(row.Loss))
	}
	p.Step = len(rows)
	p.Seconds = (s.worked + time.Since(s.since)).Seconds()
	if s.state == "paused" {
		p.Seconds = s.worked.Seconds()
	}
	p.Speed = float64(s.updates*s.batch) / max(p.Seconds, 1e-3)
	s.tell(*p)
	p.Test = p.Test[:0]
	s.lastTold = time.Now()
}

// finite is v, or nil, which JSON writes as null, where it is no number.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func (s *Session) setPause(c *answers.Call) (any, error) {
	s.pause = c.Query.Get("on") != "0"
	return struct{}{}, nil
}

func (s *Session) setRate(c *answers.Call) (any, error) {
	v, err := strconv.ParseFloat(c.Query.Get("value"), 64)
	if err != nil {
		return nil, refuse("the learning rate is %q, wanted a positive number", c.Query.Get("value"))
	}
	if err := checkRate(v); err != nil {
		return nil, err
	}
	if s.rate != nil {
		s.rate.now = v
	}
	return struct{}{}, nil
}

func (s *Session) end(*answers.Call) (any, error) {
	s.stop = true
	return struct{}{}, nil
}

// save gives the network as a model's file.
func (s *Session) save(*answers.Call) (any, error) {
	if s.model == nil {
		return nil, refuse("there is no network yet")
	}
	var b bytes.Buffer
	if err := nn.Encode(&b, s.model); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// load takes a model's file, and answers with its layers.
func (s *Session) load(c *answers.Call) (any, error) {
	m, err := nn.Decode(bytes.NewReader(c.Body), int64(len(c.Body)), layers.Catalog())
	if err != nil {
		return nil, refuse("%v", err)
	}
	var check answers.Models
	if err := check.Add("network", m); err != nil {
		return nil, refuse("%v", err)
	}
	specs := m.Specs()
	s.later(func() error {
		s.trainer = nil
		s.show(m, s.digitsTest)
		s.tellState("idle", "")
		return nil
	})
	return map[string]any{"layers": describe(specs[:len(specs)-outputs(specs)]), "classes": m.Classes}, nil
}
