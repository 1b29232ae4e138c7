package run

import (
	"cmp"
	"fmt"
	"path/filepath"

	"tatami/nn"
)

// adopt is the network that --from names, for images of the given shape and
// classes, its first layers frozen. The settings keep what it is, since the
// model may be gone when the run is resumed.
func (s *Settings) adopt(shape nn.Shape, classes []string) (*nn.Sequential, error) {
	m, err := LoadModel(s.From)
	if err != nil {
		return nil, err
	}
	if m.Input() != shape {
		return nil, fmt.Errorf("--from %s takes images of %v, the data have %v", s.From, m.Input(), shape)
	}
	net, taken, err := m.ForClasses(newRand(s.Seed), classes)
	if err != nil {
		return nil, fmt.Errorf("--from %s: %w", s.From, err)
	}
	last := 0 // of the layers with parameters
	for i, l := range net.Layers() {
		if len(l.Params()) > 0 {
			last = i
		}
	}
	if most := min(taken, last); s.Freeze > most {
		return nil, wrongSetting("--freeze is %d, wanted at most %d: %s must learn", s.Freeze, most, net.LayerName(most))
	}
	if net, err = net.Freeze(s.Freeze); err != nil {
		return nil, fmt.Errorf("--from %s: %w", s.From, err)
	}
	if s.Architecture, err = nn.FormatArchitecture(net.Input(), net.Specs()); err != nil {
		return nil, err
	}
	if s.From, err = filepath.Abs(s.From); err != nil {
		return nil, err
	}
	s.Net = cmp.Or(m.Facts["net"], "model")
	s.Taken, s.Drawn = nil, nil
	for i, l := range net.Layers() {
		switch {
		case len(l.Params()) == 0:
		case i < taken:
			s.Taken = append(s.Taken, net.LayerName(i))
		default:
			s.Drawn = append(s.Drawn, net.LayerName(i))
		}
	}
	return net, nil
}

// adopted tells which layers a run took from where.
func (s *Settings) adopted() string {
	names := func(list []string) string {
		if len(list) == 1 {
			return list[0]
		}
		return fmt.Sprintf("%d layers with weights, %s to %s,", len(list), list[0], list[len(list)-1])
	}
	text := "nothing"
	if len(s.Taken) > 0 {
		text = names(s.Taken)
	}
	text = fmt.Sprintf("took %s from %s", text, s.From)
	if s.Freeze > 0 {
		text += fmt.Sprintf("; the first %d layers are frozen", s.Freeze)
	}
	if len(s.Drawn) > 0 {
		text += "; drew anew " + names(s.Drawn)
	}
	return text
}
