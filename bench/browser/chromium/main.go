//go:build !js

// Command chromium runs a program built for js/wasm in a headless Chromium, with
// what it prints on standard output and its exit code; it may read files of the
// folder it is run in.
//
//	go build -o /tmp/chromium ./bench/browser/chromium
//	GOOS=js GOARCH=wasm go test -tags simd -exec /tmp/chromium ./layers
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"tatami/internal/kernels/simd"
)

//go:embed worker.js
var worker string

const page = `<!doctype html><meta charset="utf-8"><title>program</title><link rel="icon" href="data:,"><script>new Worker("worker.js")</script>`

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "chromium:", err)
		code = 2
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	if len(args) == 0 {
		return 0, errors.New("usage: chromium PROGRAM.wasm [argument ...]")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return 0, fmt.Errorf("go env GOROOT: %w", err)
	}
	goLoader, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return 0, err
	}
	program, err := os.ReadFile(args[0])
	if err != nil {
		return 0, err
	}
	env := map[string]string{}
	for _, name := range []string{"TATAMI_ISA", "TATAMI_GOLDEN"} {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	start, err := json.Marshal(map[string]any{"args": args[1:], "env": env})
	if err != nil {
		return 0, err
	}

	exit := make(chan int, 1)
	mux := http.NewServeMux()
	for path, content := range map[string]struct{ kind, text string }{
		"/{$}":          {"text/html", page},
		"/worker.js":    {"text/javascript", worker},
		"/wasm_exec.js": {"text/javascript", string(goLoader)},
		"/load.js":      {"text/javascript", simd.Loader},
		"/program.wasm": {"application/wasm", string(program)},
		"/simd.wasm":    {"application/wasm", string(simd.Module)},
		"/start":        {"application/json", string(start)},
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", content.kind)
			_, _ = io.WriteString(w, content.text)
		})
	}
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(strings.TrimPrefix(r.FormValue("path"), "/"))
		if err != nil {
			http.Error(w, "no such file", http.StatusNotFound)
			return
		}
		_, _ = w.Write(data)
	})
	mux.HandleFunc("POST /print", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(os.Stdout, r.Body) })
	mux.HandleFunc("POST /exit", func(_ http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(r.FormValue("code")); err == nil {
			select {
			case exit <- code:
			default:
			}
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A page that is isolated has a clock of 5 µs instead of 100.
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		mux.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()

	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(profile)
	ctx, stop := context.WithCancel(context.Background())
	browser := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--remote-debugging-port=0", "--user-data-dir="+profile, "http://"+listener.Addr().String()+"/")
	if err := browser.Start(); err != nil {
		stop()
		return 0, err
	}
	closed := make(chan error, 1)
	go func() { closed <- browser.Wait() }()
	select {
	case code = <-exit:
		stop()
		<-closed
	case err = <-closed:
		stop()
		err = fmt.Errorf("the browser closed before the program ended: %v", err)
	}
	return code, err
}
