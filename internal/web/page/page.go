// Package page writes pages that need no server: what a run leaves, and several
// runs compared. Each is one file that asks for no other.
package page

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"regexp"
	"strings"

	"tatami/internal/web"
	"tatami/internal/web/record"
)

// Run writes the page of a run, of which run is all that is known.
func Run(w io.Writer, run *record.Update) error {
	return write(w, run.Facts.Name, "left.js", run)
}

// Compared is a run beside others.
type Compared struct {
	*record.Update
	Result Result `json:"result"`
	// Page is the address of the run's own page, as seen from this one.
	Page string `json:"page,omitempty"`
}

// Result is how a run ended; it is read from its run.json.
type Result struct {
	TestAccuracy    float64 `json:"test_accuracy"`
	TestLoss        float64 `json:"test_loss"`
	Parameters      int     `json:"parameters"`
	EpochsDone      int     `json:"epochs_done"`
	TrainSeconds    float64 `json:"train_seconds"`
	ImagesPerSecond float64 `json:"images_per_second"`
}

// Compare writes the page of several runs.
func Compare(w io.Writer, runs []Compared) error {
	return write(w, "tatami", "compare.js", runs)
}

func write(w io.Writer, title, script string, data any) error {
	text, err := json.Marshal(data) // < and & are written as \u003c and \u0026
	if err != nil {
		return err
	}
	icon := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(web.Asset("icon.svg")))
	_, err = strings.NewReplacer(
		"{{title}}", html.EscapeString(title),
		"{{icon}}", icon,
		"{{style}}", web.Asset("style.css")+web.Asset("run.css"),
		"{{script}}", bundle("page.js", "pictures.js", "chart.js", "run.js", script),
		"{{data}}", string(text),
	).WriteString(w, web.Asset("offline.html"))
	return err
}

var (
	imports = regexp.MustCompile(`(?m)^import [^;]*;\n`)
	exports = regexp.MustCompile(`(?m)^export `)
)

// bundle makes one script of modules that import only from those before them
// and share no name.
func bundle(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(exports.ReplaceAllString(imports.ReplaceAllString(web.Asset(name), ""), ""))
	}
	return b.String()
}
