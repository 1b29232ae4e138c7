package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var embedded embed.FS

// Asset is the text of one of the pages' files; it panics on an unknown name,
// so names are constants.
func Asset(name string) string {
	b, err := embedded.ReadFile("assets/" + name)
	if err != nil {
		panic("web: no asset " + name)
	}
	return string(b)
}

// BenchModules are the modules that bench.js needs and itself, each after those
// that it imports, for a page that holds them; its style is bench.css.
func BenchModules() []string {
	return []string{"page.js", "pictures.js", "bench.layers.js", "bench.scenes.js", "bench.strings.js", "bench.questions.js", "bench.js"}
}

// Pages answers "/" with the page of the given name, each further path of
// paths with its page, and /static/… with the pages' files. All are in memory:
// a request's path is looked up in a list.
func Pages(mux *http.ServeMux, paths map[string]string) {
	files := map[string]file{}
	err := fs.WalkDir(embedded, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		files[strings.TrimPrefix(name, "assets/")] = file{body, contentType(name), `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	if err != nil {
		panic("web: " + err.Error())
	}
	for at, name := range paths {
		pattern := "GET " + at
		if strings.HasSuffix(at, "/") {
			pattern += "{$}"
		}
		page, ok := files[name]
		if !ok {
			panic("web: no asset " + name)
		}
		mux.HandleFunc(pattern, page.serve)
	}
	mux.HandleFunc("GET /static/{name...}", func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.PathValue("name")]
		if !ok {
			Error(w, http.StatusNotFound, "no such file")
			return
		}
		f.serve(w, r)
	})
	mux.HandleFunc("GET /favicon.ico", files["icon.svg"].serve)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		Error(w, http.StatusNotFound, "nothing is at this address")
	})
}

type file struct {
	body []byte
	kind string
	tag  string
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

// contentType does not ask the machine's own tables.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return mime.TypeByExtension(ext)
	}
}
