// How weights, activations and gradients are distributed, layer by layer, and
// how that changed.

import { bytes, make, number, words } from "/static/page.js";
import { spark, svgMake } from "/static/chart.js";
import { player } from "/static/player.js";

const t = words({
  title: { en: "Weights, activations and gradients, layer by layer", ja: "重み・活性化・勾配の分布（層ごと）" },
  text: {
    en: "The norm of the gradient of each layer's weights, in one batch, on one logarithmic axis for all layers: where it shrinks by a power of ten from layer to layer towards the input, gradients vanish and the first layers learn nothing. Histograms show the values themselves. Choose a layer for its numbers, and move the slider to see how training changed them.",
    ja: "各層の重みの勾配の大きさ（ノルム）を、1 つのバッチについて、全層に共通の対数目盛で示します。入力に近い層へ向かって 1 桁ずつ小さくなるようなら勾配消失で、最初の層は学習できません。値そのものの分布はヒストグラムで示します。層を選ぶと数値が、スライダーを動かすと学習による変化が見られます。",
  },
  norm: { en: "Norm of the gradient", ja: "勾配の大きさ（ノルム）" },
  layer: { en: "Layer", ja: "層" },
  weights: { en: "Weights", ja: "重み" },
  activations: { en: "Activations", ja: "活性化" },
  gradients: { en: "Gradients", ja: "勾配" },
  weight: { en: "weight", ja: "重みの値" },
  activation: { en: "activation", ja: "活性化の値" },
  gradient: { en: "gradient", ja: "勾配の値" },
  count: { en: "count", ja: "個数" },
  same: { en: "one axis for all layers", ja: "全層で同じ横軸" },
  mean: { en: "Mean", ja: "平均" },
  deviation: { en: "Standard deviation", ja: "標準偏差" },
  least: { en: "Smallest", ja: "最小値" },
  most: { en: "Largest", ja: "最大値" },
  zeros: { en: "Exactly 0", ja: "ちょうど 0" },
  size: { en: "Norm", ja: "ノルム" },
  histogram: { en: "Histogram: {what}, {layer}, mean {mean}, standard deviation {deviation}", ja: "ヒストグラム：{what}、{layer}、平均 {mean}、標準偏差 {deviation}" },
  how: {
    en: "Activations are those of the first 20 training images. Values that are exactly 0 have no bar; the outermost bars hold what lies beyond three standard deviations.",
    ja: "活性化は、最初の訓練画像 20 枚のものです。ちょうど 0 の値は棒に含めません。両端の棒は、標準偏差の 3 倍より外の値も含みます。",
  },
});

const kinds = ["weights", "activations", "gradients"];
const valueOf = { weights: "weight", activations: "activation", gradients: "gradient" };

// figure writes a number with so many digits, of any size.
function figure(v, digits = 3) {
  if (v == null) return "–";
  const size = Math.abs(v), text = v === 0 || (size >= 1e-3 && size < 1e5) ? String(Number(v.toPrecision(digits))) : v.toExponential(digits - 1);
  return text.replaceAll("-", "−");
}

// bars draws a spread on an axis from lo to hi, in a box.
function bars(spread, kind, [lo, hi], { left, top, width, height }) {
  const values = spread.heights ??= bytes(spread.bars);
  const px = (v) => left + ((v - lo) / (hi - lo || 1)) * width;
  const from = px(spread.low), step = (px(spread.high) - from) / values.length;
  const path = Array.from(values, (v, i) => (v ? `M${(from + i * step).toFixed(2)} ${top + height}v${-Math.max(1, (v / 255) * height).toFixed(2)}h${Math.max(0.8, step).toFixed(2)}V${top + height}z` : "")).join("");
  return svgMake("path", { class: `histo look${kinds.indexOf(kind)}`, d: path });
}

// spreadsView is the elements of the view and what brings them up to date;
// momentOf names a step.
export function spreadsView(momentOf) {
  const moment = make("span", { className: "soft small" }), place = make("div"), close = make("div", { className: "close", "aria-live": "polite", hidden: true });
  const same = make("input", { type: "checkbox" });
  const play = player(draw);
  const element = make("section", { className: "card", id: "spreads", hidden: true }, make("h2", { textContent: t("title") }), make("p", { className: "soft small", textContent: t("text") }),
    make("div", { className: "row player" }, ...play.elements, moment, make("label", { className: "small check" }, same, t("same"))), close, place, make("p", { className: "soft small", textContent: t("how") }));
  let run, shown = "", chosen = null, layers = [];
  same.addEventListener("change", draw);

  // axisOf is where a layer's histograms of a kind lie, at all moments; of all
  // layers where they are to compare.
  function axisOf(kind, i) {
    let lo = Infinity, hi = -Infinity;
    for (const row of run.spreads) {
      row[kind].forEach((s, k) => {
        if (s.low == null || (!same.checked && k !== i)) return;
        lo = Math.min(lo, s.low);
        hi = Math.max(hi, s.high);
      });
    }
    return [lo, hi];
  }
  function describe(svg, kind, i, spread) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", t("histogram", { what: t(kind), layer: run.facts.learners[i], mean: figure(spread.mean), deviation: figure(spread.deviation) }));
    return svg;
  }
  function smallHistogram(kind, i, spread) {
    if (spread.mean == null) return make("span", { className: "soft", textContent: "–" });
    const axis = axisOf(kind, i), svg = svgMake("svg", { class: "histogram", viewBox: "0 0 120 34", preserveAspectRatio: "none" });
    svg.append(svgMake("path", { class: "axis", d: "M0 33.5H120" }), bars(spread, kind, axis, { left: 0, top: 1, width: 120, height: 32 }));
    return make("span", { className: "histogrambox" }, describe(svg, kind, i, spread), make("span", { className: "ends" }, make("span", { textContent: figure(axis[0], 2) }), make("span", { textContent: figure(axis[1], 2) })));
  }
  function largeHistogram(kind, i, spread) {
    if (spread.mean == null) return "";
    const box = { left: 26, top: 6, width: 224, height: 110 }, axis = axisOf(kind, i), bottom = box.top + box.height;
    const svg = svgMake("svg", { class: "histogram chart", viewBox: "0 0 262 156" });
    const px = (v) => box.left + ((v - axis[0]) / (axis[1] - axis[0] || 1)) * box.width;
    const text = (x, y, words, more) => svgMake("text", { x, y, "text-anchor": "middle", ...more }, words);
    svg.append(bars(spread, kind, axis, box), svgMake("path", { class: "axis", d: `M${box.left} ${box.top}V${bottom}H${box.left + box.width}` }));
    const marks = [axis[0], axis[1]];
    if (axis[0] < 0 && axis[1] > 0 && Math.min(px(0) - box.left, box.left + box.width - px(0)) > 55) marks.push(0);
    for (const v of marks) {
      svg.append(svgMake("path", { class: "axis", d: `M${px(v)} ${bottom}v4` }), text(px(v), bottom + 17, figure(v, 2), { "text-anchor": v === axis[0] ? "start" : v === axis[1] ? "end" : "middle" }));
    }
    svg.append(text(box.left + box.width / 2, bottom + 34, t(valueOf[kind])), text(0, 0, t("count"), { transform: `translate(14 ${box.top + box.height / 2}) rotate(-90)` }));
    return make("figure", {}, make("figcaption", { className: "small", textContent: t(kind) }), describe(svg, kind, i, spread));
  }
  const numbers = (row, i) => make("table", { className: "list" },
    make("thead", {}, make("tr", {}, make("td"), ...kinds.map((kind) => make("th", { scope: "col", textContent: t(kind) })))),
    make("tbody", {}, ...[["size", "norm"], ["mean", "mean"], ["deviation", "deviation"], ["least", "least"], ["most", "most"]].map(([name, key]) => make("tr", { "data-number": key }, make("th", { scope: "row", textContent: t(name) }),
      ...kinds.map((kind) => make("td", { textContent: figure(row[kind][i][key], 4) })))),
    make("tr", { "data-number": "zeros" }, make("th", { scope: "row", textContent: t("zeros") }), ...kinds.map((kind) => make("td", { textContent: row[kind][i].zeros == null ? "–" : `${number(100 * row[kind][i].zeros, 1)} %` })))));

  // The layers' rows are made once; buttons keep the focus.
  function rowOf(name, i) {
    const button = make("button", { type: "button", textContent: name, "aria-pressed": "false" });
    button.addEventListener("click", () => {
      chosen = chosen === i ? null : i;
      draw();
    });
    button.addEventListener("keydown", (e) => {
      const next = layers[i + ({ ArrowDown: 1, ArrowUp: -1 }[e.key] ?? NaN)];
      if (e.key === "Escape") {
        chosen = null;
        draw();
      } else if (next) next.button.focus();
      else return;
      e.preventDefault();
    });
    const cells = ["norm", ...kinds].map((kind) => make("td", { "data-kind": kind }));
    return { button, cells, row: make("tr", {}, make("th", { scope: "row" }, button), ...cells) };
  }
  // decades are the ends of the axis of norms.
  function decades() {
    const norms = run.spreads.flatMap((row) => row.gradients.map((s) => s.norm)).filter((v) => v > 0);
    if (!norms.length) return null;
    const lo = Math.floor(Math.log10(Math.min(...norms))), hi = Math.ceil(Math.log10(Math.max(...norms)));
    return [10 ** Math.min(lo, hi - 2), 10 ** hi];
  }
  function normBar(norm, axis) {
    const [lo, hi] = axis.map(Math.log10), at = (v) => (100 * (Math.log10(v) - lo)) / (hi - lo);
    const svg = svgMake("svg", { class: "norm", viewBox: "0 0 100 14", preserveAspectRatio: "none", "aria-hidden": "true" });
    for (let e = Math.ceil(lo); e <= hi; e++) svg.append(svgMake("path", { class: "grid", d: `M${at(10 ** e)} 0V14` }));
    if (norm > 0) svg.append(svgMake("rect", { class: "histo look2", x: 0, y: 3, width: at(norm), height: 8 }));
    return svg;
  }
  function draw() {
    const row = run.spreads[play.at];
    if (!row) return;
    moment.textContent = momentOf(row);
    play.name(momentOf(row));
    const axis = decades();
    if (layers.length !== run.facts.learners.length) {
      layers = run.facts.learners.map(rowOf);
      place.replaceChildren(make("table", { className: "list spreads" },
        make("thead", {}, make("tr", {}, make("th", { scope: "col", textContent: t("layer") }), make("th", { scope: "col" }, t("norm"), make("span", { className: "ends" })), ...kinds.map((kind) => make("th", { scope: "col", textContent: t(kind) })))),
        make("tbody", {}, ...layers.map((l) => l.row))));
    }
    if (axis) place.querySelector("thead .ends").replaceChildren(...axis.map((v) => make("span", { textContent: figure(v, 1) })));
    layers.forEach(({ button, cells }, i) => {
      button.setAttribute("aria-pressed", chosen === i);
      const norm = row.gradients[i].norm, known = run.spreads.map((r) => r.gradients[i].norm).filter((v) => v > 0);
      cells[0].replaceChildren(make("span", { className: "normbox" }, make("b", { textContent: figure(norm) }), ...(axis ? [normBar(norm, axis), spark(known, { axis })] : [])));
      kinds.forEach((kind, k) => cells[k + 1].replaceChildren(smallHistogram(kind, i, row[kind][i])));
    });
    close.hidden = chosen === null;
    if (chosen !== null) close.replaceChildren(make("h3", { textContent: `${run.facts.learners[chosen]} · ${momentOf(row)}` }), make("div", { className: "row" }, ...kinds.map((kind) => largeHistogram(kind, chosen, row[kind][chosen]))), numbers(row, chosen));
  }
  return {
    element,
    show(next) {
      run = next;
      const mark = `${run.spreads.length} ${run.spreads.at(-1)?.step}`;
      element.hidden = !run.spreads.length || !run.facts.learners?.length;
      if (element.hidden || mark === shown) return;
      shown = mark;
      play.set(run.spreads.length);
      draw();
    },
  };
}
