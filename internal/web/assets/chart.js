// A chart of lines in SVG, with a legend that tells values.

import { make, number } from "/static/page.js";

// svgMake is an element of SVG with attributes and children.
export const svgMake = (tag, attributes = {}, ...children) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
};

// niceStep is 1, 2 or 5 times a power of ten, so that about count steps fit.
function niceStep(span, count) {
  const raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 5, 10].find((n) => n * power >= raw * 0.999);
}

function ticks(lo, hi, count) {
  const step = niceStep(hi - lo, count), all = [];
  for (let i = Math.ceil(lo / step - 1e-6); i * step <= hi + step * 1e-6; i++) all.push(i * step);
  return { all, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// lineKey is a piece of a line, for a legend.
export const lineKey = (look, { pale, plain } = {}) => svgMake("svg", { width: 26, height: 10, "aria-hidden": "true" },
  svgMake("path", { class: `line look${look}${pale ? " pale" : ""}${plain ? " plain" : ""}`, d: "M0 5H26" }));

// nearest is the index of the point closest to x, in points sorted by x.
function nearest(points, x) {
  let lo = 0, hi = points.length - 1;
  while (hi - lo > 1) {
    const middle = (lo + hi) >> 1;
    if (points[middle][0] < x) lo = middle;
    else hi = middle;
  }
  return lo < hi && Math.abs(points[hi][0] - x) < Math.abs(points[lo][0] - x) ? hi : lo;
}

// chart is an element and a function that draws lines in it:
// {name, look, points: [[x, y], …], dots}, sorted by x; look numbers colours
// and dashes; a note stands in the legend without a value, and a plain line
// does not stretch the axis. cut is the share of the lowest values that may be left out where
// the others take less than half the height; percent writes y as that.
export function chart({ label, xLabel, yLabel, digits, percent = false, cut = 0, zero = false, heading = "" }) {
  const svg = svgMake("svg", { class: "chart", role: "img", tabindex: "0" });
  const legend = make("div", { className: "keys" });
  const element = make("div", { className: "chartbox" }, legend, svg);
  const view = { log: false };
  let lines = [], frame, at = null, last = 1;
  const write = (v) => (percent ? `${number(100 * v, digits)} %` : number(v, digits));

  function draw() {
    const shown = lines.map((l) => ({ ...l, points: l.points.filter(([, y]) => y != null && (!view.log || y > 0)) })).filter((l) => l.points.length);
    const width = Math.max(240, svg.clientWidth || 480), height = Math.max(180, Math.min(290, width * 0.55));
    const right = 10, top = 8, bottom = 34;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = `${height}px`;
    const ys = shown.filter((l) => !l.plain).flatMap((l) => l.points.map((p) => p[1])).sort((a, b) => a - b);
    last = Math.max(...shown.map((l) => l.points.at(-1)[0]), 0) || 1;
    let lo = ys[0] ?? 0, hi = ys.at(-1) ?? 1;
    const above = ys[Math.floor(cut * (ys.length - 1))];
    if (hi - above < (hi - lo) / 2) lo = above;
    for (const l of shown) if (l.dots) lo = Math.min(lo, l.points.at(-1)[1]);
    const map = view.log ? Math.log10 : (v) => v;
    if (!view.log && zero) lo = 0;
    lo = map(lo);
    hi = map(hi);
    if (percent && hi - lo < 0.001) { // one value: the axis is no magnifier
      lo -= 0.005;
      hi += 0.005;
    }
    const room = Math.max(hi - lo, percent ? 0.004 : 1e-3) * 0.06;
    if (!zero || view.log) lo -= room;
    hi += room;
    if (percent) hi = Math.min(hi, 1 + room / 3);
    const marks = view.log ? { all: [], digits: 0 } : percent ? ticks(100 * lo, 100 * hi, 5) : ticks(lo, hi, 5);
    const left = Math.max(50, 24 + 7 * Math.max(0, ...marks.all.map((v) => number(v, marks.digits).length))); // beside the axis's name
    const px = (x) => left + (x / last) * (width - left - right);
    const py = (y) => top + (1 - (map(y) - lo) / (hi - lo)) * (height - top - bottom);
    const parts = [];
    const text = (x, y, words, anchor) => parts.push(svgMake("text", { x, y, "text-anchor": anchor }, words));
    if (view.log) {
      for (let e = Math.floor(lo); e <= hi; e++) {
        for (const f of hi - lo > 2.5 ? [1] : [1, 2, 5]) {
          const v = f * 10 ** e, y = py(v);
          if (map(v) < lo || map(v) > hi) continue;
          parts.push(svgMake("path", { class: "grid", d: `M${left} ${y}H${width - right}` }));
          text(left - 6, y + 4, v >= 1e-3 ? String(Number(v.toPrecision(1))) : v.toExponential(0).replace("-", "−"), "end");
        }
      }
    } else {
      for (const v of marks.all) {
        const y = py(percent ? v / 100 : v);
        parts.push(svgMake("path", { class: "grid", d: `M${left} ${y}H${width - right}` }));
        text(left - 6, y + 4, number(v, marks.digits), "end");
      }
    }
    const t = ticks(0, last, Math.min(8, width / 70));
    for (const v of t.all) {
      parts.push(svgMake("path", { class: "grid", d: `M${px(v)} ${height - bottom}v4` }));
      text(px(v), height - bottom + 17, number(v, t.digits), "middle");
    }
    text((left + width - right) / 2, height - 3, xLabel, "middle");
    parts.push(svgMake("text", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(11 ${(height - bottom + top) / 2}) rotate(-90)` }, typeof yLabel === "function" ? yLabel() : yLabel));
    parts.push(svgMake("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
    const inner = svgMake("svg", { x: left, y: top - 4, width: width - left - right + 5, height: height - top - bottom + 4, viewBox: `${left} ${top - 4} ${width - left - right + 5} ${height - top - bottom + 4}` });
    for (const l of shown) {
      if (l.plain && (map(l.points[0][1]) > hi || map(l.points[0][1]) < lo)) continue;
      inner.append(svgMake("path", { class: `line${l.plain ? " plain" : ""} look${l.look}${l.pale ? " pale" : ""}`, d: "M" + l.points.map(([x, y]) => `${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("L") }));
      if (l.dots) for (const [x, y] of l.points) inner.append(svgMake("circle", { class: `dot look${l.look}`, cx: px(x), cy: py(y), r: l.points.length > 40 ? 1.8 : 3.2 }));
    }
    parts.push(inner);
    if (at !== null) parts.push(svgMake("path", { class: "cursor", d: `M${px(at)} ${top}V${height - bottom}` }));
    legend.replaceChildren(...(heading ? [make("span", { className: "soft", textContent: heading })] : []), ...shown.filter((l) => l.name || l.note).map((l) => {
      const [, y] = l.points[at === null ? l.points.length - 1 : nearest(l.points, at)];
      return make("span", {}, lineKey(l.look, l),
        ` ${l.name ?? l.note} `, ...(l.name || l.plain ? [make("b", { textContent: write(y) })] : []));
    }), ...(at === null ? [] : [make("span", { className: "soft", textContent: `${xLabel} ${number(at, 2)}` })]));
    svg.replaceChildren(...parts);
    svg.setAttribute("aria-label", `${label}. ${shown.filter((l) => l.name).map((l) => `${l.name}: ${write(l.points[0][1])} → ${write(l.points.at(-1)[1])}`).join("; ")}`);
    view.x = (px0) => Math.max(0, Math.min(last, ((px0 - left) / (width - left - right)) * last));
  }
  const redraw = () => {
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      draw();
    });
  };
  const move = (x) => {
    at = x;
    redraw();
  };
  svg.addEventListener("pointermove", (e) => view.x && move(view.x((e.clientX - svg.getBoundingClientRect().left))));
  svg.addEventListener("pointerleave", () => move(null));
  svg.addEventListener("blur", () => move(null));
  svg.addEventListener("keydown", (e) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1 }[e.key];
    if (by) move(Math.max(0, Math.min(last, (at ?? last) + by * last)));
    else if (e.key === "Home") move(0);
    else if (e.key === "End") move(last);
    else if (e.key === "Escape") move(null);
    else return;
    e.preventDefault();
  });
  let width = 0;
  new ResizeObserver(() => {
    if (svg.clientWidth === width) return;
    width = svg.clientWidth;
    redraw();
  }).observe(svg);
  return {
    element,
    set(more) {
      lines = more;
      redraw();
    },
    setLog(log) {
      view.log = log;
      redraw();
    },
  };
}

// spark is a small line without axes: of shares from 0 on, or, with ends of an
// axis, on a logarithmic one with a band of usual values.
export function spark(values, { axis, band } = {}) {
  const svg = svgMake("svg", { class: "spark", viewBox: "0 0 90 24", "aria-hidden": "true" });
  const [lo, hi] = axis?.map(Math.log10) ?? [0, Math.max(0.05, ...values)];
  const at = (v) => 22 - ((Math.min(hi, Math.max(lo, axis ? Math.log10(v) : v)) - lo) / (hi - lo)) * 20;
  if (band) svg.append(svgMake("rect", { class: "band", x: 0, width: 90, y: at(band[1]), height: at(band[0]) - at(band[1]) }));
  if (values.length > 1) svg.append(svgMake("path", { class: "line look0", d: "M" + values.map((v, i) => `${(2 + (i / (values.length - 1)) * 86).toFixed(1)} ${at(v).toFixed(1)}`).join("L") }));
  return svg;
}
