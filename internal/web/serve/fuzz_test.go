package serve_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tatami/internal/toy"
	"tatami/internal/web/serve"
)

// asked are the paths that take an image.
var asked = []string{"predict", "maps", "attention", "neighbours?k=3", "convolution", "predict?model=mlp"}

// fuzzed is a server to be asked without a network between.
func fuzzed(f *testing.F) http.Handler {
	f.Helper()
	s := serve.New("")
	for _, name := range []string{"lenet", "mlp"} {
		if err := s.Add(name, fresh(f, name)); err != nil {
			f.Fatal(err)
		}
	}
	data := pictures(20)
	s.Data(data, data)
	s.Index(f.Context())
	return s.Handler()
}

// answersOf asks for a body's answer: it is JSON, and no fault of the server's.
func answersOf(t *testing.T, h http.Handler, path uint8, kind string, body []byte) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/"+asked[int(path)%len(asked)], bytes.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("the answer is no JSON: %v", err)
	}
	if w.Code >= 500 || (w.Code == http.StatusOK) == (v["error"] != nil) {
		t.Fatalf("%d %.200s", w.Code, w.Body)
	}
}

func FuzzImageBody(f *testing.F) {
	img := stroke()
	paletted := image.NewPaletted(img.Rect, palette.Plan9)
	for i := range paletted.Pix {
		paletted.Pix[i] = img.Pix[i]
	}
	var asGIF, asJPEG bytes.Buffer
	if err := gif.Encode(&asGIF, paletted, nil); err != nil {
		f.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, img, nil); err != nil {
		f.Fatal(err)
	}
	for i, body := range [][]byte{asPNG(f, img), asGIF.Bytes(), asJPEG.Bytes(), toy.EmptyScans(64, 200), hugePNG(1<<20, 1<<20), hugePNG(3000, 1000)} {
		f.Add(uint8(i), body)
	}
	h := fuzzed(f)
	f.Fuzz(func(t *testing.T, path uint8, body []byte) { answersOf(t, h, path, "", body) })
}

func FuzzJSONBody(f *testing.F) {
	zeros := strings.TrimSuffix(strings.Repeat("0,", 28*28), ",")
	for i, body := range []string{
		`{"pixels":[` + zeros + `]}`, `{"pixels":[` + zeros[2:] + `,1e-400]}`, `{"pixels":[null]}`, `{"Pixels":[],"pixels":[]}`,
		`{"pixels":{}}`, strings.Repeat("[", 20000), "\xef\xbb\xbf{}",
	} {
		f.Add(uint8(i), []byte(body))
	}
	h := fuzzed(f)
	f.Fuzz(func(t *testing.T, path uint8, body []byte) { answersOf(t, h, path, "application/json", body) })
}

// FuzzQuery changes what is asked rather than the image.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{"", "k=3&model=mlp", "class=8", "class=\x00", "layer=-1", "layer=4", "layer=99999999999999999999", "model=../x", "k=%zz", "label=3&index=-0", "index=1e3"} {
		f.Add(query)
	}
	h := fuzzed(f)
	body := asPNG(f, stroke())
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"health", "layers", "filters", "sample", "predict", "maps", "attention", "neighbours", "convolution"} {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/"+path, bytes.NewReader(body))
			switch path {
			case "health", "layers", "filters", "sample":
				r = httptest.NewRequest(http.MethodGet, "/api/v1/"+path, nil)
			}
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s?%q: %d %.200s", path, query, w.Code, w.Body)
			}
		}
	})
}
