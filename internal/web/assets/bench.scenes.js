// What the bench shows of each kind of layer, each way through it, step by step.

import { at, index, placement, shares } from "/static/bench.layers.js";
import { number } from "/static/page.js";

// A case is a layer at work: {spec, params, x, y, dy, gradients, …}, batches all.
// A scene is
//
//   outer   what is gone through one by one, [{name, count}], the last fastest
//   inner   the steps within each
//   show(o, p)  of step p there: {panels, lines, result}
//
// A panel is {title, grids, after}: after is the sign at its right. A grid is
// {key, name, h, w, value(i, j), mark(i, j), edit(i, j, v), jump(i, j)}: value is
// a number, null for none, undefined where it is not known yet; mark is "window",
// "target", "pad", or nothing; jump gives the step at whose end the cell is.
// A line is {text, value}. The result is {of, index, value, grid}: what the step
// computed, and the key of the grid that it stands in.

export function short(v) {
  const digits = Number.isInteger(v) ? 0 : Math.abs(v) < 0.1 ? 4 : Math.abs(v) < 10 ? 3 : 2, text = number(v, digits);
  return digits && +v.toFixed(digits) === v ? text.replace(/0+$/, "") : text;
}
const factor = (v) => (v < 0 ? `(${short(v)})` : short(v));

// spell writes a sum of products out, as far as it can be read.
function spell(terms, join = "·") {
  const most = 27, some = terms.length > most ? terms.filter((t) => t.every(Boolean)).slice(0, 9) : terms;
  const text = some.map((t) => t.map(factor).join(join)).join(" + ") || "0";
  return { text: some === terms ? text : `${text} + …`, value: terms.reduce((sum, t) => sum + t.reduce((a, b) => a * b, 1), 0), terms: terms.length };
}
const total = (values) => values.reduce((a, b) => a + b, 0);
const count = (n) => Array.from({ length: n }, (_, i) => i);

// some is all of a few, or the chosen one of many.
const most = 4;
const some = (n, chosen) => (n <= most ? count(n) : [Math.min(chosen, n - 1)]);

// picture is one channel of one sample as a grid.
function picture(key, name, t, n, c, more = {}) {
  const { frame = [0, 0, 0, 0], known = () => true, outside = 0, edit, mark, ...rest } = more;
  const [top, bottom, left, right] = frame, inside = (i, j) => i >= top && j >= left && i < top + t.h && j < left + t.w;
  return {
    key, name, h: t.h + top + bottom, w: t.w + left + right,
    value: (i, j) => (!inside(i, j) ? outside : known(i - top, j - left) ? at(t, n, i - top, j - left, c) : undefined),
    mark: (i, j) => mark?.(i, j) || (inside(i, j) ? "" : "pad"),
    edit: edit && ((i, j, v) => inside(i, j) && edit(index(t, n, i - top, j - left, c), v)),
    editable: inside,
    ...rest,
  };
}

// rowOf is a sample's values as one row, or as several where they are many.
function rowOf(key, name, values, { known = () => true, mark = () => "", edit, jump, offset = 0 } = {}) {
  const w = values.length <= 12 ? values.length : Math.ceil(Math.sqrt(values.length)), k = (i, j) => i * w + j;
  return {
    key, name, h: Math.ceil(values.length / w), w,
    value: (i, j) => (k(i, j) >= values.length ? null : known(k(i, j)) ? values[k(i, j)] : undefined),
    mark: (i, j) => mark(k(i, j)),
    edit: edit && ((i, j, v) => edit(offset + k(i, j), v)), editable: (i, j) => k(i, j) < values.length,
    jump: jump && ((i, j) => jump(k(i, j))),
  };
}

// matrix is rows of values, of which those around one are shown. Its row(r) is
// where they come from.
function matrix(key, name, rows, columns, here, value, more = {}) {
  const { known = () => true, mark = () => "", edit, high = 12 } = more, first = Math.max(0, Math.min(here - high + 3, rows - high));
  return {
    key, name, h: Math.min(rows, high), w: columns,
    value: (i, j) => (known(first + i, j) ? value(first + i, j) : undefined),
    mark: (i, j) => mark(first + i, j),
    edit: edit && ((i, j, v) => edit(first + i, j, v)), editable: () => true,
  };
}

const sample = (t, n) => t.data.subarray(n * t.h * t.w * t.c, (n + 1) * t.h * t.w * t.c);

// Convolution.

function places(b) {
  const { x, y, params: { weight } } = b, p = placement(b.spec), each = y.c / p.groups;
  return {
    p, x, y, weight, each, frame: [p.top, p.bottom, p.left, p.right],
    first: (o) => Math.floor(o / each) * weight.c,
    // under is whether a pixel of the padded image is under the filter at i, j.
    under: (i, j) => (r, s) => {
      const u = (r - i * p.sh) / p.d, v = (s - j * p.sw) / p.d;
      return Number.isInteger(u) && Number.isInteger(v) && u >= 0 && v >= 0 && u < p.kh && v < p.kw;
    },
    pixel: (n, i, j, u, v, c) => at(x, n, i * p.sh + u * p.d - p.top, j * p.sw + v * p.d - p.left, c),
    taps: count(p.kh).flatMap((u) => count(p.kw).map((v) => [u, v])),
    spots: count(y.h).flatMap((i) => count(y.w).map((j) => [i, j])),
  };
}

function convolutionForward(b, t) {
  const { p, x, y, weight, frame, first, under, pixel, taps, spots } = places(b), { bias } = b.params;
  return {
    outer: [{ name: "image", count: x.n }, { name: "filter", count: y.c }], inner: spots.length,
    show([n, o], k) {
      const [i, j] = spots[k], channels = some(weight.c, b.channel), window = under(i, j);
      const sums = count(weight.c).map((c) => spell(taps.map(([u, v]) => [pixel(n, i, j, u, v, first(o) + c), at(weight, o, u, v, c)])));
      const lines = channels.map((c) => ({ text: weight.c > 1 ? t("labelled", { name: t("channelN", { n: first(o) + c + 1 }), text: sums[c].text }) : sums[c].text, value: sums[c].value }));
      if (channels.length < weight.c) lines.push({ text: t("otherChannels", { n: weight.c - channels.length }), value: total(sums.filter((_, c) => !channels.includes(c)).map((s) => s.value)) });
      const sum = total(sums.map((s) => s.value));
      lines.push({ text: `${weight.c > 1 ? lines.map((l) => factor(l.value)).join(" + ") : short(sum)} + b = ${short(sum)} + ${factor(bias.data[o])}`, value: sum + bias.data[o] });
      const done = (m, q) => m < n || (m === n && q < o);
      const columns = channels.flatMap((c) => taps.map(([u, v]) => [c, u, v]));
      return {
        panels: [
          { title: t("input"), after: "⊛", grids: channels.map((c) => picture(`x.${n}.${first(o) + c}`, channelName(t, x, n, first(o) + c), x, n, first(o) + c, { frame, mark: (r, s) => window(r, s) && "window", edit: b.edit?.x })) },
          { title: t("filterN", { n: o + 1 }), after: "=", grids: channels.map((c) => picture(`weight.${o}.${c}`, weight.c > 1 ? t("channelN", { n: first(o) + c + 1 }) : "", weight, o, c, { mark: () => "window", edit: b.edit?.weight })).concat(rowOf(`bias.${o}`, "b", [bias.data[o]], { edit: b.edit?.bias, offset: o })) },
          { title: t("output"), grids: some(y.c, o).map((q) => picture(`y.${n}.${q}`, t("mapN", { n: q + 1 }), y, n, q, {
            known: (r, s) => b.learned || done(n, q) || (q === o && r * y.w + s <= k), mark: (r, s) => q === o && r === i && s === j && "target", jump: (r, s) => [[n, q], r * y.w + s] })) },
        ].concat(b.learned ? { title: t("learnedMap"), grids: [picture(`learned.${n}.${o}`, "", b.learned, n, o, {})] } : []),
        more: { title: t("im2col"), text: t("im2colText", { rows: spots.length, columns: taps.length * weight.c }), panels: [
          { title: t("im2colRows"), after: "·", grids: [matrix(`col.${n}`, "", spots.length, columns.length, k, (r, q) => pixel(n, ...spots[r], columns[q][1], columns[q][2], first(o) + columns[q][0]), { known: (r) => r <= k, mark: (r) => r === k && "window" })] },
          { title: "W", after: "=", grids: [matrix(`colw.${o}`, "", columns.length, 1, 0, (r) => at(weight, o, columns[r][1], columns[r][2], columns[r][0]), { high: columns.length, mark: () => "window" })] },
          { title: t("product"), grids: [matrix(`coly.${n}.${o}`, "", spots.length, 1, k, (r) => y.data[index(y, n, ...spots[r], o)] - bias.data[o], { known: (r) => r <= k, mark: (r) => r === k && "target" })] },
        ] },
        lines, result: { of: "y", index: index(y, n, i, j, o), value: sum + bias.data[o], grid: `y.${n}.${o}` },
      };
    },
  };
}

const both = (t, one, other) => (one && other ? t("both", { one, other }) : one || other);
const channelName = (t, x, n, c) => both(t, x.n > 1 ? t("imageN", { n: n + 1 }) : "", x.c > 1 ? t("channelN", { n: c + 1 }) : "");

// dw[u,v] is x under dy: a convolution of the image with the gradient.
function convolutionWeight(b, t) {
  const { p, x, y, weight, frame, first, pixel, taps, spots } = places(b), { dy, gradients } = b;
  return {
    outer: [{ name: "filter", count: y.c }, { name: "channel", count: weight.c }], inner: taps.length,
    show([o, c], k) {
      const [u, v] = taps[k], images = some(x.n, 0);
      const sums = count(x.n).map((n) => spell(spots.map(([i, j]) => [pixel(n, i, j, u, v, first(o) + c), at(dy, n, i, j, o)])));
      const value = total(sums.map((s) => s.value));
      return {
        panels: [
          { title: t("input"), after: "⋆", grids: images.map((n) => picture(`x.${n}.${first(o) + c}`, channelName(t, x, n, first(o) + c), x, n, first(o) + c, {
            frame, edit: b.edit?.x, mark: (r, s) => (r - u * p.d) % p.sh === 0 && (s - v * p.d) % p.sw === 0 && r >= u * p.d && s >= v * p.d && r - u * p.d < y.h * p.sh && s - v * p.d < y.w * p.sw && "window" })) },
          { title: "dy", after: "=", grids: images.map((n) => picture(`dy.${n}.${o}`, channelName(t, { n: x.n, c: y.c }, n, o), dy, n, o, { mark: () => "window", edit: b.edit?.dy })) },
          { title: "dW", grids: [picture(`dw.${o}.${c}`, weight.c > 1 ? t("channelN", { n: first(o) + c + 1 }) : "", gradients.weight, o, c, { known: (r, s) => r * p.kw + s <= k, mark: (r, s) => r === u && s === v && "target", jump: (r, s) => [[o, c], r * p.kw + s] })] },
        ],
        lines: sums.map((s, n) => ({ text: x.n > 1 ? t("labelled", { name: t("imageN", { n: n + 1 }), text: s.text }) : s.text, value: s.value })).concat(x.n > 1 ? { text: t("batchSum"), value } : []),
        result: { of: "weight", index: index(weight, o, u, v, c), value, grid: `dw.${o}.${c}` },
      };
    },
  };
}

// biasBack is the same for every layer with a bias an output channel.
function biasBack(b, t) {
  const { y, dy, gradients } = b, pixels = y.h * y.w;
  return {
    outer: [], inner: y.c,
    show(_, o) {
      const terms = spell(count(y.n * pixels).map((q) => [dy.data[q * y.c + o]])), images = some(y.n, 0);
      return {
        panels: [
          { title: "dy", after: "Σ", grids: pixels > 1 ? images.map((n) => picture(`dy.${n}.${o}`, channelName(t, y, n, o), dy, n, o, { mark: () => "window", edit: b.edit?.dy }))
            : [matrix("dy", "", y.n, y.c, 0, (n, q) => dy.data[n * y.c + q], { mark: (n, q) => q === o && "window", edit: b.edit?.dy && ((n, q, v) => b.edit.dy(n * y.c + q, v)) })] },
          { title: "db", grids: [rowOf("db", "", gradients.bias.data, { known: (q) => q <= o, mark: (q) => q === o && "target", jump: (q) => [[], q] })] },
        ],
        lines: [terms], result: { of: "bias", index: o, value: terms.value, grid: "db" },
      };
    },
  };
}

// dx is the padded dy under the filters turned by 180°; between the values of dy
// are as many zeros as the stride leaves out.
function convolutionInput(b, t) {
  const { p, x, y, weight, each, taps } = places(b), { dy, gradients } = b;
  const [reachH, reachW] = [p.d * (p.kh - 1), p.d * (p.kw - 1)];
  const spread = (n, r, s, o) => {
    const i = (r - reachH + p.top) / p.sh, j = (s - reachW + p.left) / p.sw;
    return Number.isInteger(i) && Number.isInteger(j) && i >= 0 && j >= 0 && i < y.h && j < y.w ? [index(dy, n, i, j, o)] : [];
  };
  return {
    outer: [{ name: "image", count: x.n }, { name: "channel", count: x.c }], inner: x.h * x.w,
    show([n, c], k) {
      const r = Math.floor(k / x.w), s = k % x.w, from = Math.floor(c / weight.c) * each, own = c % weight.c;
      const filters = count(each).map((o) => from + o), shown = some(each, b.filter).map((o) => from + o);
      const turned = (o, u, v) => at(weight, o, p.kh - 1 - u, p.kw - 1 - v, own);
      const sums = filters.map((o) => spell(taps.map(([u, v]) => [dy.data[spread(n, r + u * p.d, s + v * p.d, o)[0]] ?? 0, turned(o, u, v)])));
      const value = total(sums.map((q) => q.value)), lines = shown.map((o) => ({ text: each > 1 ? t("labelled", { name: t("filterN", { n: o + 1 }), text: sums[o - from].text }) : sums[o - from].text, value: sums[o - from].value }));
      if (shown.length < each) lines.push({ text: t("otherFilters", { n: each - shown.length }), value: value - total(lines.map((l) => l.value)) });
      if (each > 1) lines.push({ text: lines.map((l) => factor(l.value)).join(" + "), value });
      return {
        panels: [
          { title: t("paddedGradient"), after: "⊛", grids: shown.map((o) => ({
            key: `spread.${n}.${o}`, name: y.c > 1 ? t("filterN", { n: o + 1 }) : "", h: x.h + reachH, w: x.w + reachW,
            value: (i, j) => dy.data[spread(n, i, j, o)[0]] ?? 0,
            mark: (i, j) => ((i - r) % p.d === 0 && (j - s) % p.d === 0 && i >= r && j >= s && i <= r + reachH && j <= s + reachW ? "window" : spread(n, i, j, o).length ? "" : "pad"),
            edit: b.edit?.dy && ((i, j, v) => spread(n, i, j, o).forEach((q) => b.edit.dy(q, v))), editable: (i, j) => spread(n, i, j, o).length > 0,
          })) },
          { title: t("turnedFilter"), after: "=", grids: shown.map((o) => ({ key: `turned.${o}.${own}`, name: y.c > 1 ? t("filterN", { n: o + 1 }) : "", h: p.kh, w: p.kw, value: (u, v) => turned(o, u, v), mark: () => "window" })) },
          { title: "dx", grids: [picture(`dx.${n}.${c}`, channelName(t, x, n, c), gradients.dx, n, c, { known: (i, j) => i * x.w + j <= k, mark: (i, j) => i === r && j === s && "target", jump: (i, j) => [[n, c], i * x.w + j] })] },
        ],
        lines, result: { of: "dx", index: index(x, n, r, s, c), value, grid: `dx.${n}.${c}` },
      };
    },
  };
}

// The way back of im2col: each row of dy·Wᵀ is added to the window that it was.
function convolutionColumns(b, t) {
  const { p, x, y, weight, each, frame, first, under, spots, taps } = places(b), { dy } = b;
  const entry = (n, [i, j], c, u, v) => {
    const from = Math.floor(c / weight.c) * each;
    return total(count(each).map((o) => at(dy, n, i, j, from + o) * at(weight, from + o, u, v, c % weight.c)));
  };
  return {
    outer: [{ name: "image", count: x.n }], inner: spots.length,
    show([n], k) {
      const [i, j] = spots[k], channels = some(x.c, b.channel), window = under(i, j);
      const columns = channels.flatMap((c) => taps.map(([u, v]) => [c, u, v]));
      const sum = channels.map((c) => {
        const values = new Float64Array(x.h * x.w);
        for (const spot of spots.slice(0, k + 1)) for (const [u, v] of taps) {
          const r = spot[0] * p.sh + u * p.d - p.top, s = spot[1] * p.sw + v * p.d - p.left;
          if (r >= 0 && s >= 0 && r < x.h && s < x.w) values[r * x.w + s] += entry(n, spot, c, u, v);
        }
        return { h: x.h, w: x.w, c: 1, n: 1, data: values };
      });
      const filters = count(y.c).filter((o) => first(o) <= channels[0] && channels[0] < first(o) + weight.c);
      return {
        panels: [
          { title: "dy", after: "→", grids: some(y.c, b.filter).map((o) => picture(`dy.${n}.${o}`, channelName(t, y, n, o), dy, n, o, { mark: (r, s) => r === i && s === j && "window", edit: b.edit?.dy })) },
          { title: t("columnsBack"), after: "→", grids: [matrix(`dcol.${n}.${channels}`, "", spots.length, columns.length, k, (r, q) => entry(n, spots[r], ...columns[q]), { known: (r) => r <= k, mark: (r) => r === k && "window" })] },
          { title: t("addedUp"), grids: channels.map((c, q) => picture(`sum.${n}.${c}`, channelName(t, x, n, c), sum[q], 0, 0, { frame, outside: null, mark: (r, s) => window(r, s) && "target" })) },
        ],
        lines: [{ text: t("columnsLine", { row: k + 1, sum: filters.length > most ? t("sumOverFilters", { n: filters.length }) : filters.map((o) => `${factor(at(dy, n, i, j, o))}·W${o + 1}`).join(" + "), i: i + 1, j: j + 1 }) }],
      };
    },
  };
}

// Pooling.

function poolingForward(b, t) {
  const { x, y, spec } = b, { top, bottom, left, right } = placement(spec);
  return {
    outer: [{ name: "image", count: x.n }, { name: "channel", count: x.c }], inner: y.h * y.w,
    show([n, c], k) {
      const i = Math.floor(k / y.w), j = k % y.w, pixels = shares(spec, x, n, i, j, c), values = pixels.map((q) => short(q.value));
      const value = at(y, n, i, j, c), under = (r, s) => pixels.find((q) => q.r === r - top && q.s === s - left);
      return {
        panels: [
          { title: t("input"), after: "→", grids: [picture(`x.${n}.${c}`, channelName(t, x, n, c), x, n, c, { frame: [top, bottom, left, right], outside: null, edit: b.edit?.x, mark: (r, s) => under(r, s) && (!spec.Average && under(r, s).share ? "target" : "window") })] },
          { title: t("output"), grids: [picture(`y.${n}.${c}`, channelName(t, x, n, c), y, n, c, { known: (r, s) => r * y.w + s <= k, mark: (r, s) => r === i && s === j && "target", jump: (r, s) => [[n, c], r * y.w + s] })] },
        ],
        lines: [{ text: spec.Average ? `(${pixels.map((q) => factor(q.value)).join(" + ")}) / ${pixels.length}` : `max(${values.join(", ")})`, value }],
        result: { of: "y", index: index(y, n, i, j, c), value, grid: `y.${n}.${c}` },
      };
    },
  };
}

function poolingBack(b, t) {
  const { x, y, dy, spec } = b, { top, bottom, left, right } = placement(spec), frame = [top, bottom, left, right];
  return {
    outer: [{ name: "image", count: x.n }, { name: "channel", count: x.c }], inner: y.h * y.w,
    show([n, c], k) {
      const sum = { n: 1, h: x.h, w: x.w, c: 1, data: new Float64Array(x.h * x.w) };
      for (let q = 0; q <= k; q++) for (const a of shares(spec, x, n, Math.floor(q / y.w), q % y.w, c)) sum.data[a.r * x.w + a.s] += a.share * at(dy, n, Math.floor(q / y.w), q % y.w, c);
      const i = Math.floor(k / y.w), j = k % y.w, pixels = shares(spec, x, n, i, j, c), d = at(dy, n, i, j, c), best = pixels.find((q) => q.share === 1);
      const mark = (r, s) => {
        const q = pixels.find((a) => a.r === r - top && a.s === s - left);
        return q && (q.share ? "target" : "window");
      };
      return {
        panels: [
          { title: "dy", after: "→", grids: [picture(`dy.${n}.${c}`, channelName(t, x, n, c), dy, n, c, { edit: b.edit?.dy, mark: (r, s) => r === i && s === j && "window", jump: (r, s) => [[n, c], r * y.w + s] })] },
          { title: t("input"), after: "→", grids: [picture(`x.${n}.${c}`, channelName(t, x, n, c), x, n, c, { frame, outside: null, edit: b.edit?.x, mark })] },
          { title: "dx", grids: [picture(`sum.${n}.${c}`, channelName(t, x, n, c), sum, 0, 0, { frame, outside: null, mark })] },
        ],
        lines: [spec.Average ? { text: t("averageBack", { d: short(d), n: pixels.length }), value: d / pixels.length } : { text: t("maxBack", { d: short(d), row: best.r + 1, column: best.s + 1, max: short(best.value) }), value: d }],
        result: { of: "dx", index: spec.Average ? -1 : index(x, n, best.r, best.s, c), value: spec.Average ? d / pixels.length : d, grid: `sum.${n}.${c}` },
      };
    },
  };
}

// Affine.

// features shows a sample's values as a row, or, where it is an image, one
// channel of it.
function features(key, name, x, n, k, b, edit, more = {}) {
  if (x.h * x.w === 1) return rowOf(key, name, sample(x, n), { mark: (q) => (k === undefined || q === k) && "window", edit, offset: n * x.c, ...more });
  const c = k === undefined ? Math.min(b.channel, x.c - 1) : k % x.c, spot = Math.floor(k / x.c);
  return picture(`${key}.${c}`, both(b.t, name, x.c > 1 ? b.t("channelN", { n: c + 1 }) : ""), x, n, c, { edit, mark: (r, s) => (k === undefined || r * x.w + s === spot) && "window" });
}

// weights are the row of an output's weights among the others, or as a picture.
function weights(b, key, t, value, o, mark, more = {}) {
  const { weight } = b.params, size = weight.h * weight.w * weight.c;
  if (weight.h * weight.w === 1) {
    return matrix(key, "", weight.n, size, o, (r, k) => value.data[r * size + k], { mark, edit: more.edit && ((r, k, v) => more.edit(r * size + k, v)), known: more.known });
  }
  const c = more.k === undefined ? Math.min(b.channel, weight.c - 1) : more.k % weight.c;
  return picture(`${key}.${o}.${c}`, both(t, t("outputN", { n: o + 1 }), weight.c > 1 ? t("channelN", { n: c + 1 }) : ""), value, o, c, {
    edit: more.edit, mark: (r, s) => mark(o, (r * weight.w + s) * weight.c + c), known: more.known && ((r, s) => more.known(o, (r * weight.w + s) * weight.c + c)) });
}

function affineForward(b, t) {
  const { x, y, params: { weight, bias } } = b, size = weight.h * weight.w * weight.c;
  return {
    outer: [{ name: "image", count: x.n }], inner: y.c,
    show([n], o) {
      const sum = spell(count(size).map((k) => [x.data[n * size + k], weight.data[o * size + k]])), value = sum.value + bias.data[o];
      return {
        panels: [
          { title: "x", after: "·", grids: [features(`x.${n}`, x.n > 1 ? t("imageN", { n: n + 1 }) : "", x, n, undefined, b, b.edit?.x)] },
          { title: "W", after: "+", grids: [weights(b, "weight", t, weight, o, (r) => r === o && "window", { edit: b.edit?.weight })] },
          { title: "b", after: "=", grids: [rowOf("bias", "", bias.data, { mark: (q) => q === o && "window", edit: b.edit?.bias })] },
          { title: "y", grids: [rowOf(`y.${n}`, "", sample(y, n), { known: (q) => q <= o, mark: (q) => q === o && "target", jump: (q) => [[n], q] })] },
        ],
        lines: [sum, { text: `${short(sum.value)} + b = ${short(sum.value)} + ${factor(bias.data[o])}`, value }],
        result: { of: "y", index: n * y.c + o, value, grid: `y.${n}` },
      };
    },
  };
}

function affineWeight(b, t) {
  const { x, y, dy, gradients, params: { weight } } = b, size = weight.h * weight.w * weight.c;
  return {
    outer: [{ name: "unit", count: y.c }], inner: size,
    show([o], k) {
      const sum = spell(count(x.n).map((n) => [x.data[n * size + k], dy.data[n * y.c + o]]));
      return {
        panels: [
          { title: "x", after: "×", grids: some(x.n, 0).map((n) => features(`x.${n}`, x.n > 1 ? t("imageN", { n: n + 1 }) : "", x, n, k, b, b.edit?.x)) },
          { title: "dy", after: "=", grids: some(x.n, 0).map((n) => rowOf(`dy.${n}`, x.n > 1 ? t("imageN", { n: n + 1 }) : "", sample(dy, n), { mark: (q) => q === o && "window", edit: b.edit?.dy, offset: n * y.c })) },
          { title: "dW", grids: [weights(b, "dw", t, gradients.weight, o, (r, q) => r === o && q === k && "target", { k, known: (r, q) => r < o || (r === o && q <= k) })] },
        ],
        lines: [sum], result: { of: "weight", index: o * size + k, value: sum.value, grid: "dw" },
      };
    },
  };
}

function affineInput(b, t) {
  const { x, y, dy, gradients, params: { weight } } = b, size = weight.h * weight.w * weight.c;
  return {
    outer: [{ name: "image", count: x.n }], inner: size,
    show([n], k) {
      const sum = spell(count(y.c).map((o) => [dy.data[n * y.c + o], weight.data[o * size + k]]));
      const dx = x.h * x.w === 1 ? rowOf(`dx.${n}`, "", sample(gradients.dx, n), { known: (q) => q <= k, mark: (q) => q === k && "target", jump: (q) => [[n], q] })
        : picture(`dx.${n}.${k % x.c}`, t("channelN", { n: (k % x.c) + 1 }), gradients.dx, n, k % x.c, { known: (r, s) => (r * x.w + s) * x.c + (k % x.c) <= k, mark: (r, s) => r * x.w + s === Math.floor(k / x.c) && "target", jump: (r, s) => [[n], (r * x.w + s) * x.c + (k % x.c)] });
      return {
        panels: [
          { title: "dy", after: "·", grids: [rowOf(`dy.${n}`, "", sample(dy, n), { mark: () => "window", edit: b.edit?.dy, offset: n * y.c })] },
          { title: t("columnOf", { n: k + 1 }), after: "=", grids: [x.h * x.w === 1 ? weights(b, "weight", t, weight, 0, (r, q) => q === k && "window", { edit: b.edit?.weight }) : rowOf(`column`, "", Float64Array.from(count(y.c), (o) => weight.data[o * size + k]), { mark: () => "window" })] },
          { title: "dx", grids: [dx] },
        ],
        lines: [sum], result: { of: "dx", index: n * size + k, value: sum.value, grid: dx.key },
      };
    },
  };
}

// ReLU.

function reluWay(back) {
  return (b, t) => {
    const { x, y, dy, gradients } = b, out = back ? gradients.dx : y;
    return {
      outer: [{ name: "image", count: x.n }, { name: "channel", count: x.c }], inner: x.h * x.w,
      show([n, c], k) {
        const i = Math.floor(k / x.w), j = k % x.w, v = at(x, n, i, j, c), d = back && at(dy, n, i, j, c), value = at(out, n, i, j, c);
        const here = (mark) => (r, s) => r === i && s === j && mark;
        const grid = (key, t, more) => picture(`${key}.${n}.${c}`, channelName(b.t, x, n, c), t, n, c, more);
        return {
          panels: [
            ...(back ? [{ title: "dy", after: "×", grids: [grid("dy", dy, { edit: b.edit?.dy, mark: here("window") })] }] : []),
            { title: back ? t("isPositive") : t("input"), after: back ? "=" : "→", grids: [grid("x", x, { edit: b.edit?.x, mark: here("window") })] },
            { title: back ? "dx" : t("output"), grids: [grid(back ? "dx" : "y", out, { known: (r, s) => r * x.w + s <= k, mark: here("target"), jump: (r, s) => [[n, c], r * x.w + s] })] },
          ],
          lines: [back ? { text: t(v > 0 ? "reluPasses" : "reluBlocks", { x: short(v), d: short(d) }), value } : { text: `max(0, ${short(v)})`, value }],
          result: { of: back ? "dx" : "y", index: index(x, n, i, j, c), value, grid: `${back ? "dx" : "y"}.${n}.${c}` },
        };
      },
    };
  };
}

// Softmax with loss.

function softmaxForward(b, t) {
  const { x, y, classes } = b, K = x.c;
  return {
    outer: [{ name: "image", count: x.n }], inner: 2 * K + 3,
    show([n], k) {
      const row = sample(x, n), top = Math.max(...row), e = row.map((v) => Math.exp(v - top)), sum = total([...e]), p = sample(y, n), right = classes[n];
      const q = k === 0 || k === K + 1 || k === 2 * K + 2 ? undefined : k <= K ? k - 1 : k - K - 2;
      const here = (when, mark = "target") => (c) => when && (q === undefined || q === c) && mark;
      const [text, value] = k === 0 ? [`max(${[...row].map(short).join(", ")})`, top]
        : k <= K ? [`exp(${short(row[q])} − ${factor(top)}) = exp(${short(row[q] - top)})`, e[q]]
        : k === K + 1 ? [[...e].map((v) => number(v, 4)).join(" + "), sum]
        : k < 2 * K + 2 ? [`${number(e[q], 4)} / ${number(sum, 4)}`, p[q]]
        : [`−log ${number(p[right], 4)}`, -Math.log(p[right])];
      return {
        panels: [
          { title: t("scores"), after: "→", grids: [rowOf(`x.${n}`, "", row, { edit: b.edit?.x, offset: n * K, mark: here(k <= K, "window") })] },
          { title: t("exponentials"), after: "→", grids: [rowOf(`e.${n}`, "", e, { known: (c) => c < k, mark: (c) => here(k > 0 && k <= K)(c) || here(k > K && k < 2 * K + 2, "window")(c) })] },
          { title: t("probabilities"), after: "→", grids: [rowOf(`y.${n}`, "", p, { known: (c) => c < k - K - 1, mark: (c) => here(k > K + 1 && k < 2 * K + 2)(c) || (k === 2 * K + 2 && c === right && "window") })] },
          { title: t("rightClass"), grids: [rowOf(`t.${n}`, "", row.map((_, c) => (c === right ? 1 : 0)), { mark: (c) => k === 2 * K + 2 && c === right && "window", edit: b.edit?.classes && ((c, v) => v && b.edit.classes(n, c)) })] },
        ],
        lines: [{ text: t(k === 0 ? "stepMax" : k <= K ? "stepExp" : k === K + 1 ? "stepSum" : k < 2 * K + 2 ? "stepDivide" : "stepLoss") + text, value }],
        result: { of: k === 2 * K + 2 ? "loss" : k > K + 1 ? "y" : "part", index: k > K + 1 && q !== undefined ? n * K + q : n, value, grid: k > K + 1 ? `y.${n}` : `e.${n}` },
      };
    },
  };
}

function softmaxBack(b, t) {
  const { x, y, classes, gradients } = b, K = x.c;
  return {
    outer: [{ name: "image", count: x.n }], inner: K,
    show([n], k) {
      const p = sample(y, n), target = classes[n] === k ? 1 : 0, value = gradients.dx.data[n * K + k];
      return {
        panels: [
          { title: t("probabilities"), after: "−", grids: [rowOf(`y.${n}`, "", p, { mark: (c) => c === k && "window" })] },
          { title: t("rightClass"), after: "=", grids: [rowOf(`t.${n}`, "", p.map((_, c) => (c === classes[n] ? 1 : 0)), { mark: (c) => c === k && "window", edit: b.edit?.classes && ((c, v) => v && b.edit.classes(n, c)) })] },
          { title: x.n > 1 ? `dx = (y − t) / ${x.n}` : "dx = y − t", grids: [rowOf(`dx.${n}`, "", sample(gradients.dx, n), { known: (c) => c <= k, mark: (c) => c === k && "target", jump: (c) => [[n], c] })] },
        ],
        lines: [{ text: x.n > 1 ? `(${number(p[k], 4)} − ${target}) / ${x.n}` : `${number(p[k], 4)} − ${target}`, value }],
        result: { of: "dx", index: n * K + k, value, grid: `dx.${n}` },
      };
    },
  };
}

// Batch normalization.

const spotsOf = (x) => count(x.n * x.h * x.w);
const spotName = (x, q) => [Math.floor(q / (x.h * x.w)), Math.floor(q / x.w) % x.h, q % x.w];

// batchPanels shows one channel of all samples of some values.
function batchPanel(b, t, title, key, values, c, more) {
  const { x } = b, jump = more.jump;
  return {
    title, after: more.after,
    grids: some(x.n, 0).map((n) => picture(`${key}.${n}.${c}`, channelName(t, x, n, c), values, n, c, {
      edit: more.edit, known: more.known && ((i, j) => more.known((n * x.h + i) * x.w + j)), mark: (i, j) => more.mark?.((n * x.h + i) * x.w + j),
      jump: jump && ((i, j) => jump((n * x.h + i) * x.w + j)) })),
  };
}

function normalizationForward(b, t) {
  const { x, y, hat, params: { gamma, beta } } = b, m = x.n * x.h * x.w, e = b.spec.Epsilon ?? 1e-5, first = b.running ? 0 : 2;
  return {
    outer: [{ name: "channel", count: x.c }], inner: first + m,
    show([c], k) {
      const values = spotsOf(x).map((q) => x.data[q * x.c + c]), q = k - first, mean = b.mean[c], variance = b.variance[c];
      const step = k === 0 && first ? { text: `μ = (${spell(values.map((v) => [v])).text}) / ${m}`, value: mean }
        : k === 1 && first ? { text: `σ² = (${values.length > 16 ? `Σ (x − μ)²` : values.map((v) => `${factor(v - mean)}²`).join(" + ")}) / ${m}`, value: variance }
        : { text: `x̂ = (${short(values[q])} − ${factor(mean)}) / √(${short(variance)} + ε) = ${short(hat.data[q * x.c + c])};  γ·x̂ + β = ${factor(gamma.data[c])}·${factor(hat.data[q * x.c + c])} + ${factor(beta.data[c])}`, value: y.data[q * x.c + c] };
      return {
        panels: [
          batchPanel(b, t, t("input"), "x", x, c, { after: "→", edit: b.edit?.x, mark: (a) => (q < 0 || a === q) && "window" }),
          { title: b.running ? t("running") : t("statistics"), after: "→", grids: [rowOf(`mean.${c}`, "μ", [mean], { mark: () => q < 0 && k === 0 && "target" }), rowOf(`variance.${c}`, "σ²", [variance], { known: () => !first || k > 0, mark: () => k === 1 && first && "target" }),
            rowOf(`gamma.${c}`, "γ", [gamma.data[c]], { edit: b.edit?.gamma, offset: c }), rowOf(`beta.${c}`, "β", [beta.data[c]], { edit: b.edit?.beta, offset: c })] },
          batchPanel(b, t, "x̂", "hat", hat, c, { after: "→", known: (a) => a <= q, mark: (a) => a === q && "window" }),
          batchPanel(b, t, t("output"), "y", y, c, { known: (a) => a <= q, mark: (a) => a === q && "target", jump: (a) => [[c], a + first] }),
        ],
        lines: [step, ...(first || k ? [] : [{ text: t("runningText", { e }) }])],
        result: { of: q < 0 ? "part" : "y", index: q < 0 ? c : q * x.c + c, value: step.value, grid: q < 0 ? (k ? `variance.${c}` : `mean.${c}`) : `y.${spotName(x, q)[0]}.${c}` },
      };
    },
  };
}

function normalizationSum(name, title) {
  return (b, t) => {
    const { x, dy, hat, gradients } = b;
    return {
      outer: [], inner: x.c,
      show(_, c) {
        const sum = spell(spotsOf(x).map((q) => (name === "beta" ? [dy.data[q * x.c + c]] : [dy.data[q * x.c + c], hat.data[q * x.c + c]])));
        return {
          panels: [
            batchPanel(b, t, "dy", "dy", dy, c, { after: name === "beta" ? "Σ" : "·", edit: b.edit?.dy, mark: () => "window" }),
            ...(name === "beta" ? [] : [batchPanel(b, t, "x̂", "hat", hat, c, { after: "Σ", mark: () => "window" })]),
            { title, grids: [rowOf(`d${name}`, "", gradients[name].data, { known: (q) => q <= c, mark: (q) => q === c && "target", jump: (q) => [[], q] })] },
          ],
          lines: [sum], result: { of: name, index: c, value: sum.value, grid: `d${name}` },
        };
      },
    };
  };
}

function normalizationInput(b, t) {
  const { x, dy, hat, gradients, scale, params: { gamma } } = b, m = x.n * x.h * x.w;
  return {
    outer: [{ name: "channel", count: x.c }], inner: m,
    show([c], q) {
      const a = q * x.c + c, value = gradients.dx.data[a], g = gamma.data[c] * scale[c];
      return {
        panels: [
          batchPanel(b, t, "dy", "dy", dy, c, { after: ",", edit: b.edit?.dy, mark: (k) => k === q && "window" }),
          batchPanel(b, t, "x̂", "hat", hat, c, { after: ",", mark: (k) => k === q && "window" }),
          { title: t("sums"), after: "→", grids: [rowOf(`dbeta.${c}`, "dβ", [gradients.beta.data[c]], {}), rowOf(`dgamma.${c}`, "dγ", [gradients.gamma.data[c]], {}), rowOf(`gamma.${c}`, "γ", [gamma.data[c]], { edit: b.edit?.gamma, offset: c })] },
          batchPanel(b, t, "dx", "dx", gradients.dx, c, { known: (k) => k <= q, mark: (k) => k === q && "target", jump: (k) => [[c], k] }),
        ],
        lines: [{ text: b.running ? `γ/√(σ² + ε) · dy = ${short(g)} · ${factor(dy.data[a])}`
          : `γ/√(σ² + ε) · (dy − dβ/m − x̂·dγ/m) = ${short(g)} · (${short(dy.data[a])} − ${factor(gradients.beta.data[c])}/${m} − ${factor(hat.data[a])}·${factor(gradients.gamma.data[c])}/${m})`, value }],
        result: { of: "dx", index: a, value, grid: `dx.${spotName(x, q)[0]}.${c}` },
      };
    },
  };
}

// scenes are the ways of each kind, in the order in which they are gone.
export const scenes = {
  convolution: { forward: convolutionForward, weight: convolutionWeight, bias: biasBack, dx: convolutionInput, columns: convolutionColumns },
  pooling: { forward: poolingForward, dx: poolingBack },
  affine: { forward: affineForward, weight: affineWeight, bias: biasBack, dx: affineInput },
  relu: { forward: reluWay(false), dx: reluWay(true) },
  softmax: { forward: softmaxForward, dx: softmaxBack },
  normalization: { forward: normalizationForward, beta: normalizationSum("beta", "dβ = Σ dy"), gamma: normalizationSum("gamma", "dγ = Σ dy·x̂"), dx: normalizationInput },
};
