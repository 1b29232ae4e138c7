package run

import (
	"cmp"
	"fmt"
	"path/filepath"

	"tatami/internal/words"
	"tatami/internal/words/errortext"
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
func (s *Settings) adopted(l words.Language) string {
	names := func(list []string) string {
		first, last := errortext.Say(list[0], l), errortext.Say(list[len(list)-1], l)
		if len(list) == 1 {
			return first
		}
		return words.Text{EN: "%d layers with weights, %v to %v,", JA: "重みのある %d 層（%vから%vまで）"}.In(l, len(list), first, last)
	}
	text := words.Text{EN: "took nothing from %s", JA: "%s から引き継いだ層はありません"}.In(l, s.From)
	if len(s.Taken) > 0 {
		text = words.Text{EN: "took %v from %s", JA: "%[2]s から%[1]vを引き継ぎました"}.In(l, names(s.Taken), s.From)
	}
	if s.Freeze > 0 {
		text += words.Text{EN: "; the first %d layers are frozen", JA: "。最初の %d 層は学習しません"}.In(l, s.Freeze)
	}
	if len(s.Drawn) > 0 {
		text += words.Text{EN: "; drew anew %v", JA: "。%vは初期化し直しました"}.In(l, names(s.Drawn))
	}
	return text
}
