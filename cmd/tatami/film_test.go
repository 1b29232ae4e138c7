package main

import (
	"bytes"
	"image/gif"
	"os"
	"path/filepath"
	"testing"
)

func TestFilms(t *testing.T) {
	if testing.Short() {
		t.Skip("drawing films takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	succeeds(t, dir, append(shortRun, "--out", "out", "--film")...)
	for _, name := range []string{"filters.gif", "map.gif"} {
		text, err := os.ReadFile(filepath.Join(dir, "out", name))
		if err != nil {
			t.Fatal(err)
		}
		film, err := gif.DecodeAll(bytes.NewReader(text))
		if err != nil || len(film.Image) != 11 { // before the first step and after each of 10
			t.Fatalf("%s: %d frames, error %v", name, len(film.Image), err)
		}
		first, last := film.Image[0], film.Image[len(film.Image)-1]
		if first.Rect != last.Rect || bytes.Equal(first.Pix, last.Pix) {
			t.Errorf("%s: the last frame is like the first", name)
		}
	}
}
