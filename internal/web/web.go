// Package web is what tatami's two servers share: the address, the guard
// against requests from elsewhere, limits, graceful shutdown, and the files
// of the pages, which are embedded.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// CheckAddr refuses what is not HOST:PORT, so that a command can do so before
// anything else.
func CheckAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: wanted HOST:PORT, as in :8080 (this machine alone) or 0.0.0.0:8080", addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("address %q: port %q is not a number from 0 to 65535", addr, port)
	}
	return nil
}

// Listen opens an address HOST:PORT. Without a host it is open to this machine
// alone; 0.0.0.0 and [::] open it to others. Port 0 is any that is free.
func Listen(addr string) (net.Listener, error) {
	if err := CheckAddr(addr); err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(addr)
	if host == "" {
		host = "127.0.0.1"
	}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return netutil.LimitListener(&fairListener{ln, NewShare(maxConnections)}, maxConnections), nil
}

// fairListener closes connections of an address beyond its half of them, and
// lets the system hold little of what a client does not read.
type fairListener struct {
	net.Listener
	open *Share
}

func (l *fairListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if t, ok := c.(*net.TCPConn); ok {
			t.SetWriteBuffer(unread)
		}
		if from := address(c.RemoteAddr().String()); l.open.Take(from, 1) {
			return &countedConn{Conn: c, give: sync.OnceFunc(func() { l.open.Give(from, 1) })}, nil
		}
		c.Close()
	}
}

type countedConn struct {
	net.Conn
	give func()
}

func (c *countedConn) Close() error {
	defer c.give()
	return c.Conn.Close()
}

// URL is what a browser on this machine is told to open.
func URL(ln net.Listener) string {
	a, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return ln.Addr().String()
	}
	host := a.IP.String()
	if a.IP.IsUnspecified() || a.IP.IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(a.Port))
}

const (
	headerTime     = 5 * time.Second
	readTime       = 15 * time.Second
	writeTime      = 60 * time.Second
	idleTime       = 60 * time.Second
	shutdownTime   = 5 * time.Second
	headerBytes    = 16 << 10
	maxConnections = 4096
	unread         = 64 << 10 // bytes on their way to a client
)

// Serve answers requests until ctx is done and then lets those under way
// finish. shutdown, if not nil, is called first, to end streams.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, shutdown func()) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	if shutdown != nil {
		shutdown()
	}
	last, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := s.Shutdown(last); err != nil {
		s.Close()
	}
	return nil
}

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer has no JSON form"}`)
	}
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	w.Write(body)
	w.Write([]byte{'\n'})
}

// Error answers with a sentence as JSON: {"error": "…"}.
func Error(w http.ResponseWriter, status int, format string, args ...any) {
	JSON(w, status, map[string]string{"error": fmt.Sprintf(format, args...)})
}
