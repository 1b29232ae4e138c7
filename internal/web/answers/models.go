// Package answers answers questions about trained models: what a picture
// shows, and why. Questions and answers are those of the API that the page
// /api of a server documents; how they travel is left to others, so it stands
// apart from servers and is small enough for a browser's module.
package answers

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"net/url"
	"strings"
	"sync/atomic"

	"tatami/datasets"
	"tatami/internal/budget"
	"tatami/layers/inspect"
	"tatami/nn"
)

// Models are what questions are about.
type Models struct {
	models   []*Model
	examples *datasets.Dataset // among which similar images are looked for; nil: none
	samples  *datasets.Dataset // to try
	why      string            // there are none
}

// Model is a model under its name.
type Model struct {
	name    string
	file    *nn.Model
	net     *inspect.Network
	classes []string
	fit     datasets.Fit // how a picture becomes an input

	index    atomic.Pointer[inspect.Index]
	indexed  atomic.Int64 // images
	indexErr atomic.Value // string
}

// A Refusal is a question that has no answer, with the status that HTTP has
// for it.
type Refusal struct {
	Status int
	Text   string
}

func (r *Refusal) Error() string { return r.Text }

// The statuses of refusals.
const (
	Bad           = 400
	NotFound      = 404
	TooLarge      = 413
	Unprocessable = 422
)

// About is a kind of answer about a model.
type About func(ctx context.Context, query url.Values, m *Model) (any, error)

// On is a kind of answer about what a model makes of an image.
type On func(ctx context.Context, query url.Values, q *Question) (any, error)

// About lists the answers about a model by the last part of their path.
func (s *Models) About() map[string]About {
	return map[string]About{"layers": s.layers, "filters": s.filters, "weights": s.weights, "sample": s.sample}
}

// On lists the answers about an image likewise.
func (s *Models) On() map[string]On {
	return map[string]On{
		"predict": s.predict, "maps": s.maps, "attention": s.attention, "neighbours": s.neighbours, "convolution": s.convolution,
	}
}

// Names are those of the models.
func (s *Models) Names() (names []string) {
	for _, m := range s.models {
		names = append(names, m.name)
	}
	return names
}

// Add takes a model, under a name of its own.
func (s *Models) Add(name string, m *nn.Model) error {
	if s.find(name) != nil {
		return fmt.Errorf("two models are called %q", name)
	}
	fit, err := datasets.FitOf(m)
	if err != nil {
		return fmt.Errorf("model %s: %w", name, err)
	}
	if in := m.Input(); in.C != 1 && (in.C != 3 || fit == datasets.FitDigit) || in.H < 4 || in.W < 4 {
		return fmt.Errorf("model %s takes %v, wanted images of at least 4×4 pixels, grey or in colour", name, in)
	}
	if out := m.Output(); out != nn.Features(out.Size()) { // names and numbers for a million pixels
		return fmt.Errorf("model %s: its output is an image of %v, wanted a number a class", name, out)
	}
	if err := budget.Check(m.Sequential, budget.Answer()); err != nil { // an image's way through a model cannot be cut short
		return fmt.Errorf("model %s: %w", name, err)
	}
	classes := m.Classes
	for i := len(classes); i < m.Output().Size(); i++ {
		classes = append(classes, fmt.Sprint(i))
	}
	s.models = append(s.models, &Model{name: name, file: m, net: inspect.New(m.Sequential), classes: classes, fit: fit})
	return nil
}

// Data gives training images, among which similar ones are looked for, and
// test images, for those who have no picture at hand.
func (s *Models) Data(train, test *datasets.Dataset) { s.examples, s.samples = train, test }

// NoData tells why there are no images.
func (s *Models) NoData(why error) { s.why = why.Error() }

// indexValues is the number of values that the features of all models may
// take together, 48 MB. Where it does not suffice there are fewer examples.
const indexValues = 12 << 20

// Index computes the features of all examples for each model, in the
// background of ctx.
func (s *Models) Index(ctx context.Context) {
	if s.examples == nil {
		return
	}
	for _, m := range s.models {
		if m.net.Input() != s.examples.Shape {
			m.indexErr.Store(fmt.Sprintf("the examples are %v, the model takes %v", s.examples.Shape, m.net.Input()))
			continue
		}
		examples := s.examples.Limit(indexValues / len(s.models) / m.net.FeatureSize())
		index, err := inspect.NewIndex(ctx, m.net, examples, func(done int) { m.indexed.Store(int64(done)) })
		if err != nil {
			return
		}
		m.index.Store(index)
	}
}

func (s *Models) find(name string) *Model {
	for _, m := range s.models {
		if m.name == name {
			return m
		}
	}
	return nil
}

// Model is the one that a call names, or the first.
func (s *Models) Model(query url.Values) (*Model, error) {
	name := query.Get("model")
	if name == "" && len(s.models) > 0 {
		return s.models[0], nil
	}
	if m := s.find(name); m != nil {
		return m, nil
	}
	return nil, &Refusal{NotFound, fmt.Sprintf("no model is called %q; /api/v1/health lists them", name)}
}

// Question is a model and the image about which it is asked.
type Question struct {
	*Model
	pixels []byte     // as the model sees them, H·W·C
	x      *nn.Tensor // the same in [0, 1]
}

// CheckBody refuses a body that is empty.
func CheckBody(body []byte) error {
	if len(body) == 0 {
		return &Refusal{Bad, "the body is empty: send a PNG, JPEG, GIF, BMP or WebP image, or JSON with pixels"}
	}
	return nil
}

// Question is one about the image in a body: pixels as JSON, or a picture,
// which is made like the training images.
func (m *Model) Question(ctx context.Context, isJSON bool, body []byte) (q *Question, err error) {
	q = &Question{Model: m}
	if isJSON {
		q.pixels, err = parsePixels(body, m.net.Input())
	} else {
		q.pixels, err = m.read(ctx, body)
	}
	if err != nil {
		return nil, err
	}
	q.x = datasets.Tensor(m.net.Input(), q.pixels)
	return q, nil
}

func (m *Model) read(ctx context.Context, body []byte) ([]byte, error) {
	img, err := Decode(ctx, body)
	if err != nil {
		return nil, err
	}
	pixels, err := m.fit.Pixels(img, m.net.Input())
	if err != nil {
		return nil, &Refusal{Unprocessable, err.Error()}
	}
	return pixels, nil
}

// Decode decodes the image of a body, until ctx is done.
func Decode(ctx context.Context, body []byte) (image.Image, error) {
	img, err := datasets.DecodeImage(&until{ctx, bytes.NewReader(body)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &Refusal{Unprocessable, err.Error()}
	}
	return img, nil
}

// until reads until ctx is done, a little at a time, so that what is made of
// it ends soon as well.
type until struct {
	ctx context.Context
	io.ReadSeeker
}

func (u *until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.ReadSeeker.Read(b[:min(len(b), 1<<10)])
}

// Call is a question as it comes from a page that has no server.
type Call struct {
	Path  string // such as /api/v1/predict
	Query url.Values
	JSON  bool // whether Body is
	Body  []byte
	// Reply takes the answer: bytes as they are, anything else as JSON.
	Reply func(answer any, err error)
}

// Answer is that to a call of the API.
func (s *Models) Answer(c *Call) (any, error) {
	ctx, name := context.Background(), strings.TrimPrefix(c.Path, "/api/v1/")
	if name == "health" {
		return struct {
			Status string   `json:"status"`
			Models []string `json:"models"`
		}{"ok", s.Names()}, nil
	}
	m, err := s.Model(c.Query)
	if err != nil {
		return nil, err
	}
	if about, ok := s.About()[name]; ok {
		return about(ctx, c.Query, m)
	}
	on, ok := s.On()[name]
	if !ok {
		return nil, &Refusal{NotFound, "the API has no " + c.Path}
	}
	if err := CheckBody(c.Body); err != nil {
		return nil, err
	}
	q, err := m.Question(ctx, c.JSON, c.Body)
	if err != nil {
		return nil, err
	}
	return on(ctx, c.Query, q)
}
