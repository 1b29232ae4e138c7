package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/nn"
)

// Reading is how data are read, beside what the settings say.
type Reading struct {
	Memory Memory
	// Progress is told how many pictures have been read; it may be nil.
	Progress func(done, all int)
}

// Memory is a number of bytes: the value of the flag --memory.
type Memory int64

// Set implements pflag.Value.
func (m *Memory) Set(text string) error {
	number, unit := strings.TrimSuffix(strings.ToUpper(text), "B"), int64(1)
	for name, size := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40} {
		if rest, ok := strings.CutSuffix(number, name); ok {
			number, unit = rest, size
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v >= 0 && v*float64(unit) < 1<<60) {
		return errors.New("wanted a number of bytes, such as 512M or 2G")
	}
	*m = Memory(max(1, v*float64(unit)))
	return nil
}

// String implements pflag.Value.
func (m *Memory) String() string {
	if *m == 0 {
		return ""
	}
	return fmt.Sprint(int64(*m))
}

// Type implements pflag.Value.
func (m *Memory) Type() string { return "bytes" }

// reading is what the settings say.
func (s *Settings) reading() (o datasets.Options, err error) {
	o = datasets.Options{Color: s.Color, TestShare: s.TestShare, Seed: s.Seed, SkipBroken: s.SkipBroken}
	if !(s.TestShare >= 0 && s.TestShare < 1) {
		return o, wrongSetting("--%s is %v, wanted %s", "test-share", s.TestShare, "0 or more and less than 1")
	}
	if s.Size != "" {
		if o.Height, o.Width, err = parseSize(s.Size); err != nil {
			return o, err
		}
	}
	if s.Fit != "" {
		if o.Fit, err = datasets.ParseFit(s.Fit); err != nil {
			return o, SettingError{fmt.Errorf("--fit: %w", err)}
		}
	}
	if c := s.Color; c != "" && c != "rgb" && c != "gray" {
		return o, wrongSetting("--color is %s, wanted rgb or gray", c)
	}
	if o.Fit == datasets.FitDigit && s.Color == "rgb" {
		return o, wrongSetting("--color rgb cannot stand beside --fit digit, which makes gray images")
	}
	return o, nil
}

// parseSize reads 64, or 48x64: height and width.
func parseSize(text string) (height, width int, err error) {
	first, second, both := strings.Cut(strings.ReplaceAll(strings.ToLower(text), "×", "x"), "x")
	height, err = strconv.Atoi(first)
	width = height
	if both && err == nil {
		width, err = strconv.Atoi(second)
	}
	if err != nil || min(height, width) < 1 || max(height, width) > maxSize {
		return 0, 0, wrongSetting("--size is %q, wanted a side of 1 to %d pixels, as in 64, or HEIGHTxWIDTH, as in 48x64", text, maxSize)
	}
	return height, width, nil
}

// maxSize is the largest side of a picture in a network.
const maxSize = 4096

// Load reads the data that the settings name, and settles in them what the data
// decide: so that a resumed run reads the same.
func (s *Settings) Load(r Reading) (*datasets.Data, error) {
	o, err := s.reading()
	if err != nil {
		return nil, err
	}
	o.Memory, o.Progress = int64(r.Memory), r.Progress
	d, err := readData(s.Data, o)
	if err != nil {
		return nil, err
	}
	if s.Data != "" {
		s.Fit = string(d.Fit)
	}
	if d.Kind != datasets.KindPictures {
		for flag, given := range map[string]bool{
			"size": s.Size != "", "color": s.Color != "", "test-share": s.TestShare != 0, "skip-broken": s.SkipBroken,
		} {
			if given {
				return nil, wrongSetting("--%s is for folders of pictures, and %s holds none", flag, cmp.Or(s.Data, "MNIST"))
			}
		}
		return d, nil
	}
	s.Size, s.Color = fmt.Sprintf("%dx%d", d.Train.H, d.Train.W), "rgb"
	if d.Train.C == 1 {
		s.Color = "gray"
	}
	if !d.Split && s.TestShare != 0 {
		return nil, wrongSetting("--test-share is for pictures without a test set, and %s holds one", s.Data)
	}
	return d, nil
}

// readData reads a folder, MNIST without one.
func readData(dir string, o datasets.Options) (*datasets.Data, error) {
	if dir == "" {
		train, test, err := datasets.MNIST()
		if err != nil {
			return nil, err
		}
		return &datasets.Data{Train: train, Test: test, Kind: datasets.KindIDX, Fit: cmp.Or(o.Fit, datasets.FitDigit)}, nil
	}
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	return datasets.Read(context.Background(), dir, o)
}

// The facts of a model that tell how its data were read.
const (
	factSeed       = "seed"
	factTestShare  = "test_share"
	factSkipBroken = "skip_broken"
)

// readingFacts are those of the settings, for a model.
func (s *Settings) readingFacts(facts map[string]string, d *datasets.Data) {
	facts[datasets.FactFit] = string(d.Fit)
	if s.TestShare != 0 {
		facts[factTestShare] = strconv.FormatFloat(s.TestShare, 'g', -1, 64)
	}
	if s.SkipBroken {
		facts[factSkipBroken] = "true"
	}
}

// LoadFor reads a folder, MNIST without one, as the data of a model were read:
// pictures become its inputs, and the same are held out of the same folder.
func LoadFor(m *nn.Model, dir string, r Reading) (*datasets.Data, error) {
	fit, err := datasets.FitOf(m)
	if err != nil {
		return nil, err
	}
	in := m.Input()
	o := datasets.Options{
		Height: in.H, Width: in.W, Fit: fit, Color: "rgb", SkipBroken: m.Facts[factSkipBroken] != "",
		Memory: int64(r.Memory), Progress: r.Progress,
	}
	if in.C == 1 {
		o.Color = "gray"
	}
	o.Seed, _ = strconv.ParseUint(m.Facts[factSeed], 10, 64) // a model made elsewhere has none
	o.TestShare, _ = strconv.ParseFloat(m.Facts[factTestShare], 64)
	if !(o.TestShare > 0 && o.TestShare < 1) {
		o.TestShare = 0
	}
	d, err := readData(dir, o)
	if err != nil {
		return nil, err
	}
	if len(m.Classes) > 0 && d.Kind == datasets.KindPictures && strings.Join(d.Train.Classes, "\x00") != strings.Join(m.Classes, "\x00") {
		return nil, fmt.Errorf("%s has the classes %s, the model %s", dir, strings.Join(d.Train.Classes, ", "), strings.Join(m.Classes, ", "))
	}
	return d, nil
}

// checkFolder refuses what would keep a reader waiting, such as named pipes.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return nil // Read tells
	}
	if !info.IsDir() {
		return fmt.Errorf("cannot read folder %s: not a directory", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !strings.Contains(e.Name(), "ubyte") || e.IsDir() {
			continue
		}
		if err := files.Regular(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
