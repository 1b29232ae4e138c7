package web

import (
	"fmt"
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
	origins []string // of a proxy in front
}

// CheckOrigin refuses what is not an address of a site as a browser gives it.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	usual := map[string]string{"http": "80", "https": "443"} // ports that browsers leave out
	if err != nil || usual[u.Scheme] == "" || u.Port() == usual[u.Scheme] || u.Hostname() == "" ||
		!strings.EqualFold(origin, u.Scheme+"://"+u.Host) || strings.ContainsFunc(origin, func(r rune) bool { return r > '~' }) {
		return fmt.Errorf("origin %q: wanted http:// or https:// and a name, and a port where it is not the usual one, as in https://digits.example", origin)
	}
	return nil
}

// NewGuard is the guard of a server that was told to listen on addr and does
// so on ln. Browsers may reach it by origins as well, through a proxy.
func NewGuard(addr string, ln net.Listener, origins ...string) *Guard {
	g := &Guard{names: []string{"localhost"}}
	for _, origin := range origins {
		if u, err := url.Parse(origin); err == nil {
			g.origins = append(g.origins, strings.ToLower(origin))
			g.names = append(g.names, strings.ToLower(u.Hostname()))
		}
	}
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
			own := err == nil && u.Scheme == "http" && strings.EqualFold(u.Host, r.Host)
			if !own && !slices.Contains(g.origins, strings.ToLower(origin)) {
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
