//go:build !js

// Package webtest opens tatami's pages in a real Chromium, for tests.
package webtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Screenshots is the environment variable of a folder that tests leave
// pictures of the pages in.
const Screenshots = "TATAMI_SCREENSHOTS"

// patience is how long a page may take to become what a test waits for.
const patience = 60 * time.Second

// Window is what a page is opened in.
type Window struct {
	Width, Height int64
	Language      string // of the browser; "" is en-US
	Phone         bool   // with touch
	Dark          bool
}

// Desktop and Phone are the windows that pages are tested in.
var (
	Desktop = Window{Width: 1280, Height: 900}
	Phone   = Window{Width: 390, Height: 844, Language: "ja", Phone: true}
)

// Page is a page in a Chromium that notes what goes wrong on it.
type Page struct {
	testing.TB
	ctx  context.Context
	base string

	mu    sync.Mutex
	wrong []string // console errors, exceptions, requests elsewhere
}

// keepAnswers has a page keep the last answer to each path that it fetches,
// before it sees the answer itself.
const keepAnswers = `{
	const ask = fetch;
	window.answers = {};
	window.fetch = async (path, ...more) => {
		const answer = await ask(path, ...more);
		window.answers[path.split("?")[0]] = await answer.clone().text();
		return answer;
	};
}`

// Open opens base+path in a browser of its own, which the test's end closes.
// It skips the test with -short, and where there is no Chromium.
func Open(t testing.TB, base, path string, w Window) *Page {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED with -short: pages are not tested in a browser")
	}
	var found string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if at, err := exec.LookPath(name); err == nil {
			found = at
			break
		}
	}
	if found == "" {
		t.Skip("SKIPPED, NOT TESTED: pages need chromium in PATH")
	}
	if w.Language == "" {
		w.Language = "en-US"
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &Page{TB: t, ctx: ctx, base: base}
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	Call(p, log.Enable, cdp.Empty{})
	Call(p, network.Enable, network.EnableParams{})
	Call(p, runtime.Enable, cdp.Empty{})
	version, err := chromedp.CallBrowser(ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	Call(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: version.UserAgent, AcceptLanguage: w.Language})
	if w.Dark {
		Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
	}
	Call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: w.Width, Height: w.Height, DeviceScaleFactor: 1, Mobile: w.Phone,
	})
	Call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: w.Phone})
	Call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // as before a person
	Call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepAnswers})
	p.Do(chromedp.Navigate(base + path))
	return p
}

func (p *Page) watch(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wrong := func(format string, args ...any) { p.wrong = append(p.wrong, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			wrong("console: %v", e.Args)
		}
	case *runtime.EventExceptionThrown:
		wrong("exception: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			wrong("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, p.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			wrong("request to %s", u)
		}
	}
}

// Quiet asks that the page has had no error and sent nothing elsewhere.
func (p *Page) Quiet() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.wrong) > 0 {
		p.Errorf("the page is not quiet:\n%s", strings.Join(p.wrong, "\n"))
	}
}

// Do takes steps, all of which must succeed.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%v", err)
	}
}

// Call gives the browser a command.
func Call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.fail("%s: %v", command.Method, err)
	}
	return r
}

// Value is that of a JavaScript expression.
func Value[T any](p *Page, format string, args ...any) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(format, args...)))
	if err != nil {
		p.fail("%v", err)
	}
	return v
}

// Until waits for a JavaScript expression to be true.
func (p *Page) Until(format string, args ...any) {
	p.Helper()
	for end := time.Now().Add(patience); !Value[bool](p, "!!("+format+")", args...); time.Sleep(30 * time.Millisecond) {
		if time.Now().After(end) {
			p.Keep("failed-" + strings.ReplaceAll(p.Name(), "/", "-"))
			p.fail("never true: "+format, args...)
		}
	}
}

func (p *Page) fail(format string, args ...any) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Fatalf(format+"\n%s", append(args, strings.Join(p.wrong, "\n"))...)
}

// Painted waits until the page has painted all that it knows now.
func (p *Page) Painted() {
	p.Helper()
	const frames = "requestAnimationFrame(() => requestAnimationFrame(() => { painted = true }))"
	Value[bool](p, "(window.painted = false, %s, true)", frames)
	p.Until("painted")
}

// Answer is the last answer to a path that the page has fetched.
func (p *Page) Answer(path string) []byte {
	p.Helper()
	return []byte(Value[string](p, `window.answers[%q]`, path))
}

// Box is where an element is in the window, in pixels.
type Box struct{ X, Y, Width, Height float64 }

// Box scrolls to the first element of a selector and measures it.
func (p *Page) Box(selector string) Box {
	p.Helper()
	return Value[Box](p, `(e => {
		e.scrollIntoView({block: "center"});
		const {x, y, width, height} = e.getBoundingClientRect();
		return {X: x, Y: y, Width: width, Height: height};
	})(document.querySelector(%q))`, selector)
}

// Hover moves the mouse to a place in an element's box, in shares of its sides.
func (p *Page) Hover(selector string, right, down float64) {
	p.Helper()
	b := p.Box(selector)
	Call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: input.DispatchMouseEventTypeMouseMoved, X: b.X + right*b.Width, Y: b.Y + down*b.Height,
	})
}

// Drag draws along points, in shares of an element's sides, with the mouse or,
// on a phone, a finger. within is called halfway.
func (p *Page) Drag(w Window, selector string, points [][2]float64, within func()) {
	p.Helper()
	b := p.Box(selector)
	mouse := func(kind input.DispatchMouseEventType, x, y float64, buttons int64) {
		Call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: buttons, ClickCount: 1,
		})
	}
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		if points == nil {
			points = []*input.TouchPoint{}
		}
		Call(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	var x, y float64
	for i, at := range points {
		x, y = b.X+at[0]*b.Width, b.Y+at[1]*b.Height
		switch {
		case w.Phone && i == 0:
			touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: x, Y: y})
		case w.Phone:
			touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: x, Y: y})
		case i == 0:
			mouse(input.DispatchMouseEventTypeMousePressed, x, y, 1)
		default:
			mouse(input.DispatchMouseEventTypeMouseMoved, x, y, 1)
		}
		if i == len(points)/2 && within != nil {
			within()
		}
	}
	if w.Phone {
		touch(input.DispatchTouchEventTypeTouchEnd)
	} else {
		mouse(input.DispatchMouseEventTypeMouseReleased, x, y, 0)
	}
}

// Hostile is a name that would run as a program, or stand as an element of class
// hostile, on a page that does not take names for text.
const Hostile = `"></script><img class="hostile" src="x" onerror="window.hostile = 1"><script class='hostile'>window.hostile = 1</script>`

// Harmless fails if a page has taken [Hostile] for more than text, or does not
// show it.
func (p *Page) Harmless() {
	p.Helper()
	if got := Value[string](p, `[window.hostile, document.querySelector(".hostile")?.outerHTML, document.body.textContent.includes("window.hostile")].join()`); got != ",,true" {
		p.Errorf("a name is taken for more than text, or not shown: %s", got)
	}
}

// Fits asks that the page is not wider than its window.
func (p *Page) Fits() {
	p.Helper()
	if over := Value[float64](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		p.Errorf("the page is %g pixels wider than its window:\n%s", over, Value[string](p, `[...document.querySelectorAll("body *")]
			.filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide")).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`))
	}
}

// Named asks that all that can be worked, and every picture, has a name for
// those who do not see it.
func (p *Page) Named() {
	p.Helper()
	bare := Value[string](p, `[...document.querySelectorAll("button, select, input, a, [tabindex], [role=img], img, canvas")]
		.filter(e => e.checkVisibility() && !e.matches("img[alt], button canvas"))
		.filter(e => !e.getAttribute("aria-label") && !e.labels?.length && !(e.textContent.trim() && !e.matches("select, canvas")))
		.map(e => e.outerHTML.slice(0, 120)).join("\n")`)
	if bare != "" {
		p.Errorf("without a name:\n%s", bare)
	}
}

// Keep leaves a picture of the whole page as NAME.png where Screenshots asks
// for it.
func (p *Page) Keep(name string) {
	p.Helper()
	dir := os.Getenv(Screenshots)
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		p.Error(err)
	}
}
