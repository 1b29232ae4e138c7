package module

import (
	"bytes"
	"strings"
	"testing"
)

// Without the go command, or its sources, a program comes from the cache, and
// where there is none one sentence says what is missing.
func TestBuildWithoutGo(t *testing.T) {
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} { // whatever the system asks for
		t.Setenv(name, t.TempDir())
	}
	t.Setenv("PATH", "")
	if _, err := Build(t.Context(), Look, ""); err == nil || !strings.Contains(err.Error(), "there is no go command in PATH") {
		t.Errorf("%v", err)
	}
	dir, err := cacheOf(Look)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(dir+"0", []byte("old"), ""); err != nil {
		t.Fatal(err)
	}
	if err := write(dir, []byte("wasm"), "loader;"); err != nil {
		t.Fatal(err)
	}
	m, err := Build(t.Context(), Look, "")
	if err != nil || !bytes.Equal(m.WASM, []byte("wasm")) || !strings.HasPrefix(m.Loader, "loader;") {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := read(dir + "0"); err == nil {
		t.Error("the program of another version is still there")
	}
	if _, err := Build(t.Context(), Learn, ""); err == nil {
		t.Error("another program is taken for it")
	}
}
