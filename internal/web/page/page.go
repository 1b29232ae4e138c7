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
	_, err = strings.NewReplacer(
		"{{title}}", html.EscapeString(title),
		"{{icon}}", dataURL("image/svg+xml", web.Asset("icon.svg")),
		"{{style}}", web.Asset("style.css")+web.Asset("run.css"),
		"{{modules}}", importMap("page.js", "pictures.js", "chart.js", "player.js", "spreads.js", "network.js", "run.js", script),
		"{{script}}", prefix+script,
		"{{data}}", string(text),
	).WriteString(w, web.Asset("offline.html"))
	return err
}

// prefix is what the names of modules begin with in the file. The address that
// servers give them at would be looked for beside the module that imports them,
// and those of a file have no address that others could stand beside.
const prefix = "tatami/"

// importMap holds the modules of these assets themselves, where those of a
// server have addresses.
func importMap(names ...string) string {
	urls := map[string]string{}
	for _, name := range names {
		urls[prefix+name] = "data:text/javascript;charset=utf-8," + inAddress.Replace(ownNames(web.Asset(name)))
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // which would take six bytes for each < and &
	if err := e.Encode(map[string]any{"imports": urls}); err != nil {
		panic("page: " + err.Error())
	}
	return strings.NewReplacer("</", `<\/`, "<!--", `<\u0021--`).Replace(text.String())
}

// inAddress escapes what an address would lose of a text; base64 is longer by a
// quarter.
var inAddress = strings.NewReplacer("%", "%25", "#", "%23", "\n", "%0A", "\t", "%09")

// ownNames has a module import others by the names that they have in the file,
// and leaves out indentation and lines that are comments, a file being downloaded
// whole. No asset has a text that goes over several lines.
func ownNames(script string) string {
	script = regexp.MustCompile(`(?m)^[ \t]*//.*\n`).ReplaceAllString(script, "")
	return strings.ReplaceAll(indentation.ReplaceAllString(script, ""), `"/static/`, `"`+prefix)
}

var indentation = regexp.MustCompile(`(?m)^[ \t]+`)

func dataURL(kind, text string) string {
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString([]byte(text))
}
