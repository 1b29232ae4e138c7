package run

import (
	"cmp"
	"fmt"

	"tatami/datasets"
	"tatami/internal/named"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

// NewTrainer builds what the settings, which Check has passed, describe for the
// data that Load gave.
func (s *Settings) NewTrainer(d *datasets.Data) (*train.Trainer, error) {
	data, held, err := s.split(d.Train)
	if err != nil {
		return nil, err
	}
	net, err := s.network(data)
	if err != nil {
		return nil, err
	}
	if err := train.CheckData(net, data); err != nil {
		return nil, fmt.Errorf("network %s: %w", s.Net, err)
	}
	all := net.Layers()
	if _, ok := all[len(all)-1].(nn.Sigmoider); ok {
		return nil, fmt.Errorf("network %s: it ends in Sigmoid, which answers for each class apart; wanted Softmax, since a picture has one class", s.Net)
	}
	augment, err := datasets.ParseAugmentation(s.Augment)
	if err != nil {
		return nil, err
	}
	if err := augment.Check(data.Shape); err != nil {
		return nil, SettingError{fmt.Errorf("--augment: %w", err)}
	}
	loader := &datasets.Loader{Data: data, BatchSize: min(s.Batch, data.Len()), Seed: s.Seed, Augment: augment}
	rule, err := named.Rule(s.Optimizer, s.WeightDecay)
	if err != nil {
		return nil, err
	}
	schedule, err := s.schedule(cmp.Or(s.ScheduleEpochs, s.Epochs) * loader.Batches())
	if err != nil {
		return nil, err
	}
	weights, err := s.classWeights(data)
	if err != nil {
		return nil, err
	}
	t := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{Smoothing: s.LabelSmoothing, Weights: weights}, Loader: loader,
		Rule: rule, Schedule: schedule, Epochs: s.Epochs, Clip: s.Clip, Average: s.Average, Seed: s.Seed, Shards: s.Shards,
		Test: d.Test, Patience: s.Patience, KeepBest: held != nil,
	}
	if held != nil {
		t.Validation = held
	}
	return t, nil
}

// split takes as much of the data as the settings say, and apart from that
// what is held out, if anything.
func (s *Settings) split(data *datasets.Dataset) (rest, held *datasets.Dataset, err error) {
	if s.Limit > 0 {
		if s.Limit > data.Len() {
			return nil, nil, wrongSetting("--limit is %d, wanted at most the training set's %d images", s.Limit, data.Len())
		}
		data = data.Limit(s.Limit)
	}
	if s.Validation == 0 {
		return data, nil, nil
	}
	if s.Validation >= data.Len() {
		return nil, nil, wrongSetting("--validation is %d, wanted fewer than the training set's %d images", s.Validation, data.Len())
	}
	return data.Split(s.Validation, s.Seed)
}

// network is the one to train on data.
func (s *Settings) network(data *datasets.Dataset) (*nn.Sequential, error) {
	if s.From != "" && s.Architecture == nil {
		return s.adopt(data.Shape, data.Classes)
	}
	var first []nn.Spec
	behind := data.Shape // the first layers
	var filters *datasets.Whitening
	switch {
	case s.Whiten:
		var err error
		if filters, err = datasets.NewWhitening(data, 2); err != nil {
			return nil, SettingError{fmt.Errorf("--whiten: %w", err)}
		}
		first = []nn.Spec{layers.Convolution{Filters: len(filters.Biases), Kernel: 2, Frozen: true}, layers.ReLU{}}
		behind = nn.Shape{H: data.H - 1, W: data.W - 1, C: len(filters.Biases)}
	case s.Standardize:
		first = []nn.Spec{standardize(data)}
	}
	in, specs := data.Shape, []nn.Spec(nil)
	var err error
	if s.Architecture == nil {
		_, specs, err = FindNetwork(s.Net, behind, len(data.Classes))
	} else {
		in, specs, err = nn.ParseArchitecture(s.Architecture, layers.Catalog())
	}
	if err != nil {
		return nil, err
	}
	net, err := nn.NewSequential(in, newRand(s.Seed), append(first, specs...)...)
	if err != nil && s.Architecture == nil {
		return nil, fmt.Errorf("network %s: %w", s.Net, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Net, err)
	}
	if filters != nil {
		whitening := net.Layers()[0].Params()
		copy(whitening[0].Value.Data, filters.Weights)
		copy(whitening[1].Value.Data, filters.Biases)
	}
	return net, nil
}

// standardize gives the training set mean 0 and deviation 1 a channel.
func standardize(data *datasets.Dataset) nn.Spec {
	mean, deviation := datasets.Statistics(data)
	for i, d := range deviation {
		if d == 0 { // of a channel that is always the same
			deviation[i] = 1
		}
	}
	return layers.Standardize{Mean: mean, Deviation: deviation}
}

// scheduleEnds says whether the schedule's rates depend on its length.
func (s *Settings) scheduleEnds() bool {
	short, err := s.schedule(s.Warmup + 1000)
	long, _ := s.schedule(s.Warmup + 2000)
	return err != nil || short != long
}

func (s *Settings) schedule(steps int) (optim.Schedule, error) {
	if s.Warmup >= steps {
		return nil, wrongSetting("--warmup is %d, wanted fewer than the run's %d steps", s.Warmup, steps)
	}
	schedule, err := named.Schedule(s.Schedule, s.Rate, steps-s.Warmup)
	if err != nil {
		return nil, err
	}
	if s.Warmup > 0 {
		schedule = optim.Warmup{Steps: s.Warmup, After: schedule, Start: 1 / float64(s.Warmup+1)}
	}
	return schedule, nil
}
