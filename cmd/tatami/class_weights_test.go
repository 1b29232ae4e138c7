package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/toy"
)

// Where pictures of one class are ten times as many as those of the other, and
// much alike, a network answers the frequent one; with class weights it does not,
// as a test set of equal classes shows.
func TestClassWeights(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	for set, counts := range map[string][2]int{"train": {200, 20}, "test": {100, 100}} {
		for class, n := range counts {
			for i := range n {
				img := image.NewGray(image.Rect(0, 0, 8, 8))
				bright := 115 + 25*float64(class) + 17*rng.NormFloat64()
				for k := range img.Pix {
					img.Pix[k] = byte(max(0, min(255, bright+5*rng.NormFloat64())))
				}
				var b bytes.Buffer
				if err := png.Encode(&b, img); err != nil {
					t.Fatal(err)
				}
				toy.File(t, filepath.Join(dir, "data", set, []string{"dusk", "dawn"}[class], fmt.Sprint(i, ".png")), b.Bytes())
			}
		}
	}
	accuracy := func(out string, more ...string) float64 {
		args := []string{"train", "--quiet", "--net", "mlp", "--data", "data", "--standardize", "--epochs", "10", "--batch", "20", "--augment", "none", "--out", out}
		succeeds(t, dir, append(args, more...)...)
		return score(t, filepath.Join(dir, out)).TestAccuracy
	}
	plain, weighted := accuracy("plain"), accuracy("balanced", "--class-weights", "balanced")
	if plain > 0.62 || weighted < 0.68 {
		t.Errorf("%.3f are right, and with balanced weights %.3f; wanted at most 0.62 and at least 0.68", plain, weighted)
	}
	if got := score(t, filepath.Join(dir, "balanced")).ClassWeights; got != "balanced" {
		t.Errorf("run.json says class weights %q", got)
	}
	for _, c := range [][2]string{
		{"--class-weights dusk", `--class-weights: "dusk", wanted balanced, or CLASS=WEIGHT, as in cat=2,dog=0.5`},
		{"--class-weights dusk --lang ja", `--class-weights に "dusk" は指定できません。balanced か、「クラス=重み」を`},
		{"--class-weights dust=2", `--class-weights: unknown class "dust": did you mean "dusk"?`},
		{"--class-weights dawn=-1 --lang ja", `クラス dawn の重みに "-1" は指定できません`},
		{"--class-weights dawn=1,dawn=2 --lang ja", "クラス dawn が 2 回あります"},
	} {
		untouched(t, dir, func() {
			tatami(t, dir, append([]string{"train", "--data", "data"}, strings.Fields(c[0])...)...).refuses(t, 2, c[1])
		})
	}
}
