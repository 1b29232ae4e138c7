package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tatami/internal/web"
)

func TestListen(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		":0":          "127.0.0.1",
		"localhost:0": "127.0.0.1",
		"127.0.0.1:0": "127.0.0.1",
		"0.0.0.0:0":   "::", // or 0.0.0.0: open to others
	} {
		ln, err := web.Listen(addr)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		defer ln.Close()
		ip := ln.Addr().(*net.TCPAddr).IP
		if open := want == "::"; open != ip.IsUnspecified() || !open && ip.String() != want {
			t.Errorf("%s listens on %s", addr, ip)
		}
		if !strings.HasPrefix(web.URL(ln), "http://localhost:") {
			t.Errorf("%s is announced as %s", addr, web.URL(ln))
		}
		if _, err := web.Listen(ln.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use") || strings.Contains(err.Error(), "bind: listen") {
			t.Errorf("an address in use: %v", err)
		}
	}
	for _, addr := range []string{"8080", "", ":http", ":-1", ":65536", "::1:80"} {
		if _, err := web.Listen(addr); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", addr)) {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

// listener has an address and nothing else.
type listener struct {
	net.Listener
	ip string
}

func (l listener) Addr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(l.ip), Port: 8080} }

func TestGuard(t *testing.T) {
	t.Parallel()
	const ok, no = http.StatusOK, http.StatusForbidden
	for _, c := range []struct {
		addr, ip, host string
		method         string
		headers        string
		want           int
	}{
		{":8080", "127.0.0.1", "localhost:8080", "GET", "", ok},
		{":8080", "127.0.0.1", "LOCALHOST:8080", "GET", "", ok},
		{":8080", "127.0.0.1", "127.0.0.1:8080", "GET", "", ok},
		{":8080", "127.0.0.1", "[::1]:8080", "GET", "", ok},
		{":8080", "127.0.0.1", "localhost", "GET", "", ok},
		// A name that someone else controls, leading here.
		{":8080", "127.0.0.1", "evil.example:8080", "GET", "", no},
		{":8080", "127.0.0.1", "localhost.evil.example", "GET", "", no},
		{":8080", "127.0.0.1", "127.0.0.1.evil.example:8080", "GET", "", no},
		{":8080", "127.0.0.1", "192.168.0.7:8080", "GET", "", no},
		{":8080", "127.0.0.1", "", "GET", "", no},
		// Told a name or opened to others.
		{"mybox:8080", "192.168.0.7", "mybox:8080", "GET", "", ok},
		{"mybox:8080", "192.168.0.7", "other:8080", "GET", "", no},
		{"0.0.0.0:8080", "0.0.0.0", "192.168.0.7:8080", "GET", "", ok},
		{"0.0.0.0:8080", "0.0.0.0", "evil.example", "GET", "", no},
		// Pages elsewhere.
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Origin: http://localhost:8080", ok},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Origin: http://evil.example", no},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Origin: http://localhost:9999", no},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Origin: https://localhost:8080", no},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Origin: null", no},
		{":8080", "127.0.0.1", "localhost:8080", "GET", "Origin: http://evil.example", no},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Sec-Fetch-Site: cross-site", no},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Sec-Fetch-Site: same-site", no},
		{":8080", "127.0.0.1", "localhost:8080", "GET", "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: no-cors|Sec-Fetch-Dest: image", no},
		{":8080", "127.0.0.1", "localhost:8080", "GET", "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: iframe", no},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document", no},
		// A link elsewhere may lead here.
		{":8080", "127.0.0.1", "localhost:8080", "GET", "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document", ok},
		{":8080", "127.0.0.1", "localhost:8080", "POST", "Sec-Fetch-Site: same-origin", ok},
		{":8080", "127.0.0.1", "localhost:8080", "GET", "Sec-Fetch-Site: none", ok},
	} {
		reached := false
		h := web.NewGuard(c.addr, listener{ip: c.ip}).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		r := httptest.NewRequest(c.method, "/", nil)
		r.Host = c.host
		for header := range strings.SplitSeq(c.headers, "|") {
			if name, value, ok := strings.Cut(header, ": "); ok {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want || reached != (c.want == ok) {
			t.Errorf("%s told %s, %s for host %q with %q: %d, want %d", c.ip, c.addr, c.method, c.host, c.headers, w.Code, c.want)
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'self'") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers of host %q: %v", c.host, w.Header())
		}
	}
}

// A proxy in front has an address of its own, and passes its name on or not.
func TestOrigins(t *testing.T) {
	t.Parallel()
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := web.NewGuard(":8080", listener{ip: "127.0.0.1"}, "https://digits.example", "https://Box.example:8443").Wrap(ok)
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"digits.example", "https://digits.example", 200},
		{"digits.example", "", 200},
		{"127.0.0.1:8080", "https://digits.example", 200},
		{"box.example:8443", "https://box.example:8443", 200},
		{"digits.example", "https://box.example", 403},
		{"digits.example", "https://evil.example", 403},
		{"evil.example", "https://digits.example", 403},
		{"evil.example", "", 403},
		{"digits.example", "https://digits.example.evil.example", 403},
		{"digits.example", "null", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("host %q, origin %q: %d, want %d", c.host, c.origin, w.Code, c.want)
		}
	}
	for _, origin := range []string{"https://digits.example", "http://box:8080", "https://[::1]:8443"} {
		if err := web.CheckOrigin(origin); err != nil {
			t.Error(err)
		}
	}
	for _, origin := range []string{
		"", "digits.example", "https://", "https://digits.example/", "https://digits.example/tatami", "https://digits.example:443",
		"ftp://digits.example", "https://me@digits.example", "https://digits.example?x", "https://数字.example", "*",
	} {
		if err := web.CheckOrigin(origin); err == nil || !strings.Contains(err.Error(), "wanted") {
			t.Errorf("%q: %v", origin, err)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	web.Pages(mux, map[string]string{"/": "draw.html"})
	get := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	page := get("/")
	if page.Code != http.StatusOK || page.Body.String() != web.Asset("draw.html") || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Errorf("/: %d %v", page.Code, page.Header())
	}
	if again := get("/", "If-None-Match", page.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("the same page again: %d", again.Code)
	}
	for path, kind := range map[string]string{"/static/draw.js": "text/javascript", "/static/style.css": "text/css", "/favicon.ico": "image/svg+xml"} {
		if w := get(path); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	// Nothing beside the list is reached, however a path is spelled.
	for _, path := range []string{
		"/nothing", "/static/", "/static/web.go", "/static/../web.go", "/static/../../../go.mod", "/static//etc/passwd",
		"/static/assets/draw.html", "/static/./draw.js", "/static/draw.js/", "/etc/passwd", `/static/..\web.go`, "/static/draw.js\x00",
	} {
		if w := get(path); w.Code == http.StatusOK {
			t.Errorf("%q: %d", path, w.Code)
		}
	}
}

// serve lets h answer until the test ends, or until stop.
func serve(t *testing.T, h http.Handler) (address string, stop func() error) {
	t.Helper()
	ln, err := web.Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(ctx, ln, h, nil) }()
	stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() { stop() })
	return ln.Addr().String(), stop
}

// A request under way is answered after the server was told to end.
func TestShutdown(t *testing.T) {
	t.Parallel()
	begun, end := make(chan bool), make(chan bool)
	address, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- true
		<-end
		io.WriteString(w, "done")
	}))
	answer := make(chan string)
	go func() {
		r, err := http.Get("http://" + address)
		if err != nil {
			answer <- err.Error()
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		answer <- string(body)
	}()
	<-begun
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	time.Sleep(50 * time.Millisecond)
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("the server that ends takes new connections")
	}
	close(end)
	if got := <-answer; got != "done" {
		t.Errorf("the request under way: %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// Who does not send the header of a request is left.
func TestSlowHeader(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for seconds")
	}
	t.Parallel()
	address, _ := serve(t, http.NotFoundHandler())
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
	c.SetReadDeadline(time.Now().Add(15 * time.Second))
	if _, err := bufio.NewReader(c).ReadString(0); !errors.Is(err, io.EOF) {
		t.Errorf("the connection was not closed: %v", err)
	}
}

// What a client does not read is held by the system to a small amount only, so
// that the server soon notices.
func TestUnread(t *testing.T) {
	t.Parallel()
	sent := make(chan int)
	address, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		n := 0
		for piece := make([]byte, 16<<10); n < 16<<20; n += len(piece) {
			c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
			if _, err := w.Write(piece); err != nil {
				break
			}
		}
		sent <- n
	}))
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(16 << 10)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if n := <-sent; n > 1<<20 {
		t.Errorf("the system took %d bytes for a client that reads none", n)
	}
}

func TestErrorsAreJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	web.Error(w, http.StatusTeapot, "say %q", "\x00<é")
	var v map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusTeapot || v["error"] != `say "\x00<é"` {
		t.Errorf("%d %s %v", w.Code, w.Body, err)
	}
}
