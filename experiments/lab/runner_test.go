package lab_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/plotter"

	"tatami/experiments/lab"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

var product = words.Text{EN: "product", JA: "積"}

// counted is an experiment that measures ten times its seed, and counts its
// runs.
func counted(id string, runs *int) lab.Experiment {
	return lab.Experiment{
		ID: id, Version: 1,
		Title:   words.Text{EN: "Ten times the seed", JA: "シードの 10 倍"},
		Section: words.Text{EN: "no book", JA: "本にはない"},
		Setup:   words.Text{EN: "Multiplied.", JA: "掛けます。"},
		Lesson:  words.Text{EN: "It grows.", JA: "増えます。"},
		Rows: []lab.Row{
			{Name: product, Published: words.Text{EN: "15", JA: "15"}, Low: 14, High: 16},
			{Name: words.Text{EN: "extra", JA: "おまけ"}, Needs: words.Text{EN: "a file", JA: "ファイルが必要"}},
		},
		Claims:  lab.Texts{"below": {EN: "below 15", JA: "15 未満"}},
		Figures: lab.Texts{"line": {EN: "A line.", JA: "線。"}},
		Notes:   lab.Texts{"note": {EN: "a note of any %s", JA: "%s の注"}},
		Run: func(r *lab.Run) {
			*runs++
			r.Measure("product", 10*float64(r.Seed))
			r.Claim("below", r.Seed == 1)
			r.Note("note", "seed")
			r.CSV("data", []string{"seed"}, [][]any{{r.Seed}})
			r.Chart("line", plots.ChartOptions{Title: r.In(product)}, plots.Curve{Points: plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: float64(r.Seed)}}})
		},
	}
}

// run runs experiments that must succeed.
func run(t *testing.T, r *lab.Runner, list ...lab.Experiment) []*lab.Result {
	t.Helper()
	results, err := r.Run(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(list) {
		t.Fatalf("%d results of %d experiments", len(results), len(list))
	}
	return results
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTable(t *testing.T) {
	runs := 0
	e := counted("ten", &runs)
	r := &lab.Runner{Out: t.TempDir(), Seeds: 2}
	got := run(t, r, e)[0]
	line := got.Lines[0]
	if line.Mean != 15 || math.Abs(float64(line.Deviation)-math.Sqrt(50)) > 1e-12 || line.Measured != "15 ± 7.071" {
		t.Errorf("10 and 20 give mean %v, deviation %v, %q", line.Mean, line.Deviation, line.Measured)
	}
	if line.Verdict != lab.Met || line.Accepted != "14 to 16" {
		t.Errorf("verdict %q, accepted %q", line.Verdict, line.Accepted)
	}
	if got.Lines[1].Measured != "not run: needs a file" || got.Lines[1].Verdict != "" {
		t.Errorf("a row that needs a file: %+v", got.Lines[1])
	}
	if got.Held() || got.Claims[0].Held != 1 || got.Claims[0].Of != 2 {
		t.Errorf("claims %+v", got.Claims)
	}
	if notes := got.Notes(); !slices.Equal(notes, []string{"a note of any seed"}) {
		t.Errorf("notes %q", notes)
	}
	if want := "quantity,published,accepted,mean,deviation,verdict,seed 1,seed 2\nproduct,15,14 to 16,15,7.07"; !strings.HasPrefix(read(t, got.Dir, "table.csv"), want) {
		t.Errorf("table.csv:\n%s", read(t, got.Dir, "table.csv"))
	}
	// Data and figures are the first seed's.
	if text := read(t, got.Dir, "data.csv"); text != "seed\n1\n" {
		t.Errorf("data.csv is %q", text)
	}

	for _, c := range []struct {
		low, high float64
		fast      bool
		verdict   string
	}{
		{9, 10, false, lab.Met},
		{10, 12, false, lab.Met},
		{10.1, 12, false, lab.Few}, // chance, as far as one seed can tell
		{math.Inf(-1), 9.9, false, lab.Few},
		{9.9, math.Inf(1), false, lab.Met},
		{0, 0, false, ""},
		{10.1, 12, true, ""}, // fast versions are not judged
	} {
		e.Rows[0].Low, e.Rows[0].High = c.low, c.high
		got := run(t, &lab.Runner{Out: t.TempDir(), Fast: c.fast}, e)[0].Lines[0]
		if got.Verdict != c.verdict || got.Measured != "10" {
			t.Errorf("10 within %g to %g, fast %t: %q, %q", c.low, c.high, c.fast, got.Verdict, got.Measured)
		}
	}
}

// TestReuse: what is there of the same version, size and seed is not done
// again; nothing else stands for it.
func TestReuse(t *testing.T) {
	runs := 0
	e := counted("ten", &runs)
	out := t.TempDir()
	reused := false
	r := &lab.Runner{Out: out, Done: func(_ *lab.Result, again bool) { reused = again }}
	again := func(what string, change func(), wantRuns int) *lab.Result {
		t.Helper()
		change()
		runs = 0
		got := run(t, r, e)[0]
		if runs != wantRuns || reused != (wantRuns == 0) {
			t.Errorf("%s: %d runs, reused %t, wanted %d", what, runs, reused, wantRuns)
		}
		return got
	}
	again("first", func() {}, 1)
	if got := again("again", func() {}, 0); got.Lines[0].Mean != 10 || len(got.Figures) != 1 || got.Seconds <= 0 {
		t.Errorf("reused %+v", got)
	}
	again("one more seed", func() { r.Seeds = 2 }, 1)
	if got := again("one seed asked for", func() { r.Seeds = 1 }, 0); got.Lines[0].Mean != 15 {
		t.Errorf("mean %v, wanted 15, of both seeds that are there", got.Lines[0].Mean)
	}
	again("two seeds again", func() { r.Seeds = 2 }, 0)
	again("a tolerance changed", func() { e.Rows[0].High = 12 }, 0)
	if got := again("and is judged by", func() {}, 0).Lines[0]; got.Verdict != lab.Few {
		t.Errorf("15 within %s: %s", got.Accepted, got.Verdict)
	}
	again("a raised version", func() { e.Version = 2 }, 2)
	again("a figure is missing", func() { os.Remove(filepath.Join(out, "ten", "line.png")) }, 2)
	again("an unreadable result", func() { os.WriteFile(filepath.Join(out, "ten", "result.json"), []byte("{"), 0o644) }, 2)
	again("weights that it does not use", func() { r.Weights = weights(t) }, 0)
	again("weights that it uses", func() { e.Weights = true }, 2)
	again("the first seed's pictures in another language", func() { r.Language = words.Japanese }, 1)
	again("in that again", func() {}, 0)
	again("and back", func() { r.Language = words.English }, 1)
	again("fast", func() { r.Fast = true }, 2)
	again("fast again", func() {}, 0)
	again("full, beside fast", func() { r.Fast = false }, 0)
}

func weights(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInterrupted: what is finished when the context ends is kept, and the next
// call goes on from there.
func TestInterrupted(t *testing.T) {
	runs := 0
	first, third := counted("first", &runs), counted("third", &runs)
	ctx, cancel := context.WithCancel(t.Context())
	second := counted("second", &runs)
	full := second.Run
	second.Run = func(r *lab.Run) {
		if r.Seed == 2 {
			cancel()
		}
		full(r)
	}
	out := t.TempDir()
	r := &lab.Runner{Out: out, Seeds: 2}
	list := []lab.Experiment{first, second, third}
	results, err := r.Run(ctx, list)
	if !errors.Is(err, context.Canceled) || len(results) != 1 || results[0].ID != "first" || runs != 4 {
		t.Fatalf("%d results after %d runs, error %v", len(results), runs, err)
	}
	runs = 0
	list[1].Run = full
	if results = run(t, r, list...); runs != 3 || results[1].Lines[0].Mean != 15 {
		t.Errorf("%d runs were left to do, wanted 3", runs)
	}
}

// TestTrained: one training serves all experiments and later calls.
func TestTrained(t *testing.T) {
	trainings, version := 0, 1
	var bias float32
	e := lab.Experiment{
		ID: "first", Version: 1, Rows: []lab.Row{{Name: words.Text{EN: "loss", JA: "損失"}}},
		Run: func(r *lab.Run) {
			net, log := r.Trained("shared", version, func() (*nn.Sequential, *lab.Log) {
				trainings++
				net := r.Network(nn.Features(2), r.Rand(1), layers.Affine{Units: 1})
				net.Params()[1].Value.Data[0] = 0.5
				return net, &lab.Log{Loss: lab.Numbers{0.25, lab.Number(math.NaN())}}
			})
			bias = net.Params()[1].Value.Data[0]
			r.Measure("loss", float64(log.Loss[0]))
			if len(log.Loss) != 2 || !math.IsNaN(float64(log.Loss[1])) {
				t.Errorf("log %v", log.Loss)
			}
		},
	}
	other := e
	other.ID = "other"
	out := t.TempDir()
	results := run(t, &lab.Runner{Out: out}, e, other)
	if trainings != 1 || bias != 0.5 || results[1].Lines[0].Mean != 0.25 {
		t.Errorf("%d trainings, bias %g, loss %v", trainings, bias, results[1].Lines[0].Mean)
	}
	e.Version, trainings = 2, 0
	run(t, &lab.Runner{Out: out}, e)
	if trainings != 0 {
		t.Errorf("a later call trained again")
	}
	run(t, &lab.Runner{Out: out, Seeds: 2}, e)
	run(t, &lab.Runner{Out: out, Fast: true}, e)
	if trainings != 2 {
		t.Errorf("%d trainings for another seed and for the fast size, wanted 2", trainings)
	}
	e.Version, version, trainings = 3, 2, 0
	run(t, &lab.Runner{Out: out}, e)
	if trainings != 1 {
		t.Errorf("%d trainings of a raised version, wanted 1", trainings)
	}
}

// TestMisuse: an experiment that does not fill its table is an error, and so
// are names that it does not declare and what it declares and leaves out.
func TestMisuse(t *testing.T) {
	runs := 0
	whole := counted("ten", &runs).Run
	for want, body := range map[string]func(r *lab.Run){
		`row "product" was not measured`: func(*lab.Run) {},
		`claim "below" was not made`:     func(r *lab.Run) { r.Measure("product", 1) },
		`figure "line" was not drawn`: func(r *lab.Run) {
			r.Measure("product", 1)
			r.Claim("below", true)
		},
		`no row is called "prodct"`: func(r *lab.Run) { whole(r); r.Measure("prodct", 1) },
		`no claim is called "belw"`: func(r *lab.Run) { whole(r); r.Claim("belw", true) },
		`no note is called "nte"`:   func(r *lab.Run) { whole(r); r.Note("nte") },
		`no figure is called "lin"`: func(r *lab.Run) {
			whole(r)
			r.Chart("lin", plots.ChartOptions{}, plots.Histogram{Values: []float32{1, 2}})
		},
		"panel 1 of 1 is nil": func(r *lab.Run) { whole(r); r.Grid("line", plots.GridOptions{}, nil) },
		"Affine":              func(r *lab.Run) { whole(r); r.Network(nn.Features(2), r.Rand(1), layers.Affine{}) },
		"broken":              func(r *lab.Run) { r.Fail(nil); r.Fail(errors.New("broken")); whole(r); r.Fail(errors.New("worse")) },
	} {
		e := counted("ten", &runs)
		e.Run = body
		out := t.TempDir()
		_, err := (&lab.Runner{Out: out}).Run(t.Context(), []lab.Experiment{e})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "ten, seed 1: ") || strings.Contains(err.Error(), "worse") {
			t.Errorf("error %v, wanted %s", err, want)
		}
		if _, err := os.Stat(filepath.Join(out, "ten", "result.json")); err == nil {
			t.Errorf("%s: left a result", want)
		}
	}
	_, err := (&lab.Runner{Out: t.TempDir(), Weights: "nowhere"}).Run(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error %v, wanted one that names the file", err)
	}
}

// TestAfterFailure: once something failed nothing is done any more, and what is
// returned can be used.
func TestAfterFailure(t *testing.T) {
	runs := 0
	e := counted("ten", &runs)
	whole := e.Run
	e.Run = func(r *lab.Run) {
		r.Fail(errors.New("broken"))
		whole(r)
		net := lab.MultiLayerNet{Hidden: lab.Hidden(1)}.Build(r, r.Rand(1))
		trained, log := r.Trained("net", 1, func() (*nn.Sequential, *lab.Log) {
			t.Error("trained all the same")
			return nil, nil
		})
		fitted := r.Fit(lab.Protocol{Net: net, Training: r.Training(), Batch: 100})
		followed := r.FitTrainer(nil)
		if net != nil || trained != nil || len(log.Test)+len(fitted.Loss)+len(followed.Test) > 0 || r.Training().Len()+r.Test().Len() > 0 {
			t.Errorf("networks %v, %v, logs %v, %v, %v, %v, %v", net, trained, log, fitted, followed, r.Training(), r.Test())
		}
		if compared := r.CheckGradients(net, nil, nil, 1, 0); len(compared) > 0 {
			t.Errorf("compared %v", compared)
		}
		if !math.IsNaN(r.Accuracy(net, r.Test())) || !math.IsNaN(log.Test.Last()) || len(lab.Columns(log.Test, lab.Numbers{1})) > 0 {
			t.Error("an empty log has values")
		}
		r.Picture(nil, 0)
	}
	out := t.TempDir()
	_, err := (&lab.Runner{Out: out}).Run(t.Context(), []lab.Experiment{e})
	if err == nil || err.Error() != "ten, seed 1: broken" {
		t.Errorf("error %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*", "*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestReports(t *testing.T) {
	runs := 0
	e := counted("ten", &runs)
	e.Lesson = words.Text{EN: "a < b | c", JA: "a < b | c です"}
	results := run(t, &lab.Runner{Out: t.TempDir(), Seeds: 2}, e)
	var page, markdown, text bytes.Buffer
	day := time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC)
	if err := errors.Join(lab.WriteHTML(&page, results, day), lab.WriteMarkdown(&markdown, results),
		lab.WriteText(&text, results[0])); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a &lt; b | c", "15 ± 7.071", "2020-02-03", `src="data:image/png;base64,iVBOR`, "1 of 1 judged", "1 of 2"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, outside := range []string{"http:", "https:", "<script", "<link", "@import", "url(", "//"} {
		if strings.Contains(withoutPictures(page.String()), outside) {
			t.Errorf("the page refers to something outside: %q", outside)
		}
	}
	for _, want := range []string{"| ten | product | 15 | 14 to 16 | 15 ± 7.071 | met |", `a < b \| c`, "✗ (1 of 2) below 15"} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, markdown.String())
		}
	}
	for _, want := range []string{"15 ± 7.071", "not run: needs a file", "✗ (1 of 2) below 15", "a note of any seed", "a < b | c"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
}

// withoutPictures leaves out the pictures' data.
func withoutPictures(page string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(page, "data:image/png;base64,")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, page, _ = strings.Cut(rest, `"`)
	}
}

// TestVerdict: what one seed or two give outside of the range is said so, and
// three are judged.
func TestVerdict(t *testing.T) {
	runs := 0
	e := counted("ten", &runs)
	for _, c := range []struct {
		seeds         int
		three, en, ja string
	}{
		{1, "", "one seed; --seeds 3 judges", "シード 1 個の値。--seeds 3 で判定"},
		{1, "15 ± 5", "one seed; three give 15 ± 5", "シード 1 個の値。3 個では 15 ± 5"},
		{2, "15 ± 5", "two seeds; three give 15 ± 5", "シード 2 個の値。3 個では 15 ± 5"},
		{3, "15 ± 5", "missed", "範囲外"},
	} {
		e.Rows[0].Low, e.Rows[0].High, e.Rows[0].Three = 30, 31, c.three
		for lang, want := range map[words.Language]string{words.English: c.en, words.Japanese: c.ja} {
			var text, page bytes.Buffer
			results := run(t, &lab.Runner{Out: t.TempDir(), Seeds: c.seeds, Language: lang}, e)
			if err := errors.Join(lab.WriteText(&text, results[0]), lab.WriteHTML(&page, results, time.Time{})); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text.String(), want+"\n") || !strings.Contains(page.String(), ">"+want+"<") {
				t.Errorf("%d seeds, wanted %q:\n%s", c.seeds, want, text.String())
			}
		}
	}
}

// TestFastTable: what was published does not stand beside what a fast run
// measures, which is something else.
func TestFastTable(t *testing.T) {
	runs := 0
	results := run(t, &lab.Runner{Out: t.TempDir(), Fast: true}, counted("ten", &runs))
	var page, markdown, text bytes.Buffer
	if err := errors.Join(lab.WriteHTML(&page, results, time.Time{}), lab.WriteMarkdown(&markdown, results), lab.WriteText(&text, results[0])); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(withoutPictures(page.String()), "</style>")
	for name, got := range map[string]string{"page": body, "Markdown": markdown.String(), "text": text.String()} {
		for _, not := range []string{"published", "accepted", "verdict", "14 to 16"} {
			if strings.Contains(got, not) {
				t.Errorf("%s of a fast run says %q", name, not)
			}
		}
		if !strings.Contains(got, "measured") {
			t.Errorf("%s lacks what was measured", name)
		}
	}
}

// TestJapanese: everything that a reader sees is Japanese, and what programs
// read stays English.
func TestJapanese(t *testing.T) {
	runs := 0
	e := counted("ten", &runs)
	e.Rows[0].Low = math.Nextafter(14, 15)
	r := &lab.Runner{Out: t.TempDir(), Seeds: 2, Language: words.Japanese}
	results := run(t, r, e)
	var page, markdown, text, list bytes.Buffer
	day := time.Date(2020, 2, 3, 0, 0, 0, 0, time.UTC)
	if err := errors.Join(lab.WriteHTML(&page, results, day), lab.WriteMarkdown(&markdown, results),
		lab.WriteText(&text, results[0]), lab.WriteList(&list, words.Japanese, []lab.Experiment{e})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<html lang="ja">`, "シードの 10 倍", "増えます。", "14～16", "範囲内", "未測定：ファイルが必要", "✗（2 回中 1 回） 15 未満", "線。", "seed の注", "experiments/ten.go", "実験の一覧"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, want := range []string{"| ten | 積 | 15 | 14～16 | 15 ± 7.071 | 範囲内 |", "| ten | 2 |", "増えます。"} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, markdown.String())
		}
	}
	// Letters are two columns wide.
	if want := "  項目    公表値  許容範囲  測定値                  判定\n  積      15      14～16    15 ± 7.071              範囲内\n"; !strings.HasPrefix(text.String(), want) {
		t.Errorf("the text is\n%s", text.String())
	}
	if got := list.String(); got != "ten  シードの 10 倍  約 1 秒  本にはない\n" {
		t.Errorf("the list is %q", got)
	}
	for name, want := range map[string]string{"result.json": `"name": "product"`, "table.csv": "product,15,14 to 16,15,"} {
		got := read(t, results[0].Dir, name)
		if !strings.Contains(got, want) || strings.Contains(got, "積") {
			t.Errorf("%s: %s", name, got)
		}
	}
	picture := read(t, results[0].Dir, "line.png")
	r.Language = words.English
	if run(t, r, e); read(t, results[0].Dir, "line.png") == picture {
		t.Error("the picture is the same in both languages")
	}
}
