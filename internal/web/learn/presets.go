package learn

import (
	"encoding/json"
	"slices"

	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
	"tatami/train/doctor"
)

// Preset is a network with settings that work, or that fail in a way of their
// own. The page has words for each.
type Preset struct {
	Name string `json:"name"`
	Settings
	// Illness is what the doctor finds; empty: the network learns.
	Illness doctor.Illness `json:"illness,omitempty"`
}

// Presets lists them, those that work first.
func Presets() []Preset {
	usual := Settings{Data: "digits", Augment: "none", Optimizer: "adam", Rate: 0.001, Schedule: constant, Batch: 100, Epochs: 1, Seed: 1}
	preset := func(name string, specs []nn.Spec, illness doctor.Illness, change func(*Settings)) Preset {
		p := Preset{name, usual, illness}
		p.Layers = describe(specs)
		if change != nil {
			change(&p.Settings)
		}
		return p
	}
	network := func(name string) []nn.Spec {
		n, err := networks.Find(name)
		if err != nil {
			panic("learn: " + err.Error())
		}
		specs := n.Specs(10)
		return specs[:len(specs)-outputs(specs)]
	}
	tanh := []nn.Spec{layers.Affine{Units: 50}, layers.Tanh{}}
	sigmoids := slices.Repeat([]nn.Spec{layers.Affine{Units: 50}, layers.Sigmoid{}}, 6)
	return []Preset{
		preset("simple", network("simple"), "", nil),
		preset("fast", network("fast"), "", func(s *Settings) {
			s.Optimizer, s.Rate, s.Schedule, s.Epochs = "adam:beta1=0.7,beta2=0.9", 0.01, oneCycle, 2
		}),
		preset("mlp", network("mlp"), "", func(s *Settings) { s.Epochs = 5 }),
		preset("too-fast", tanh, doctor.RateTooHigh, func(s *Settings) { s.Rate = 0.5 }),
		preset("dead", network("simple"), doctor.DeadReLUs, func(s *Settings) { s.Rate = 0.2 }),
		preset("too-slow", network("simple"), doctor.RateTooLow, func(s *Settings) { s.Optimizer, s.Rate = "sgd", 1e-5 }),
		preset("sigmoids", sigmoids, doctor.Vanishing, func(s *Settings) { s.Optimizer, s.Rate = "sgd", 0.1 }),
		preset("few-images", network("mlp"), doctor.OverFitting, func(s *Settings) { s.Images, s.Epochs = 200, 60 }),
		preset("false-labels", network("mlp"), doctor.Labels, func(s *Settings) { s.Shuffled, s.Epochs = true, 5 }),
	}
}

// describe writes layers as a model's file does.
func describe(specs []nn.Spec) []json.RawMessage {
	text, err := nn.FormatArchitecture(nn.Shape{H: 1, W: 1, C: 1}, specs)
	if err != nil {
		panic("learn: " + err.Error()) // they are tatami's own
	}
	var whole struct {
		Layers []json.RawMessage `json:"layers"`
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		panic("learn: " + err.Error())
	}
	return whole.Layers
}
