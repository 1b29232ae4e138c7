//go:build !js

package live_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tatami/datasets"
	"tatami/internal/web/record"
	"tatami/internal/web/webtest"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// The page shows how weights, activations and gradients of each layer are
// distributed: the framework's own numbers, at every moment that its slider
// has, of a network whose gradients vanish.
func TestSpreadsPage(t *testing.T) {
	desk, phone := webtest.Desktop, webtest.Phone
	desk.Dark = true
	hidden := []nn.Spec{}
	for range 4 {
		hidden = append(hidden, layers.Affine{Units: 20, Init: nn.Normal{Std: 0.1}}, layers.Sigmoid{})
	}
	w := newWatched(t, 50_000, append(hidden, layers.Affine{Units: 2}, layers.Softmax{})...)
	const learners = 5
	var mu sync.Mutex
	norms := map[int][]float64{} // of the gradients, by step
	w.trainer.Observers = append(w.trainer.Observers, train.ObserverFunc(func(e train.Event) error {
		if e.Kind != train.Updated {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		for i := range learners {
			norms[e.Step] = append(norms[e.Step], norm(e.Trainer.Gradients()[2*i]))
		}
		time.Sleep(time.Millisecond)
		return nil
	}))
	w.start()
	p := webtest.Open(t, w.url, "/", desk)
	p.Until(`document.querySelectorAll("#spreads tbody tr").length === %d && document.querySelector("#spreads input[type=range]").max >= 2`, learners)
	narrow := webtest.Open(t, w.url, "/", phone)
	w.post("/api/v1/run/stop")
	<-w.ended
	rows := w.recorder.Whole().Spreads.Rows
	for _, page := range []*webtest.Page{p, narrow} {
		page.Until(stopped)
		page.Until(`document.querySelector("#spreads input[type=range]").max === "%d"`, len(rows)-1)
		page.Painted()
	}

	// Every moment's norms, moved to by keys.
	p.Do(chromedp.Focus(`#spreads input[type=range]`), chromedp.KeyEvent(kb.Home))
	for i, row := range rows {
		if i > 0 {
			p.Do(chromedp.KeyEvent(kb.ArrowRight))
		}
		p.Until(`document.querySelector("#spreads .player .soft").textContent === "after step %s"`, thousands(row.Step))
		shown := webtest.Value[[]string](p, `[...document.querySelectorAll("#spreads [data-kind=norm] b")].map(e => e.textContent)`)
		for k := range learners {
			if want := norms[row.Step][k]; !near(shown[k], want, 0.006) {
				t.Errorf("after step %d the page says that layer %d's gradient has norm %s, the trainer has %g", row.Step, k, shown[k], want)
			}
		}
	}

	// The last moment: all numbers and bars of each layer.
	data := w.trainer.Loader.Data
	b, err := datasets.First(data, 20)
	if err != nil {
		t.Fatal(err)
	}
	ys, params := w.trainer.Net.Activations(b.X), w.trainer.Net.Params()
	p.Do(chromedp.Focus(`#spreads tbody button`))
	for i := range learners {
		activations := ys[min(2*i+1, 8)].Data
		if i > 0 {
			p.Do(chromedp.KeyEvent(kb.ArrowDown))
		}
		p.Do(chromedp.KeyEvent(kb.Enter))
		p.Until(`document.querySelector("#spreads .close h3")?.textContent.startsWith("%d Affine")`, 2*i+1)
		for k, values := range [][]float32{params[2*i].Value.Data, activations, w.trainer.Gradients()[2*i]} {
			mean, deviation, least, most := moments(values)
			for name, want := range map[string]float64{"norm": norm(values), "mean": mean, "deviation": deviation, "least": least, "most": most} {
				shown := webtest.Value[string](p, `document.querySelectorAll("#spreads .close [data-number=%s] td")[%d].textContent`, name, k)
				allowed := 6e-4 * math.Abs(want)
				if name == "mean" { // may be a sum to 0 but for rounding
					allowed = max(allowed, 1e-6*deviation)
				}
				if !within(shown, want, allowed) {
					t.Errorf("layer %d, kind %d: the page says that the %s is %s, the framework has %g", i, k, name, shown, want)
				}
			}
			// The bars that are drawn are the shares of the values between their ends.
			heights := webtest.Value[[]float64](p, `[...document.querySelectorAll("#spreads .close .histo")[%d].getAttribute("d").matchAll(/v-([\d.]+)/g)].map(m => Number(m[1]))`, k)
			wanted := histogram(values, math.Max(least, mean-3*deviation), math.Min(most, mean+3*deviation), 24)
			if len(heights) != len(wanted) {
				t.Errorf("layer %d, kind %d: %d bars, wanted %d", i, k, len(heights), len(wanted))
				continue
			}
			for j, h := range heights {
				if want := math.Max(1, 110*wanted[j]); math.Abs(h-want) > 0.5 {
					t.Errorf("layer %d, kind %d, bar %d: height %g, wanted %g", i, k, j, h, want)
				}
			}
		}
		if i == 2 {
			p.Keep("spreads-dark")
			narrow.Do(chromedp.Click(`#spreads tbody tr:nth-child(3) button`))
			narrow.Until(`!document.querySelector("#spreads .close").hidden`)
			narrow.Keep("spreads-phone")
		}
	}
	p.Do(chromedp.KeyEvent(kb.Escape))
	p.Until(`document.querySelector("#spreads .close").hidden`)

	// Sigmoids and small weights: at first gradients shrink towards the input.
	ends, n := learners-1, norms[rows[0].Step]
	if n[0] > n[ends]/50 || !slices.IsSorted(n) {
		t.Errorf("gradients do not vanish: norms %v", n)
	}
	p.Do(chromedp.Focus(`#spreads input[type=range]`), chromedp.KeyEvent(kb.Home))
	p.Until(`document.querySelector("#spreads .player .soft").textContent === "after step %s"`, thousands(rows[0].Step))
	widths := webtest.Value[[]float64](p, `[...document.querySelectorAll("#spreads .norm .histo")].map(e => Number(e.getAttribute("width")))`)
	for i := range learners {
		got, want := (widths[i]-widths[0])/(widths[ends]-widths[0]), math.Log(n[i]/n[0])/math.Log(n[ends]/n[0])
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("the bars %v are not the logarithms of the norms %v", widths, n)
			break
		}
	}

	// On one axis for all, the first layer's gradients are a single line at 0.
	thin := `document.querySelector("#spreads [data-kind=gradients] .histo").getBBox().width`
	before := webtest.Value[float64](p, "%s", thin)
	p.Do(chromedp.Click(`#spreads input[type=checkbox]`))
	p.Until(`%s < 0.1 * %g`, thin, before)
	for _, page := range []*webtest.Page{p, narrow} {
		page.Fits()
		page.Named()
		page.Quiet()
	}
	if got := webtest.Value[string](narrow, `document.querySelector("#spreads thead [data-t], #spreads thead th:last-child").textContent`); got != "勾配" {
		t.Errorf("the last column of the Japanese page is %q", got)
	}
}

const stopped = `document.getElementById("state").classList.contains("` + record.Stopped + `")`

func norm(values []float32) float64 {
	var sum float64
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

func moments(values []float32) (mean, deviation, least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		mean += float64(v) / float64(len(values))
		least, most = math.Min(least, float64(v)), math.Max(most, float64(v))
	}
	for _, v := range values {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation), least, most
}

// histogram is the heights of the bars that are not empty, the largest 1.
func histogram(values []float32, low, high float64, n int) (heights []float64) {
	counts := make([]float64, n)
	largest := 0.0
	for _, v := range values {
		i := min(max(int(math.Floor((float64(v)-low)/(high-low)*float64(n))), 0), n-1)
		counts[i]++
		largest = math.Max(largest, counts[i])
	}
	for _, c := range counts {
		if c > 0 {
			heights = append(heights, c/largest)
		}
	}
	return heights
}

// near reads a number of a page.
func near(shown string, want, tolerance float64) bool {
	return within(shown, want, tolerance*math.Abs(want))
}

func within(shown string, want, allowed float64) bool {
	got, err := strconv.ParseFloat(strings.ReplaceAll(shown, "−", "-"), 64)
	return err == nil && math.Abs(got-want) <= allowed
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n/1000) + "," + strconv.Itoa(1000 + n%1000)[1:]
}
