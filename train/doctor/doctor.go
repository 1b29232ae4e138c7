// Package doctor watches a run for what beginners meet: a loss that stays
// where guessing would be, dead ReLUs, gradients that vanish or explode,
// over-fitting, a learning rate far off, labels that look shuffled.
//
// It looks at the history, and now and then at the network with a few images
// of the training set, in a pass of its own: a run has the same bits with it
// and without.
package doctor

import (
	"errors"
	"fmt"
	"slices"

	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// Illness is what is wrong with a run.
type Illness string

// The illnesses that a Doctor knows.
const (
	Stuck       Illness = "stuck"         // the loss stays at that of guessing
	DeadReLUs   Illness = "dead ReLUs"    // most units of a layer are 0 for every image
	Vanishing   Illness = "vanishing"     // gradients fade on the way back
	Exploding   Illness = "exploding"     // gradients are far too large
	OverFitting Illness = "over-fitting"  // the network does far worse on other images
	RateTooLow  Illness = "rate too low"  // the network hardly moves
	RateTooHigh Illness = "rate too high" // the loss jumps or rises
	Labels      Illness = "labels"        // they have nothing to do with the images
)

// Advice is one sentence on an illness: what was measured, what it likely
// comes from, and where the book speaks of it.
type Advice struct {
	Illness  Illness `json:"illness"`
	Step     int     `json:"step"` // updates before it was given
	Text     string  `json:"text"`
	Japanese string  `json:"japanese"` // the same
}

// Doctor is an observer that gives advice, on each illness at most once. Its
// zero value is ready. It knows classification with [layers.SoftmaxWithLoss]
// and is silent on other losses.
type Doctor struct {
	// Tell, if not nil, is called with each advice as it is given.
	Tell func(Advice)
	// Advice is what was given so far. Before a resumed run it may be set to
	// what its earlier part was given.
	Advice []Advice

	trend  trend
	labels labelCheck
	probe  *probe
	next   int // the step of the next look at the network
}

// every is the number of updates between two looks at the history.
const every = 25

// Observe implements [train.Observer].
func (d *Doctor) Observe(e train.Event) error {
	if _, ok := e.Trainer.Loss.(layers.SoftmaxWithLoss); !ok {
		return nil
	}
	var err error
	switch e.Kind {
	case train.Started:
		err = d.start(e)
	case train.Updated:
		d.trend.follow(e.History.Steps)
		if e.Step >= d.next {
			d.next += min(max(e.Step, every), 1000)
			err = d.deadReLUs(e)
			d.gradients(e)
		}
		if e.Step%every == 0 {
			d.rate(e)
			err = errors.Join(err, d.stuck(e))
		}
	case train.Evaluated:
		if err = d.shuffledLabels(e); err == nil {
			err = d.overFitting(e)
		}
	}
	return err
}

func (d *Doctor) start(e train.Event) (err error) {
	data := e.Trainer.Loader.Data
	if d.trend, err = newTrend(data, e.Trainer.Loss); err != nil {
		return err
	}
	d.trend.follow(e.History.Steps)
	if d.labels, err = checkLabels(data); err != nil {
		return err
	}
	if d.probe, err = newProbe(e.Trainer); err != nil {
		return err
	}
	d.next = e.Step + every
	if e.Step == 0 {
		d.gradients(e)
	}
	return nil
}

// told reports whether any of these illnesses was told.
func (d *Doctor) told(illnesses ...Illness) bool {
	return slices.ContainsFunc(d.Advice, func(a Advice) bool { return slices.Contains(illnesses, a.Illness) })
}

// nameOf is that of layer i of a network.
func nameOf(net *nn.Sequential, i int) words.Text {
	return words.Text{EN: "layer %d (%s)", JA: "第 %d 層（%s）"}.With(i+1, fmt.Sprint(net.Specs()[i]))
}

// tell gives advice.
func (d *Doctor) tell(e train.Event, illness Illness, section string, sentence words.Text, args ...any) {
	if d.told(illness) {
		return
	}
	text := words.Text{EN: "%v (Deep Learning from Scratch %s)", JA: "%v（『ゼロから作る Deep Learning』%s 節）。"}.With(sentence.With(args...), section)
	a := Advice{Illness: illness, Step: e.Step, Text: text.EN, Japanese: text.JA}
	d.Advice = append(d.Advice, a)
	if d.Tell != nil {
		d.Tell(a)
	}
}
