package page

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"tatami/internal/web"
	"tatami/internal/web/module"
)

// NamedFile is a file that a page carries.
type NamedFile struct {
	Name string
	Data []byte
}

// Publish writes the page on which one draws, with the models whose files are
// given and the program that answers for them: what serve shows, without a
// server.
func Publish(w io.Writer, m *module.Module, models []NamedFile) error {
	carried := parts(m)
	for i, f := range models {
		carried += part(fmt.Sprintf("model%d", i), fmt.Sprintf(` data-model="%s"`, html.EscapeString(f.Name)), module.Compress(f.Data))
	}
	bench, err := carriedBench()
	if err != nil {
		return err
	}
	carried += part("bench", "", bench)
	return alone(w, "draw.html", "published.js", carried,
		"page.js", "module.js", "pictures.js", "pad.js", "stepper.js", "network.js", "draw.strings.js", "draw.js")
}

// carriedBench is the bench for published.js, compressed.
func carriedBench() ([]byte, error) {
	var bench struct {
		Style   string      `json:"style"`
		Modules [][2]string `json:"modules"` // each after those that it imports
	}
	bench.Style = web.Asset("bench.css")
	for _, name := range web.BenchModules() {
		if strings.HasPrefix(name, "bench") { // the others the page has anyway
			bench.Modules = append(bench.Modules, [2]string{name, ownNames(web.Asset(name))})
		}
	}
	text, err := json.Marshal(bench)
	return module.Compress(text), err
}

// Learn writes the page that trains, with its program and the images that it
// learns from: what learn.Pack gives, compressed.
func Learn(w io.Writer, m *module.Module, data []byte) error {
	return alone(w, "learn.html", "learn.js", parts(m)+part("data", "", data), learnModules...)
}

// LearnBeside writes the same page without what it carries: that it asks for in
// the folder learn beside it, whose files are those of [LearnFiles].
func LearnBeside(w io.Writer) error {
	return alone(w, "learn.html", "learn.js", "", learnModules...)
}

// LearnFiles are what stands beside a learning page, by name.
func LearnFiles(m *module.Module, data []byte) []NamedFile {
	return []NamedFile{{"worker", []byte(m.Loader + web.Asset("worker.js"))}, {"wasm", m.WASM}, {"simd", m.SIMD}, {"data", data}}
}

var learnModules = []string{"page.js", "module.js", "pictures.js", "chart.js", "pad.js", "learn.strings.js"}

// policy lets a page ask nobody for anything, or, where it does not carry what
// it needs, the host that it comes from.
const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; ` +
	`script-src 'unsafe-inline' 'wasm-unsafe-eval' data: blob:; worker-src blob:; img-src data: blob:; connect-src %s">`

// alone writes a page of a server as one file that needs none: script runs, in
// place of the page's own, with the modules beside it, after what the
// page carries.
func alone(w io.Writer, name, script, carried string, modules ...string) error {
	text := web.Asset(name)
	own := fmt.Sprintf(`<script type="module" src="/static/%s.js"></script>`, strings.TrimSuffix(name, ".html"))
	ask := "'none'"
	if carried == "" {
		ask = "'self'"
	}
	icon := dataURL("image/svg+xml", web.Asset("icon.svg"))
	_, err := strings.NewReplacer(
		`<link rel="icon" href="/static/icon.svg">`, fmt.Sprintf(policy, ask)+`<link rel="icon" href="`+icon+`">`,
		`<link rel="stylesheet" href="/static/style.css">`, "<style>"+web.Asset("style.css")+"</style>",
		`<link rel="stylesheet" href="/static/run.css">`, "<style>"+web.Asset("run.css")+"</style>",
		`<link rel="stylesheet" href="/static/learn.css">`, "<style>"+web.Asset("learn.css")+"</style>",
		`"/static/icon.svg"`, `"`+icon+`"`,
		`<a href="/learn" data-t="learn"></a>`, "",
		`<a id="bench" href="/bench" data-t="bench"></a>`, `<a href="#by-hand" data-t="bench"></a>`,
		"<!--bench-->", `<details class="card" id="by-hand"><summary><b data-t="bench"></b></summary><div id="bench"></div></details>`,
		`<a href="/api">API</a>`, "",
		own, "",
		"</body>", carried+`<script type="importmap">`+importMap(append(modules, script)...)+`</script>
<script type="module">import "`+prefix+script+`";</script>
</body>`,
	).WriteString(w, text)
	return err
}

// parts are the program and the worker that runs it.
func parts(m *module.Module) string {
	worker := indentation.ReplaceAllString(m.Loader+web.Asset("worker.js"), "")
	return `<script type="text/plain" id="part-worker">` + worker + "</script>\n" + part("wasm", "", m.WASM) + part("simd", "", m.SIMD)
}

// part is what a page carries, for module.js to find.
func part(id, attributes string, data []byte) string {
	return fmt.Sprintf("<script type=\"text/plain\" id=\"part-%s\"%s data-bytes=\"%d\">%s</script>\n", id, attributes, len(data), pack(data))
}

// pack writes 13 bits in two of 91 characters, the printable ones of ASCII
// without those that mean something in HTML: a thirteenth less than base64.
func pack(data []byte) string {
	var letters []byte
	for c := byte('!'); c <= '~'; c++ {
		if c != '<' && c != '&' && c != '\\' {
			letters = append(letters, c)
		}
	}
	var b strings.Builder
	b.Grow(len(data)*16/13 + 2)
	held, bits := uint32(0), 0
	put := func() {
		v := held & (1<<13 - 1)
		b.WriteByte(letters[v/91])
		b.WriteByte(letters[v%91])
		held, bits = held>>13, bits-13
	}
	for _, v := range data {
		held |= uint32(v) << bits
		if bits += 8; bits >= 13 {
			put()
		}
	}
	if bits > 0 {
		put()
	}
	return b.String()
}
