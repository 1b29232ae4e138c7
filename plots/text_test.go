package plots_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"tatami/plots"
)

// Class names are their writers' words: every character of JIS X 0208, kana
// and kanji of levels 1 and 2, has a glyph.
func TestJapaneseLetters(t *testing.T) {
	seen := 0
	for row := byte(0xa1); row <= 0xfe; row++ {
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			s, err := japanese.EUCJP.NewDecoder().String(string([]byte{row, cell}))
			if err != nil || strings.ContainsRune(s, '�') || row > 0xa8 && row < 0xb0 || row > 0xf4 {
				continue // no character there, or one of a vendor's
			}
			seen++
			if missing := plots.Missing(s); missing != nil {
				t.Errorf("%x%x: no glyph for %q", row, cell, missing)
			}
		}
	}
	if seen != 6879 {
		t.Errorf("%d characters of JIS X 0208, wanted 6,879", seen)
	}
	if missing := plots.Missing("−髙﨑①ｶﾅ 😀"); string(missing) != "😀" {
		t.Errorf("no glyph for %q", missing)
	}
}

// A Japanese text is in every format without a font of the reader's: shapes in
// SVG, and letters in PDF that can be searched for.
func TestJapaneseText(t *testing.T) {
	draw := func(title string) plots.Figure {
		f, err := plots.Chart(plots.ChartOptions{Title: title}, plots.Bars{Groups: []string{"畳"}, Series: []plots.Series{{Name: "s", Values: []float64{1}}}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := draw("Softmax の 損失")
	svg := string(encode(t, f, "svg"))
	if strings.ContainsAny(svg, "の損失畳") || !strings.Contains(svg, ">Softmax <") {
		t.Error("SVG: wanted Latin letters as text and Japanese ones as shapes")
	}
	if bytes.Equal(encode(t, f, "png"), encode(t, draw("Softmax の 利得"), "png")) {
		t.Error("PNG: two titles look the same")
	}
	var table []byte
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(encode(t, f, "pdf"), -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if data, _ := io.ReadAll(r); bytes.Contains(data, []byte("begincmap")) {
			table = data
		}
	}
	for _, code := range []string{"<306e>", "<640d>", "<5931>", "<7573>"} { // の損失畳
		if !bytes.Contains(table, []byte(code)) {
			t.Errorf("PDF: no letter %s in %q", code, table)
		}
	}
}

// Lines break between words, or between Japanese characters but not before a
// full stop or after a bracket.
func TestWrap(t *testing.T) {
	for s, want := range map[string][]string{
		"the loss of a network":           {"the loss of", "a network"},
		"損失は減った。その「値」":                    {"損失は減っ", "た。その「値」"},
		"  ":                              nil,
		"aLongWordThatFitsNowhereAtAll b": {"aLongWo…", "b"},
	} {
		if got := plots.Wrap(s, 62); !slices.Equal(got, want) {
			t.Errorf("%q is %q, wanted %q", s, got, want)
		}
	}
}
