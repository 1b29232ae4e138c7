package lab

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"tatami/internal/words"
)

// Result is what an experiment found, and where: result.json in its folder,
// which is in English.
type Result struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Chapter int    `json:"chapter,omitempty"`
	Section string `json:"section"`
	Setup   string `json:"setup"`
	Lesson  string `json:"lesson"`
	Version int    `json:"version"`
	Fast    bool   `json:"fast"`
	// Language is that of the pictures and, but in result.json, of the texts.
	Language words.Language `json:"language"`
	Weights  string         `json:"weights,omitempty"` // SHA-256 of the file of weights that was given
	Lines    []Line         `json:"table"`
	Claims   []Tally        `json:"claims"`
	// Seconds is the time of a run, the mean over seeds; what an earlier one
	// trained for it is in that one's.
	Seconds float64  `json:"seconds"`
	Figures []Figure `json:"figures"`
	Tables  []string `json:"tables,omitempty"`
	Records []Record `json:"runs"`
	// Dir is the folder of its files.
	Dir string `json:"-"`
}

// Line is a row with what was measured.
type Line struct {
	Name      string   `json:"name"`
	Published string   `json:"published,omitempty"`
	Accepted  string   `json:"accepted,omitempty"`
	Measured  string   `json:"measured"`
	Mean      Number   `json:"mean"`
	Deviation Number   `json:"deviation"` // of a seed's value, n−1 in the denominator; not finite for one seed
	Values    []Number `json:"values"`
	Verdict   string   `json:"verdict,omitempty"`
	// Three is what three seeds or more gave, where it is known.
	Three string `json:"three,omitempty"`
}

// The verdicts. A row without an accepted range, and a fast run, has none. What
// one seed or two give is not called missed, since chance alone may do it.
const (
	Met    = "met"
	Missed = "missed"
	Few    = "few seeds"
)

// Tally is a part of the lesson and with how many seeds of how many it held.
type Tally struct {
	Text string `json:"text"`
	Held int    `json:"held"`
	Of   int    `json:"of"`
}

// Figure is a picture's file in the experiment's folder.
type Figure struct {
	File    string `json:"file"`
	Caption string `json:"caption"`
}

// Record is what the run with one seed said.
type Record struct {
	Seed    uint64            `json:"seed"`
	Seconds float64           `json:"seconds"`
	Values  map[string]Number `json:"values"`
	Claims  []Claim           `json:"claims"`
	Notes   []Note            `json:"notes,omitempty"`
}

// Note is a sentence below the table, in both languages, since it has values
// of its run in it.
type Note struct {
	EN string `json:"en"`
	JA string `json:"ja"`
}

// UnmarshalJSON takes a plain text too, as earlier results have it.
func (n *Note) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &n.EN) == nil {
		n.JA = n.EN
		return nil
	}
	type both Note
	return json.Unmarshal(text, (*both)(n))
}

// Claim is a part of the lesson with one seed.
type Claim struct {
	Text string `json:"text"`
	Held bool   `json:"held"`
}

// Number is a float64 that is null in JSON where it is not finite.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// Held reports whether every claim held with every seed.
func (r *Result) Held() bool {
	for _, c := range r.Claims {
		if c.Held < c.Of {
			return false
		}
	}
	return true
}

// Notes are those of all runs, each once.
func (r *Result) Notes() (notes []string) {
	seen := map[string]bool{}
	for _, rec := range r.Records {
		for _, n := range rec.Notes {
			text := words.Text(n).In(r.Language)
			if !seen[text] {
				seen[text] = true
				notes = append(notes, text)
			}
		}
	}
	return notes
}

// summarize works the table out of the records.
func (r *Result) summarize(rows []Row) {
	r.Lines, r.Claims, r.Seconds = nil, nil, 0
	for _, row := range rows {
		line := Line{Name: row.Name.EN}
		if !r.Fast { // what a fast run measures is something else
			line.Published, line.Accepted, line.Three = row.Published.EN, row.Accepted(words.English), row.Three
		}
		var values []float64
		for _, rec := range r.Records {
			if v, ok := rec.Values[row.Name.EN]; ok {
				values = append(values, float64(v))
				line.Values = append(line.Values, v)
			}
		}
		mean, deviation := meanAndDeviation(values)
		line.Mean, line.Deviation = Number(mean), Number(deviation)
		switch {
		case len(values) == 0:
			line.Measured = needsText.In(words.English, row.Needs)
		case len(values) == 1 || deviation == 0:
			line.Measured = row.write(mean)
		default:
			line.Measured = row.write(mean) + " ± " + row.write(deviation)
		}
		if row.judged() && !r.Fast && len(values) > 0 {
			switch {
			case mean >= row.Low && mean <= row.High:
				line.Verdict = Met
			case len(values) < 3:
				line.Verdict = Few
			default:
				line.Verdict = Missed
			}
		}
		r.Lines = append(r.Lines, line)
	}
	place := map[string]int{}
	for _, rec := range r.Records {
		r.Seconds += rec.Seconds / float64(len(r.Records))
		for _, c := range rec.Claims {
			i, ok := place[c.Text]
			if !ok {
				i = len(r.Claims)
				place[c.Text] = i
				r.Claims = append(r.Claims, Tally{Text: c.Text})
			}
			r.Claims[i].Of++
			if c.Held {
				r.Claims[i].Held++
			}
		}
	}
}

var needsText = words.Text{EN: "not run: needs %s", JA: "未測定：%s"}

// translate puts the result, which summarize made in English, into its
// language.
func (r *Result) translate(e Experiment) {
	l := r.Language
	r.Title, r.Section, r.Setup, r.Lesson = e.Title.In(l), e.Section.In(l), e.Setup.In(l), e.Lesson.In(l)
	for i, row := range e.Rows {
		line := &r.Lines[i]
		line.Name = row.Name.In(l)
		if !r.Fast {
			line.Published, line.Accepted = row.Published.In(l), row.Accepted(l)
		}
		if len(line.Values) == 0 {
			line.Measured = needsText.In(l, row.Needs)
		}
	}
	for _, text := range e.Claims {
		for i := range r.Claims {
			if r.Claims[i].Text == text.EN {
				r.Claims[i].Text = text.In(l)
			}
		}
	}
	figures := slices.Clone(r.Figures)
	for i, f := range figures {
		if text, ok := e.Figures[strings.TrimSuffix(f.File, ".png")]; ok {
			figures[i].Caption = text.In(l)
		}
	}
	r.Figures = figures
}

func meanAndDeviation(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / (n - 1))
}
