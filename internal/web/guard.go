package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Guard refuses requests that were meant for another server or come from
// another one's pages: a page elsewhere must not read what runs here, nor
// change it, even where a name it controls leads to this machine.
type Guard struct {
	names   []string // allowed in Host besides addresses
	exposed bool     // any address is allowed, not only this machine's own
}

// NewGuard is the guard of a server that was told to listen on addr and does
// so on ln.
func NewGuard(addr string, ln net.Listener) *Guard {
	g := &Guard{names: []string{"localhost"}}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		g.exposed = true
		if name, err := os.Hostname(); err == nil {
			name = strings.ToLower(name)
			g.names = append(g.names, name, name+".local")
		}
	}
	if host, _, err := net.SplitHostPort(addr); err == nil && host != "" {
		if _, err := netip.ParseAddr(host); err != nil {
			g.names = append(g.names, strings.ToLower(host))
		}
	}
	return g
}

func (g *Guard) knows(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if a, err := netip.ParseAddr(host); err == nil {
		return g.exposed || a.IsLoopback()
	}
	return slices.Contains(g.names, host)
}

// Wrap is h behind the guard, with headers that keep its pages to themselves.
func (g *Guard) Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !g.knows(r.Host) {
			Error(w, http.StatusForbidden, "host %q is not this server's", r.Host)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" {
			u, err := url.Parse(origin)
			if err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, r.Host) {
				Error(w, http.StatusForbidden, "origin %q is not this server's", origin)
				return
			}
		}
		if !sameSite(r) {
			Error(w, http.StatusForbidden, "the request comes from another site")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// sameSite reports whether a browser that says where a request comes from
// says: from here, or from the user, or by a link to a page.
func sameSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}
