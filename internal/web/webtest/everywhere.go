//go:build !js

package webtest

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
)

// Everywhere opens base+path in English and in Japanese, has prepare bring the
// page to where there is most on it, and asks of it, at a desk and on a phone,
// light and dark, that it fits, cuts nothing, is in its own language, and is
// gone through by the keyboard.
func Everywhere(t *testing.T, name, base, path string, prepare func(*Page)) {
	for _, language := range []string{"en", "ja"} {
		t.Run(name+"-"+language, func(t *testing.T) {
			p := Open(t, base, path, Window{Width: Desktop.Width, Height: Desktop.Height, Language: language})
			prepare(p)
			p.speaks(language)
			p.Named()
			p.keyboard()
			for _, width := range []int64{Desktop.Width, Phone.Width} {
				Call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: Desktop.Height, DeviceScaleFactor: 1})
				for _, scheme := range []string{"light", "dark"} {
					Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
						Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
					})
					p.Painted()
					p.Fits()
					p.uncut()
					p.Keep(fmt.Sprintf("%s-%s-%d-%s", name, language, width, scheme))
				}
			}
			p.Quiet()
		})
	}
}

// uncut asks that no text reaches out of what holds it, unless that scrolls, and
// that no word is broken, names of files and code aside.
func (p *Page) uncut() {
	p.Helper()
	if wrong := Value[string](p, `(() => {
		const found = new Set(), range = document.createRange();
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const node = walk.currentNode, e = node.parentElement;
			if (!node.data.trim() || !e.checkVisibility() || e.closest(".unseen, .skip, select, svg, textarea, script, style")) continue;
			if (getComputedStyle(e).fontSize === "0px") continue;
			let block = e, scrolls = false;
			while (getComputedStyle(block).display.startsWith("inline") || getComputedStyle(block).display === "contents") block = block.parentElement;
			for (let up = block; up; up = up.parentElement) scrolls ||= ["auto", "scroll"].includes(getComputedStyle(up).overflowX) && up !== document.body;
			const { left, right } = block.getBoundingClientRect();
			range.selectNodeContents(node);
			const out = [...range.getClientRects()].some(r => r.right > right + 1.5 || r.left < left - 1.5 || r.right > innerWidth + 1);
			if (out && !scrolls) found.add("reaches out: " + node.data.trim().slice(0, 60));
			if (e.closest("code, pre, dd, td")) continue;
			for (const word of node.data.matchAll(/[A-Za-z]{2,}|[ァ-ヴー]{2,}|\d[\d,.]*\d/g)) {
				range.setStart(node, word.index);
				range.setEnd(node, word.index + word[0].length);
				const rows = new Set([...range.getClientRects()].filter(r => r.width > 0).map(r => Math.round(r.top)));
				if (rows.size > 1) found.add("broken: " + word[0] + " in " + node.data.trim().slice(0, 60));
			}
		}
		return [...found].slice(0, 10).join("\n");
	})()`); wrong != "" {
		p.Errorf("at %d pixels:\n%s", Value[int](p, "innerWidth"), wrong)
	}
}

// speaks asks that a page says which language it is in, and that what can be
// seen and heard of it is in that language. Code and names that a user gave
// may be in any.
func (p *Page) speaks(language string) {
	p.Helper()
	if got := Value[string](p, `document.documentElement.lang`); got != language {
		p.Errorf("the page says that it is in %q, wanted %q", got, language)
	}
	foreign := `/[ぁ-んァ-ヶ一-龠]/.test(s)`
	if language == "ja" { // three words in a row, the short ones among them
		foreign = `/[A-Za-z]{2,}[,.:]? [a-z]+[,.:]? [a-z]{2,}/.test(s)`
	}
	if other := Value[string](p, `(() => {
		const found = [], own = e => !e.closest("code, pre, script, style, .mine, [lang]:not(html)");
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const s = walk.currentNode.data, e = walk.currentNode.parentElement;
			if (own(e) && e.checkVisibility() && %[1]s) found.push(s.trim());
		}
		for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
			for (const s of [e.getAttribute("aria-label"), e.title, e.placeholder, e.alt]) if (s && own(e) && %[1]s) found.push(s);
		}
		return found.slice(0, 10).join("\n");
	})()`, foreign); other != "" {
		p.Errorf("not in %s:\n%s", language, other)
	}
}

// keyboard goes through the page by Tab: everything that can be worked is come
// to, and seen to be.
func (p *Page) keyboard() {
	p.Helper()
	key := func() {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			Call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Tab", Code: "Tab", WindowsVirtualKeyCode: 9})
		}
	}
	// Of radio buttons of one name, and of what arrow keys go through, one is come to.
	count := Value[int](p, `(document.activeElement?.blur(), window.workable = [...document.querySelectorAll("a[href], button, select, input, summary, textarea, [tabindex]")]
		.filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0 && e.type !== "radio"), window.come = new Set(), workable.length)`)
	blind := map[string]bool{}
	ends := 0 // a walk may begin where the last click was
	for range 3*count + 10 {
		key()
		if at := Value[string](p, `(e => {
			if (!e || e === document.body) return "end";
			if (come.has(e)) return "again";
			come.add(e);
			const style = getComputedStyle(e);
			return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 ? "" : e.outerHTML.slice(0, 120);
		})(document.activeElement)`); at == "end" {
			if ends++; ends == 2 {
				break
			}
		} else if at != "" && at != "again" {
			blind[at] = true
		}
	}
	for e := range blind {
		p.Errorf("the focus is not seen on %s", e)
	}
	if missed := Value[string](p, `workable.filter(e => !come.has(e) && e.isConnected && e.checkVisibility()).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`); missed != "" {
		p.Errorf("Tab does not come to:\n%s", missed)
	}
}
