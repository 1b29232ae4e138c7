package main

import (
	"encoding/json"
	"fmt"
	"os"

	"tatami/train/doctor"
)

// kept is what a checkpoint keeps for a resume beside the state of training.
type kept struct {
	settings
	TensorBoard bool            `json:"tensorboard,omitempty"`
	Film        bool            `json:"film,omitempty"`
	Advice      []doctor.Advice `json:"advice,omitempty"`
}

func (o *trainOptions) kept() kept { return kept{o.settings, o.tensorboard, o.film, o.advice} }

// newDoctor makes the observer that gives advice, on stderr and for run.json.
func (r *runState) newDoctor(shown *progress) *doctor.Doctor {
	d := &doctor.Doctor{Advice: r.advice}
	d.Tell = func(a doctor.Advice) {
		r.advice = d.Advice
		if text, err := json.Marshal(r.kept()); err == nil {
			r.trainer.Settings = text
		}
		r.record.Advise(a)
		if !r.quiet {
			shown.clear()
			fmt.Fprintln(os.Stderr, "doctor:", a.Text)
		}
	}
	return d
}
