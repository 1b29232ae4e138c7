package answers

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"

	"tatami/datasets"
	"tatami/internal/strictjson"
	"tatami/layers/inspect"
	"tatami/nn"
)

// The answers of the API. Their JSON is documented on the page /api, and its
// keys do not change within v1.

type shape struct {
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`
}

func shapeOf(s nn.Shape) shape { return shape{s.H, s.W, s.C} }

type layersAnswer struct {
	Model        string            `json:"model"`
	Input        shape             `json:"input"`
	Fit          datasets.Fit      `json:"fit"` // how a picture becomes an input
	Classes      []string          `json:"classes"`
	Parameters   int               `json:"parameters"`
	MultiplyAdds int               `json:"multiply_adds"`
	GradCAM      bool              `json:"grad_cam"`
	Layers       []layerAnswer     `json:"layers"`
	Network      []inspect.Box     `json:"network"` // as it is drawn
	Samples      int               `json:"samples"` // images to try
	Facts        map[string]string `json:"facts"`
}

type layerAnswer struct {
	Position     int    `json:"position"` // from 1
	Name         string `json:"name"`
	Type         string `json:"type"`
	Output       shape  `json:"output"`
	Parameters   int    `json:"parameters"`
	MultiplyAdds int    `json:"multiply_adds"`
}

type picture struct {
	Height   int   `json:"height"`
	Width    int   `json:"width"`
	Channels int   `json:"channels"`
	Pixels   []int `json:"pixels"` // 0 to 255, row by row, the channels of a pixel beside each other
}

type predictAnswer struct {
	Model         string    `json:"model"`
	Label         string    `json:"label"`
	Probability   float32   `json:"probability"`
	Classes       []string  `json:"classes"`
	Probabilities []float32 `json:"probabilities"`
	Image         picture   `json:"image"`

	Doubts []inspect.Doubt `json:"doubts"`
}

// tensorAnswer is values in the order row, column, channel.
type tensorAnswer struct {
	shape
	Values string `json:"values"` // base64 of little-endian float32
}

func tensorOf(t *nn.Tensor) tensorAnswer { return tensorAnswer{shapeOf(t.Shape), encode(t.Data)} }

func encode(values []float32) string {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return base64.StdEncoding.EncodeToString(b)
}

type mapsAnswer struct {
	Model  string      `json:"model"`
	Layers []mapAnswer `json:"layers"`
}

type mapAnswer struct {
	Position int    `json:"position"`
	Name     string `json:"name"`
	tensorAnswer
}

type filtersAnswer struct {
	Model  string         `json:"model"`
	Layers []filterAnswer `json:"layers"`
}

// filterAnswer is the weights of a layer: each filter's in the order row,
// column, channel.
type filterAnswer struct {
	Position int    `json:"position"`
	Name     string `json:"name"`
	Filters  int    `json:"filters"`
	tensorAnswer
}

// Weights is a whole network: what the bench computes with, here or in a page of
// its own.
type Weights struct {
	Model   string        `json:"model"`
	Input   shape         `json:"input"`
	Classes []string      `json:"classes"`
	Layers  []layerValues `json:"layers"`
}

type layerValues struct {
	Position   int             `json:"position"` // from 1
	Name       string          `json:"name"`
	Spec       json.RawMessage `json:"spec"` // as in a model's file
	Parameters []parameter     `json:"parameters"`
}

// parameter has count tensors, one after another.
type parameter struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	tensorAnswer
}

type attentionAnswer struct {
	Model       string          `json:"model"`
	Class       int             `json:"class"`
	Label       string          `json:"label"`
	Probability float32         `json:"probability"`
	Saliency    gridAnswer      `json:"saliency"`
	Occlusion   occlusionAnswer `json:"occlusion"`
	GradCAM     *gradCAMAnswer  `json:"grad_cam"`
	Image       picture         `json:"image"`
}

type gridAnswer struct {
	Height int       `json:"height"`
	Width  int       `json:"width"`
	Values []float32 `json:"values"`
}

type occlusionAnswer struct {
	Size          int       `json:"size"`
	Stride        int       `json:"stride"`
	Rows          int       `json:"rows"`
	Columns       int       `json:"columns"`
	Score         float32   `json:"score"`  // of the whole image, before the softmax
	Scores        []float32 `json:"scores"` // with a part hidden
	Probabilities []float32 `json:"probabilities"`
}

type gradCAMAnswer struct {
	Layer string `json:"layer"`
	gridAnswer
}

type neighboursAnswer struct {
	Model    string            `json:"model"`
	Layer    string            `json:"layer"`    // whose output is compared
	Status   string            `json:"status"`   // ready, reading, or none
	Message  string            `json:"message"`  // where it is not ready
	Examples int               `json:"examples"` // compared
	Nearest  []neighbourAnswer `json:"nearest"`
}

type neighbourAnswer struct {
	Index    int     `json:"index"`
	Label    string  `json:"label"`
	Distance float64 `json:"distance"`
	Image    picture `json:"image"`
}

type sampleAnswer struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Image picture `json:"image"`
}

type convolutionAnswer struct {
	Model          string        `json:"model"`
	Position       int           `json:"position"`
	Name           string        `json:"name"`
	Kernel         int           `json:"kernel"`
	Stride         int           `json:"stride"`
	Pad            int           `json:"pad"`
	Filters        int           `json:"filters"`
	Input          tensorAnswer  `json:"input"`
	Weight         tensorAnswer  `json:"weight"` // of one filter after another
	Bias           []float32     `json:"bias"`
	Output         tensorAnswer  `json:"output"`
	ActivationName string        `json:"activation_name,omitempty"`
	Activation     *tensorAnswer `json:"activation,omitempty"`
}

// parsePixels reads {"pixels": [0 to 1, …]}, row by row: an image that is made
// like the training images already.
func parsePixels(body []byte, in nn.Shape) ([]byte, error) {
	bad := func(format string, args ...any) ([]byte, error) {
		return nil, &Refusal{Bad, fmt.Sprintf(format, args...)}
	}
	wanted := fmt.Sprintf("%d×%d = %d", in.H, in.W, in.Size())
	if in.C > 1 {
		wanted = fmt.Sprintf("%d×%d×%d = %d", in.H, in.W, in.C, in.Size())
	}
	if n := bytes.Count(body, []byte{','}); n >= in.Size() { // so that no memory is taken for them
		return bad("the body has %d values or more, wanted %s", n+1, wanted)
	}
	var v struct {
		Pixels []*float64 `json:"pixels"` // pointers, since null is not 0
	}
	if err := strictjson.Unmarshal(body, &v); err != nil {
		return bad(`the body is not JSON like {"pixels": [0, 0.5, 1, …]}: %v`, err)
	}
	if len(v.Pixels) != in.Size() {
		return bad("pixels has %d values, wanted %s", len(v.Pixels), wanted)
	}
	pixels := make([]byte, len(v.Pixels))
	for i, p := range v.Pixels {
		if p == nil {
			return bad("pixel %d is null, wanted 0 (ground) to 1 (ink)", i)
		}
		if !(*p >= 0 && *p <= 1) {
			return bad("pixel %d is %g, wanted 0 (ground) to 1 (ink)", i, *p)
		}
		pixels[i] = byte(math.Round(255 * *p))
	}
	return pixels, nil
}

func pictureOf(in nn.Shape, pixels []byte) picture {
	p := picture{in.H, in.W, in.C, make([]int, len(pixels))}
	for i, v := range pixels {
		p.Pixels[i] = int(v)
	}
	return p
}

func (s *Models) layers(_ context.Context, _ url.Values, m *Model) (any, error) {
	a := layersAnswer{
		Model: m.name, Input: shapeOf(m.net.Input()), Fit: m.fit, Classes: m.classes,
		Parameters: nn.CountParams(m.net.Params()), MultiplyAdds: m.net.MultiplyAdds(),
		GradCAM: m.net.HasGradCAM(), Facts: m.file.Facts, Network: inspect.Boxes(m.net.Sequential),
	}
	if s.samples != nil && s.samples.Shape == m.net.Input() {
		a.Samples = s.samples.Len()
	}
	if a.Facts == nil {
		a.Facts = map[string]string{}
	}
	for i, l := range m.net.Layers() {
		spec := m.net.Specs()[i]
		layer := layerAnswer{
			Position: i + 1, Name: fmt.Sprint(spec), Type: nn.TypeName(spec), Output: shapeOf(l.OutShape()),
			Parameters: nn.CountParams(l.Params()),
		}
		if c, ok := l.(nn.Costed); ok {
			layer.MultiplyAdds = c.MultiplyAdds()
		}
		a.Layers = append(a.Layers, layer)
	}
	return a, nil
}

func (s *Models) filters(_ context.Context, _ url.Values, m *Model) (any, error) {
	a := filtersAnswer{Model: m.name, Layers: []filterAnswer{}}
	for i, l := range m.net.Layers() {
		for _, p := range l.Params() {
			// Convolutions, and affine layers that look at a grey image.
			convolution := inspect.IsConvolution(m.net.Specs()[i])
			if p.Name == "weight" && (convolution || p.Value.C == 1 && p.Value.H*p.Value.W > 1) {
				a.Layers = append(a.Layers, filterAnswer{i + 1, fmt.Sprint(m.net.Specs()[i]), p.Value.N, tensorOf(p.Value)})
			}
		}
	}
	return a, nil
}

// mostWeights bounds an answer to some 11 MB.
const mostWeights = 2 << 20

func (s *Models) weights(_ context.Context, _ url.Values, m *Model) (any, error) {
	if n := nn.CountParams(m.net.Params()); n > mostWeights {
		return nil, &Refusal{TooLarge, fmt.Sprintf("the model has %d parameters, and this answer at most %d", n, mostWeights)}
	}
	return NewWeights(m.name, m.classes, m.net.Sequential)
}

// NewWeights describes a network under a name.
func NewWeights(name string, classes []string, net *nn.Sequential) (*Weights, error) {
	text, err := nn.FormatArchitecture(net.Input(), net.Specs())
	if err != nil {
		return nil, err
	}
	var architecture struct{ Layers []json.RawMessage }
	if err := json.Unmarshal(text, &architecture); err != nil {
		return nil, err
	}
	w := &Weights{Model: name, Input: shapeOf(net.Input()), Classes: classes}
	for i, l := range net.Layers() {
		v := layerValues{i + 1, fmt.Sprint(net.Specs()[i]), architecture.Layers[i], []parameter{}}
		for _, p := range l.Params() {
			v.Parameters = append(v.Parameters, parameter{p.Name, p.Value.N, tensorOf(p.Value)})
		}
		w.Layers = append(w.Layers, v)
	}
	return w, nil
}

func (s *Models) predict(_ context.Context, _ url.Values, q *Question) (any, error) {
	y := q.net.Probabilities(q.x).Data
	best := nn.Argmax(y)
	return predictAnswer{
		Model: q.name, Label: q.classes[best], Probability: y[best], Classes: q.classes, Probabilities: y,
		Image: pictureOf(q.x.Shape, q.pixels), Doubts: q.net.Doubts(q.file.Facts, q.x, y),
	}, nil
}

func (s *Models) maps(_ context.Context, _ url.Values, q *Question) (any, error) {
	a := mapsAnswer{Model: q.name, Layers: []mapAnswer{{0, "input", tensorOf(q.x)}}}
	for i, y := range q.net.Activations(q.x) {
		a.Layers = append(a.Layers, mapAnswer{i + 1, fmt.Sprint(q.net.Specs()[i]), tensorOf(y)})
	}
	return a, nil
}

func (s *Models) attention(ctx context.Context, query url.Values, q *Question) (any, error) {
	y := q.net.Probabilities(q.x).Data
	class := nn.Argmax(y)
	if text := query.Get("class"); text != "" {
		class = slices.Index(q.classes, text)
		if class < 0 {
			return nil, &Refusal{Bad, fmt.Sprintf("the model has no class %q", text)}
		}
	}
	o, err := q.net.Occlude(ctx, q.x, class)
	if err != nil {
		return nil, err
	}
	a := attentionAnswer{
		Model: q.name, Class: class, Label: q.classes[class], Probability: y[class],
		Saliency:  gridAnswer{q.x.H, q.x.W, sumChannels(q.net.Saliency(q.x, class), q.x.C)},
		Occlusion: occlusionAnswer{o.Size, o.Stride, o.Rows, o.Columns, o.Score, o.Scores, o.Probabilities},
		Image:     pictureOf(q.x.Shape, q.pixels),
	}
	if q.net.HasGradCAM() {
		cam := q.net.GradCAM(q.x, class)
		a.GradCAM = &gradCAMAnswer{q.net.LayerName(q.net.GradCAMLayer() - 1), gridAnswer{cam.H, cam.W, cam.Data}}
	}
	return a, nil
}

func (s *Models) neighbours(ctx context.Context, query url.Values, q *Question) (any, error) {
	k, err := number(query, "k", 12, 1, 100)
	if err != nil {
		return nil, err
	}
	a := neighboursAnswer{Model: q.name, Layer: "input", Nearest: []neighbourAnswer{}}
	if n := q.net.FeatureLayer(); n > 0 {
		a.Layer = q.net.LayerName(n - 1)
	}
	index := q.index.Load()
	if index == nil {
		a.Status, a.Message = s.noIndex(q.Model)
		return a, nil
	}
	a.Status, a.Examples = "ready", index.Len()
	nearest, err := index.Nearest(ctx, q.x, k)
	if err != nil {
		return nil, err
	}
	for _, n := range nearest {
		a.Nearest = append(a.Nearest, neighbourAnswer{
			n.Index, s.examples.Classes[s.examples.Labels[n.Index]], n.Distance,
			pictureOf(s.examples.Shape, s.examples.Images[n.Index]),
		})
	}
	return a, nil
}

// sumChannels is a value a pixel: what it would do to lighten all its colours.
func sumChannels(values []float32, channels int) []float32 {
	if channels == 1 {
		return values
	}
	sums := make([]float32, len(values)/channels)
	for i, v := range values {
		sums[i/channels] += v
	}
	return sums
}

// noIndex tells why nothing can be compared.
func (s *Models) noIndex(m *Model) (status, message string) {
	if text, ok := m.indexErr.Load().(string); ok {
		return "none", text
	}
	if s.examples == nil {
		return "none", "there are no training images: " + s.why
	}
	return "reading", fmt.Sprintf("the training images are being read: %d of %d", m.indexed.Load(), s.examples.Len())
}

// sample is an image to try: the one of an index, or any, or any of a class.
func (s *Models) sample(_ context.Context, query url.Values, m *Model) (any, error) {
	if s.samples == nil {
		return nil, &Refusal{NotFound, "there are no test images: " + s.why}
	}
	if s.samples.Shape != m.net.Input() {
		return nil, &Refusal{NotFound, fmt.Sprintf("the test images are %v, the model takes %v", s.samples.Shape, m.net.Input())}
	}
	at, err := number(query, "index", rand.IntN(s.samples.Len()), 0, s.samples.Len()-1)
	if err != nil {
		return nil, err
	}
	if text := query.Get("label"); text != "" {
		class := slices.Index(s.samples.Classes, text)
		from := at
		for class < 0 || int(s.samples.Labels[at]) != class {
			if at = (at + 1) % s.samples.Len(); at == from || class < 0 {
				return nil, &Refusal{NotFound, fmt.Sprintf("no test image is labelled %q", text)}
			}
		}
	}
	return sampleAnswer{at, s.samples.Classes[s.samples.Labels[at]], pictureOf(s.samples.Shape, s.samples.Images[at])}, nil
}

func (s *Models) convolution(_ context.Context, query url.Values, q *Question) (any, error) {
	position, err := number(query, "layer", 0, 1, len(q.net.Specs()))
	if err != nil {
		return nil, err
	}
	if position == 0 { // the first
		for i := range q.net.Specs() {
			if inspect.IsConvolution(q.net.Specs()[i]) {
				position = i + 1
				break
			}
		}
		if position == 0 {
			return nil, &Refusal{Bad, "the model has no convolution"}
		}
	}
	c, err := q.net.Convolution(q.x, position-1)
	if errors.Is(err, inspect.ErrNoConvolution) {
		return nil, &Refusal{Bad, err.Error()}
	}
	if err != nil {
		return nil, err
	}
	a := convolutionAnswer{
		Model: q.name, Position: position, Name: fmt.Sprint(q.net.Specs()[position-1]),
		Kernel: c.Kernel, Stride: c.Stride, Pad: c.Pad, Filters: c.Weight.N,
		Input: tensorOf(c.Input), Weight: tensorOf(c.Weight), Bias: c.Bias.Data, Output: tensorOf(c.Output),
	}
	if c.Activation != nil {
		t := tensorOf(c.Activation)
		a.ActivationName, a.Activation = c.ActivationName, &t
	}
	return a, nil
}

// number is a parameter of a call.
func number(query url.Values, name string, usual, least, most int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, &Refusal{Bad, fmt.Sprintf("%s is %q, wanted a number from %d to %d", name, text, least, most)}
	}
	return n, nil
}
