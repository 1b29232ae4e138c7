package serve_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/internal/web"
	"tatami/internal/web/serve"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

// fresh is a network as it is before training.
func fresh(t testing.TB, name string) *nn.Model {
	t.Helper()
	n, err := networks.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.NewSequential(n.Input, rand.New(rand.NewPCG(3, 0)), n.Specs(10)...)
	if err != nil {
		t.Fatal(err)
	}
	return &nn.Model{Sequential: net, Facts: map[string]string{"net": name}}
}

// pictures are images of noise with labels.
func pictures(n int) *datasets.Dataset {
	data := &datasets.Dataset{Shape: nn.Shape{H: 28, W: 28, C: 1}}
	for i := range 10 {
		data.Classes = append(data.Classes, fmt.Sprint(i))
	}
	for i := range n {
		pixels := make([]byte, 28*28)
		for k := range pixels {
			pixels[k] = byte(rand.IntN(256))
		}
		data.Images, data.Labels = append(data.Images, pixels), append(data.Labels, i%7)
	}
	return data
}

// api serves lenet and mlp, with 50 images to compare and 30 to try.
func api(t *testing.T) (url string, lenet *nn.Model, data *datasets.Dataset) {
	t.Helper()
	s := serve.New("1.2.3")
	lenet = fresh(t, "lenet")
	if err := s.Add("lenet", lenet); err != nil {
		t.Fatal(err)
	}
	if err := s.Add("mlp", fresh(t, "mlp")); err != nil {
		t.Fatal(err)
	}
	data = pictures(50)
	s.Data(data, data.Limit(30))
	return start(t, s), lenet, data
}

// stroke is a picture of something like a 1.
func stroke() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, 60, 80))
	for y := range 80 {
		for x := range 60 {
			img.SetGray(x, y, color.Gray{255})
			if y > 15 && y < 65 && x > 25+y/20 && x < 33+y/20 {
				img.SetGray(x, y, color.Gray{uint8(y)})
			}
		}
	}
	return img
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

func request(t testing.TB, method, url, kind string, body io.Reader) reply {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, text}
}

// decode reads an answer, which must be good.
func decode[T any](t testing.TB, r reply) (v T) {
	t.Helper()
	if err := json.Unmarshal(r.body, &v); err != nil || r.status != http.StatusOK {
		t.Fatalf("%d %v: %.200s", r.status, err, r.body)
	}
	return v
}

// refuses asks for a status and an error of one sentence with some words.
func (r reply) refuses(t *testing.T, status int, words string) {
	t.Helper()
	var v map[string]string
	if err := json.Unmarshal(r.body, &v); err != nil || len(v) != 1 || r.status != status || !strings.Contains(v["error"], words) {
		t.Errorf("%d %.200s, want %d with %q", r.status, r.body, status, words)
	}
}

// outline writes the form of a JSON value: its keys and types.
func outline(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for k, e := range v {
			parts = append(parts, k+" "+outline(e))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		return "[" + outline(v[0]) + "]"
	case nil:
		return "null"
	case float64:
		return "number"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// Programs rely on these forms: a key may come, none may go or change.
func TestFormsOfV1(t *testing.T) {
	url, _, _ := api(t)
	const (
		picture = "image {channels number, height number, pixels [number], width number}"
		tensor  = "channels number, height number, %svalues string, width number"
	)
	of := func(middle string) string { return fmt.Sprintf(tensor, middle) }
	for _, c := range []struct{ method, path, want string }{
		{"GET", "health", "{models [string], status string, uptime_seconds number, version string, waiting number}"},
		{"GET", "layers", "{classes [string], facts {net string}, fit string, grad_cam bool, input {channels number, height number, width number}, layers [{multiply_adds number, name string, output {channels number, height number, width number}, parameters number, position number, type string}], model string, multiply_adds number, network [{learned number, name string, output string, running number, type string}], parameters number, samples number}"},
		{"GET", "filters", "{layers [{channels number, filters number, height number, name string, position number, values string, width number}], model string}"},
		{"GET", "weights", "{classes [string], input {channels number, height number, width number}, layers [{name string, parameters [{channels number, count number, height number, name string, values string, width number}], position number, spec {Filters number, Kernel number, Pad number, type string}}], model string}"},
		{"GET", "sample", "{" + picture + ", index number, label string}"},
		{"POST", "predict", "{classes [string], doubts [string], " + picture + ", label string, model string, probabilities [number], probability number}"},
		{"POST", "maps", "{layers [{" + of("name string, position number, ") + "}], model string}"},
		{"POST", "attention", "{class number, grad_cam {height number, layer string, values [number], width number}, " + picture + ", label string, model string, occlusion {columns number, probabilities [number], rows number, score number, scores [number], size number, stride number}, probability number, saliency {height number, values [number], width number}}"},
		{"POST", "attention?model=mlp", "{class number, grad_cam null, " + picture + ", label string, model string, occlusion {columns number, probabilities [number], rows number, score number, scores [number], size number, stride number}, probability number, saliency {height number, values [number], width number}}"},
		{"POST", "neighbours", "{examples number, layer string, message string, model string, nearest [{distance number, " + picture + ", index number, label string}], status string}"},
		{"POST", "convolution", "{activation {" + of("") + "}, activation_name string, bias [number], filters number, input {" + of("") + "}, kernel number, model string, name string, output {" + of("") + "}, pad number, position number, stride number, weight {" + of("") + "}}"},
	} {
		r := request(t, c.method, url+"/api/v1/"+c.path, "", bytes.NewReader(asPNG(t, stroke())))
		if got := outline(decode[any](t, r)); got != c.want {
			t.Errorf("%s has the form\n%s, want\n%s", c.path, got, c.want)
		}
		if kind := r.header.Get("Content-Type"); kind != "application/json; charset=utf-8" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.path, r.header)
		}
	}
}

type prediction struct {
	Model, Label  string
	Probability   float32
	Probabilities []float32
	Image         struct{ Pixels []int }
}

func TestPredict(t *testing.T) {
	url, lenet, _ := api(t)
	img := stroke()
	pixels, err := datasets.Digit(img, lenet.Input())
	if err != nil {
		t.Fatal(err)
	}
	want := lenet.Predict(datasets.Tensor(lenet.Input(), pixels)).Data
	best := slices.Index(want, slices.Max(want))
	ask := func(kind string, body []byte) prediction {
		return decode[prediction](t, request(t, http.MethodPost, url+"/api/v1/predict", kind, bytes.NewReader(body)))
	}
	check := func(what string, got prediction) {
		t.Helper()
		if got.Model != "lenet" || got.Label != fmt.Sprint(best) || got.Probability != want[best] || !slices.Equal(got.Probabilities, want) {
			t.Errorf("%s: %+v, want %v", what, got, want)
		}
		for i, v := range got.Image.Pixels {
			if v != int(pixels[i]) {
				t.Errorf("%s: pixel %d is %d, want %d", what, i, v, pixels[i])
				break
			}
		}
	}
	check("PNG", ask("image/png", asPNG(t, img)))
	check("PNG called something else", ask("application/x-www-form-urlencoded", asPNG(t, img))) // as curl does
	var b bytes.Buffer
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.Gray{uint8(i)}
	}
	indexed := image.NewPaletted(img.Rect, palette)
	copy(indexed.Pix, img.Pix)
	if err := gif.Encode(&b, indexed, nil); err != nil {
		t.Fatal(err)
	}
	check("GIF", ask("", b.Bytes()))
	b.Reset()
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	if got := ask("image/jpeg", b.Bytes()); math.Abs(float64(got.Probability-want[best])) > 0.05 {
		t.Errorf("JPEG: %+v", got)
	}
	values := make([]float64, len(pixels))
	for i, v := range pixels {
		values[i] = float64(v) / 255
	}
	body, err := json.Marshal(map[string]any{"pixels": values})
	if err != nil {
		t.Fatal(err)
	}
	check("JSON", ask("application/json; charset=utf-8", body))
}

func TestOtherAnswers(t *testing.T) {
	url, lenet, data := api(t)
	body := func(k int) *bytes.Reader {
		pixels := make([]float64, 28*28)
		for i, v := range data.Images[k] {
			pixels[i] = float64(v) / 255
		}
		b, err := json.Marshal(map[string]any{"pixels": pixels})
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(b)
	}
	post := func(path string, k int) reply {
		return request(t, http.MethodPost, url+"/api/v1/"+path, "application/json", body(k))
	}
	x := datasets.Tensor(data.Shape, data.Images[17])

	type tensor struct {
		Position, Height, Width, Channels int
		Values                            string
	}
	same := func(what string, got tensor, want *nn.Tensor) {
		t.Helper()
		raw, err := base64.StdEncoding.DecodeString(got.Values)
		values := make([]float32, len(raw)/4)
		if err == nil {
			_, err = binary.Decode(raw, binary.LittleEndian, values)
		}
		if err != nil || got.Height != want.H || got.Width != want.W || got.Channels != want.C || !slices.Equal(values, want.Data) {
			t.Errorf("%s: %v, %d×%d×%d, want %v", what, err, got.Height, got.Width, got.Channels, want.Shape)
		}
	}
	maps := decode[struct{ Layers []tensor }](t, post("maps", 17))
	activations := lenet.Activations(x)
	same("the input", maps.Layers[0], x)
	for i, y := range activations {
		if maps.Layers[i+1].Position != i+1 {
			t.Errorf("layer %d has position %d", i+1, maps.Layers[i+1].Position)
		}
		same(lenet.LayerName(i), maps.Layers[i+1], y)
	}
	filters := decode[struct{ Layers []tensor }](t, request(t, http.MethodGet, url+"/api/v1/filters", "", nil))
	same("filters of layer 4", filters.Layers[1], lenet.Params()[2].Value)

	// An image's nearest is itself.
	near := decode[struct {
		Status, Layer string
		Examples      int
		Nearest       []struct {
			Index    int
			Label    string
			Distance float64
		}
	}](t, post("neighbours?k=3", 17))
	if n := near.Nearest; near.Status != "ready" || near.Examples != 50 || len(n) != 3 || n[0].Index != 17 || n[0].Label != "3" || n[0].Distance > 1e-6 || n[1].Distance > n[2].Distance {
		t.Errorf("neighbours %+v", near)
	}
	if near.Layer != "layer 10 (ReLU)" {
		t.Errorf("compared after %q", near.Layer)
	}

	// Another class than the model's own.
	attention := decode[struct {
		Class       int
		Label       string
		Probability float32
	}](t, post("attention?class=8", 17))
	if attention.Class != 8 || attention.Label != "8" || attention.Probability != lenet.Predict(x).Data[8] {
		t.Errorf("attention to 8: %+v", attention)
	}

	sample := decode[struct {
		Index int
		Label string
		Image struct{ Pixels []int }
	}](t, request(t, http.MethodGet, url+"/api/v1/sample?label=5&index=6", "", nil))
	if sample.Index != 12 || sample.Label != "5" || sample.Image.Pixels[0] != int(data.Images[12][0]) {
		t.Errorf("sample %d of %s", sample.Index, sample.Label)
	}
	layers := decode[struct {
		Parameters, Multiply_adds int
		Layers                    []struct {
			Name, Type string
			Output     struct{ Height, Width, Channels int }
		}
	}](t, request(t, http.MethodGet, url+"/api/v1/layers", "", nil))
	if l := layers.Layers[3]; layers.Parameters != nn.CountParams(lenet.Params()) || layers.Multiply_adds != lenet.MultiplyAdds() || l.Name != "Convolution 5×5" || l.Type != "Convolution" || l.Output.Width != 10 || l.Output.Channels != 16 {
		t.Errorf("layers %+v", layers)
	}
}

// hugePNG says that it has so many pixels and ends there.
func hugePNG(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 8, 0, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

func TestWrongInput(t *testing.T) {
	url, _, _ := api(t)
	good := string(asPNG(t, stroke()))
	zeros := strings.TrimSuffix(strings.Repeat("0,", 28*28), ",")
	const js = "application/json"
	for _, c := range []struct {
		method, path, kind, body string
		status                   int
		words                    string
	}{
		{"POST", "predict", "", "", 400, "the body is empty"},
		{"POST", "predict", "", "not a picture", 415, "not a PNG, JPEG, GIF, BMP or WebP"},
		{"POST", "predict", "", good[:60], 422, "damaged"},
		{"POST", "predict", "", good[:20], 422, "damaged"},
		{"POST", "predict", "", good[:40] + "xxxxxxxxxx" + good[50:], 422, "damaged"},
		{"POST", "predict", "", string(asPNG(t, image.NewGray(image.Rect(0, 0, 50, 50)))), 422, "the image is blank"},
		{"POST", "predict", "", string(hugePNG(20000, 20000)), 413, "20000×20000 pixels"},
		{"POST", "predict", "", string(hugePNG(1<<31-1, 1<<31-1)), 422, "overflow"},
		{"POST", "predict", "", string(hugePNG(0, 7)), 422, "damaged"},
		{"POST", "predict", js, good, 400, "not JSON like"},
		{"POST", "predict", js, "{}", 400, "pixels has 0 values, wanted 28×28 = 784"},
		{"POST", "predict", js, `{"pixels":[1,2]}`, 400, "pixels has 2 values"},
		{"POST", "predict", js, `{"pixels":"x"}`, 400, "not JSON like"},
		{"POST", "predict", js, `{"pixel":[` + zeros + `]}`, 400, `unknown key "pixel"`},
		{"POST", "predict", js, `{"PIXELS":[` + zeros + `]}`, 400, `unknown key "PIXELS"`},
		{"POST", "predict", js, `{"pixels":[1],"pixels":[` + zeros[4:] + `]}`, 400, `key "pixels" appears twice`},
		{"POST", "predict", js, `{"pixels":[` + zeros[:len(zeros)-1] + `null]}`, 400, "pixel 783 is null"},
		{"POST", "predict", js, `{"pixels":[` + zeros + `,0]}`, 400, "the body has 785 values or more, wanted 28×28 = 784"},
		{"POST", "predict", js, `{"pixels":[` + zeros[:len(zeros)-1] + `1.5]}`, 400, "pixel 783 is 1.5, wanted 0"},
		{"POST", "predict", js, `{"pixels":[` + zeros[:len(zeros)-1] + `-1]}`, 400, "pixel 783 is -1"},
		{"POST", "predict", js, `{"pixels":[` + zeros[:len(zeros)-1] + `1e999]}`, 400, "not JSON like"},
		{"POST", "predict", js, `{"pixels":[` + zeros + `]} {}`, 400, "data after the JSON value"},
		{"POST", "predict", js, strings.Repeat("[", 100000), 400, "not JSON like"},
		{"POST", "predict?model=other", "", good, 404, `no model is called "other"`},
		{"POST", "predict?model=../../etc/passwd", "", good, 404, "no model"},
		{"POST", "attention?class=10", "", good, 400, `no class "10"`},
		{"POST", "neighbours?k=0", "", good, 400, `k is "0", wanted a number from 1 to 100`},
		{"POST", "neighbours?k=many", "", good, 400, `k is "many"`},
		{"POST", "convolution?layer=2", "", good, 400, "layer 2 (ReLU): the layer is not a convolution"},
		{"POST", "convolution?layer=99", "", good, 400, "from 1 to 12"},
		{"POST", "convolution?layer=0", "", good, 400, `layer is "0", wanted a number from 1 to 12`},
		{"POST", "predict?modle=mlp", "", good, 400, `unknown parameter "modle": did you mean "model"? (valid: model)`},
		{"GET", "filters?k=3", "", "", 400, `unknown parameter "k"`},
		{"POST", "predict?model=mlp&model=simple", "", good, 400, "model is given 2 times, wanted once"},
		{"POST", "convolution?model=mlp", "", good, 400, "the model has no convolution"},
		{"GET", "sample?label=9", "", "", 404, `no test image is labelled "9"`},
		{"GET", "sample?label=x", "", "", 404, `no test image is labelled "x"`},
		{"GET", "sample?index=30", "", "", 400, "from 0 to 29"},
		{"GET", "predict", "", "", 405, "wants POST"},
		{"PUT", "predict", "", good, 405, "wants POST"},
		{"POST", "health", "", "", 405, "wants GET"},
		{"DELETE", "layers", "", "", 405, "wants GET"},
		{"GET", "", "", "", 404, "documentation"},
		{"GET", "predict/../../../etc", "", "", 404, ""},
		{"POST", "nothing", "", good, 404, "/api/v1/nothing"},
	} {
		r := request(t, c.method, url+"/api/v1/"+c.path, c.kind, strings.NewReader(c.body))
		if !t.Run(c.method+" "+c.path+" "+c.words, func(t *testing.T) { r.refuses(t, c.status, c.words) }) {
			t.Logf("body %.60q", c.body)
		}
	}
	request(t, http.MethodGet, url+"/elsewhere", "", nil).refuses(t, 404, "nothing is at this address")
	if got := decode[struct{ Status string }](t, request(t, http.MethodGet, url+"/api/v1/health", "", nil)).Status; got != "ok" {
		t.Errorf("after all this, health is %q", got)
	}
}

// A picture that is too large takes no memory.
func TestLargePicture(t *testing.T) {
	url, _, _ := api(t)
	body := append(hugePNG(20000, 20000), make([]byte, 1<<20)...)
	request(t, http.MethodPost, url+"/api/v1/predict", "", bytes.NewReader(body)) // whatever is allocated once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	request(t, http.MethodPost, url+"/api/v1/predict", "", bytes.NewReader(body)).refuses(t, 413, "20000×20000")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("refusing 400 million pixels took %d bytes", used)
	}
}

// dial opens a connection and sends the beginning of a request.
func dial(t *testing.T, url, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

const post = "POST /api/v1/predict HTTP/1.1\r\nHost: localhost\r\n"

func TestLargeBody(t *testing.T) {
	url, _, _ := api(t)
	// Declared: refused although not one byte of it comes.
	c := dial(t, url, post+"Content-Length: 1000000000000\r\n\r\n")
	text := make([]byte, 400)
	n, err := c.Read(text)
	if err != nil || !strings.HasPrefix(string(text[:n]), "HTTP/1.1 413 ") || !strings.Contains(string(text[:n]), "Connection: close") {
		t.Errorf("a declared terabyte: %v %s", err, text[:n])
	}
	// Not declared: refused on the way.
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat("x", 1<<20))
	c = dial(t, url, post+"Transfer-Encoding: chunked\r\n\r\n")
	for range 5 {
		if _, err := io.WriteString(c, chunk); err != nil {
			break
		}
	}
	n, err = c.Read(text)
	if err != nil && !errors.Is(err, net.ErrClosed) && n == 0 {
		t.Skipf("the answer was lost with the connection: %v", err)
	}
	if !strings.HasPrefix(string(text[:n]), "HTTP/1.1 413 ") {
		t.Errorf("five megabytes in chunks: %s", text[:n])
	}
	// Ends before its time.
	c = dial(t, url, post+"Content-Length: 100\r\n\r\nabc")
	c.(*net.TCPConn).CloseWrite()
	n, _ = c.Read(text)
	if n > 0 && !strings.HasPrefix(string(text[:n]), "HTTP/1.1 400 ") {
		t.Errorf("a body that ends early: %s", text[:n])
	}
}

// Bodies that were announced and do not come keep no place from those that do.
func TestAnnouncedBodies(t *testing.T) {
	url, _, _ := api(t)
	body := string(asPNG(t, stroke()))
	var slow []net.Conn
	for range serve.Waiting/2 + 10 {
		slow = append(slow, dial(t, url, fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", post, len(body), body[:10])))
	}
	for range 8 {
		c := dial(t, url, post+"Transfer-Encoding: chunked\r\n\r\n")
		fmt.Fprintf(c, "%x\r\n%s", 1<<20, body[:10])
	}
	decode[prediction](t, request(t, http.MethodPost, url+"/api/v1/predict", "", strings.NewReader(body)))
	large := body + strings.Repeat("x", 1<<20)
	decode[prediction](t, request(t, http.MethodPost, url+"/api/v1/predict", "", strings.NewReader(large)))
	if _, err := io.WriteString(slow[0], body[10:]); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 12)
	if _, err := io.ReadFull(slow[0], text); err != nil || string(text) != "HTTP/1.1 200" {
		t.Errorf("a body that came late: %s %v", text, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	url, _, _ := api(t)
	img := asPNG(t, stroke())
	want := decode[prediction](t, request(t, http.MethodPost, url+"/api/v1/predict", "", bytes.NewReader(img)))
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			path := []string{"predict", "maps", "attention", "neighbours", "convolution", "predict?model=mlp"}[i%6]
			r := request(t, http.MethodPost, url+"/api/v1/"+path, "", bytes.NewReader(img))
			if r.status != http.StatusOK {
				t.Errorf("%s: %d %.100s", path, r.status, r.body)
			} else if path == "predict" {
				if got := decode[prediction](t, r); !slices.Equal(got.Probabilities, want.Probabilities) {
					t.Errorf("at once %v, alone %v", got.Probabilities, want.Probabilities)
				}
			}
		})
	}
	wg.Wait()
}

func TestWithoutImages(t *testing.T) {
	s := serve.New("")
	if err := s.Add("mlp", fresh(t, "mlp")); err != nil {
		t.Fatal(err)
	}
	s.NoData(errors.New("no such folder"))
	url := start(t, s)
	r := decode[struct{ Status, Message string }](t, request(t, http.MethodPost, url+"/api/v1/neighbours", "", bytes.NewReader(asPNG(t, stroke()))))
	if r.Status != "none" || !strings.Contains(r.Message, "no such folder") {
		t.Errorf("neighbours: %+v", r)
	}
	request(t, http.MethodGet, url+"/api/v1/sample", "", nil).refuses(t, 404, "no such folder")
}

func TestModelsThatCannotBeServed(t *testing.T) {
	s := serve.New("")
	if err := s.Add("a", fresh(t, "mlp")); err != nil {
		t.Fatal(err)
	}
	if err := s.Add("a", fresh(t, "mlp")); err == nil || !strings.Contains(err.Error(), `two models are called "a"`) {
		t.Errorf("a name twice: %v", err)
	}
	net, err := nn.NewSequential(nn.Shape{H: 28, W: 28, C: 2}, rand.New(rand.NewPCG(0, 0)), layers.Affine{Units: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add("b", &nn.Model{Sequential: net}); err == nil || !strings.Contains(err.Error(), "28×28×2") {
		t.Errorf("a model of two channels: %v", err)
	}
	if net, err = nn.NewSequential(nn.Shape{H: 2000, W: 2000, C: 1}, rand.New(rand.NewPCG(0, 0)), layers.ReLU{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Add("c", &nn.Model{Sequential: net}); err == nil || !strings.Contains(err.Error(), "its output is an image of 2000×2000×1, wanted a number a class") {
		t.Errorf("a class a pixel: %v", err)
	}
}

// The guard stands before the API too.
func TestForeignRequests(t *testing.T) {
	url, _, _ := api(t)
	for header, value := range map[string]string{"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"} {
		r, err := http.NewRequest(http.MethodPost, url+"/api/v1/predict", bytes.NewReader(asPNG(t, stroke())))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		if header == "Host" {
			r.Host = value
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		reply{answer.StatusCode, answer.Header, body}.refuses(t, http.StatusForbidden, "")
	}
	if web.MaxBody != 4<<20 || web.MaxPixels != 4194304 {
		t.Error("the page /api names other limits")
	}
}
