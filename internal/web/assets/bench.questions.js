// Questions to be answered before the bench shows it, in the manner of the
// E certificate (E資格): four answers, one of them right.

import * as maths from "/static/bench.layers.js";
import { texts } from "/static/bench.strings.js";
import { language, make, number, words } from "/static/page.js";
import { largest, paint, signed } from "/static/pictures.js";

const t = words(texts);
const round = 10;

// A question is {text, options, right, why}; options are texts or elements, of
// which the right one comes first and is put somewhere else. figure is an element
// below the text; show is a case for the bench.
const whole = (n) => n.toLocaleString(language);
const vector = (values, digits = 1) => `(${values.map((v) => number(v, Number.isInteger(v) ? 0 : digits)).join(", ")})`;
const rows = (values, w) => Array.from({ length: values.length / w }, (_, i) => vector(values.slice(i * w, (i + 1) * w))).join(" ");

// distinct are the right answer and three others that differ from it and each
// other; more makes further ones.
function distinct(right, others, more) {
  const list = [right];
  for (const v of others) if (!list.includes(v) && v > 0 && list.length < 4) list.push(v);
  for (let k = 1; list.length < 4; k++) if (!list.includes(more(k))) list.push(more(k));
  return list;
}

const makers = {
  size(r) {
    const K = r.of(2, 3, 5), S = r.of(1, 2, 3), P = r.of(0, 1, 2), D = r.of(1, 1, 2), H = r.of(7, 8, 10, 12, 28) + 0;
    const out = maths.outSide(H, P, P, K, S, D);
    const options = distinct(out, [maths.outSide(H, 0, 0, K, S, D), out - 1, maths.outSide(H, P, P, K, 1, D), maths.outSide(H, P, P, K, S, 1)], (k) => out + k);
    return { text: t("q_size", { H, K, S, P, D }), options: options.map((v) => `${v}×${v}`), why: t("a_size", { H, K, S, P, D, out }), show: ["convolution", { size: H, kernel: K, stride: S, pad: P, dilation: D, groups: 1, channels: 1, filters: 1, images: 1 }] };
  },
  parameters(r) {
    const G = r.of(1, 1, 2), C = G * r.of(1, 2), F = G * r.of(1, 2), K = r.of(3, 5);
    const out = F * K * K * (C / G) + F, options = distinct(out, [out - F, F * K * K + F, F * K * K * C + 1, F * K * K * C + F], (k) => out + k * K);
    return { text: t("q_parameters", { F, K, C, G }), options: options.map(whole), why: t("a_parameters", { F, K, C, G, out: whole(out) }), show: ["convolution", { size: 6, kernel: K, stride: 1, pad: 0, dilation: 1, groups: G, channels: C, filters: F, images: 1 }] };
  },
  map(r, own) {
    const { x, weight, y, ids } = own ?? drawn(), four = r.shuffled(ids).slice(0, 4);
    const most = largest(y.data);
    const options = four.map((o) => grid(y.h, y.w, (i, j) => maths.at(y, 0, i, j, o), most));
    const figure = make("div", { className: "row figure" }, named("theFilter", grid(weight.h, weight.w, (i, j) => maths.at(weight, four[0], i, j, 0))), make("span", { className: "sign" }, "⊛"), named("theImage", grid(x.h, x.w, (i, j) => maths.at(x, 0, i, j, 0))));
    return { text: t("q_map"), figure, options, pictures: true, why: t("a_map") };
  },
  rate(r) {
    const a = r.of(1, 2, 4), pace = r.of(0.05, 0.15, 0.2, 0.3), rate = pace / a, factor = 1 - 10 * pace;
    const all = ["rateFaster", "rateSwings", "rateStays", "rateGrows"], right = { 0.05: 0, 0.15: 1, 0.2: 2, 0.3: 3 }[pace];
    const plain = (v) => String(+v.toFixed(4)).replace("-", "−");
    return { text: t("q_rate", { a, rate: plain(rate), ten: plain(10 * rate) }), options: [all[right], ...all.filter((_, i) => i !== right)].map((k) => t(k)), why: t("a_rate", { a, factor: plain(factor), ws: [0, 1, 2, 3].map((k) => plain(2 * factor ** k)).join(", ") }) };
  },
  softmax(r) {
    const y = r.shuffled(r.of([0.2, 0.7, 0.1], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1])), k = r.of(0, 1, 2), one = y.map((_, i) => (i === k ? 1 : 0));
    const out = y.map((v, i) => v - one[i]);
    const options = [out, out.map((v) => -v), y.map((v, i) => (i === k ? -1 / v : 0)), y.map((v, i) => v * (1 - v) * (i === k ? -1 : 1))];
    return { text: t("q_softmax", { y: vector(y), t: vector(one) }), options: options.map((v) => vector(v, 2)), why: t("a_softmax", { out: vector(out, 2) }), show: ["softmax", { classCount: 3, images: 1 }, "dx"] };
  },
  pool(r) {
    const window = r.shuffled([1, 2, 3, 4, 5, 6].slice(r.of(0, 1, 2))).slice(0, 4), d = r.of(2, 4, 8), max = Math.max(...window), least = Math.min(...window);
    const put = (at, v) => window.map((w) => (w === at ? v : 0));
    return { text: t("q_pool", { window: rows(window, 2), d }), options: [put(max, d), window.map(() => d / 4), put(least, d), put(max, d * max)].map((v) => rows(v, 2)), why: t("a_pool", { max }), show: ["pooling", { size: 4, window: 2, stride: 2, pad: 0, channels: 1, images: 1, average: false }, "dx"] };
  },
  relu(r) {
    const x = r.shuffled([1.5, -2, 0, 3]), d = r.shuffled([1, -1, 2, -3]), out = d.map((v, i) => (x[i] > 0 ? v : 0));
    const options = [out, d.map((v) => Math.max(0, v)), d.map((v, i) => (x[i] >= 0 ? v : 0)), x.map((v, i) => (v > 0 ? v * d[i] : 0))];
    return { text: t("q_relu", { x: vector(x), d: vector(d) }), options: options.map((v) => vector(v)), why: t("a_relu", { out: vector(out) }), show: ["relu", { size: 3, channels: 1, images: 1 }, "dx"] };
  },
  im2col(r) {
    const N = r.of(1, 2, 3), H = r.of(4, 6, 7), C = r.of(2, 3), K = r.of(2, 3), out = H - K + 1;
    const shape = (a, b) => `${whole(a)} × ${whole(b)}`, a = N * out * out, b = K * K * C;
    return { text: t("q_im2col", { N, H, C, K }), options: [shape(a, b), shape(N * H * H, b), shape(a, K * K), shape(out * out, N * b + 1)], why: t("a_im2col", { N, out, K, C }), show: ["convolution", { size: H, kernel: K, stride: 1, pad: 0, dilation: 1, groups: 1, channels: C, filters: 1, images: N }] };
  },
  field(r) {
    const n = r.of(2, 3, 4), K = r.of(3, 5), out = 1 + n * (K - 1);
    return { text: t("q_field", { n, K }), options: distinct(out, [n * K, K ** 2, out + 2], (k) => out - 2 * k).map((v) => `${v}×${v}`), why: t("a_field", { n, K, less: K - 1, out }) };
  },
  affine(r) {
    const H = r.of(4, 7, 12), C = r.of(1, 3, 8), U = r.of(10, 50, 100), out = H * H * C * U + U;
    return { text: t("q_affine", { H, C, U }), options: distinct(out, [out - U, H * H * U + U, H * H * C + U], (k) => out + k * H).map(whole), why: t("a_affine", { H, C, U, out: whole(out) }) };
  },
  normalization(r) {
    const F = r.of(16, 30, 32, 64);
    return { text: t("q_normalization", { F }), options: [2 * F, F, 4 * F, 2].map(whole), why: t("a_normalization", { F, out: 2 * F }), show: ["normalization", { channels: 3 }] };
  },
  weight(r) {
    const x = Array.from({ length: 9 }, () => r.of(0, 1, 2, 3)), d = r.shuffled([1, 2, -1, 1]), met = [x[0], x[1], x[3], x[4]];
    const out = met.reduce((sum, v, k) => sum + v * d[k], 0), flipped = met.reduce((sum, v, k) => sum + v * d[3 - k], 0), list = [out];
    for (const v of [flipped, met.reduce((a, b) => a + b, 0), x[0] * d[0], out + 1, out - 1, out + 2, out + 3]) if (!list.includes(v) && list.length < 4) list.push(v);
    return { text: t("q_weight", { x: rows(x, 3), d: rows(d, 2) }), options: list.map((v) => number(v, 0)), why: t("a_weight", { sum: met.map((v, k) => `${v}·${d[k] < 0 ? `(${number(d[k], 0)})` : d[k]}`).join(" + "), out: number(out, 0) }), show: ["convolution", { size: 3, kernel: 2, stride: 1, pad: 0, dilation: 1, groups: 1, channels: 1, filters: 1, images: 1 }, "weight"] };
  },
};

// drawn are filters that all know, over a small square, for those who have no
// model and digit.
function drawn() {
  const side = 12, x = maths.batch(1, side, side, 1), weight = maths.batch(4, 3, 3, 1), bias = maths.batch(1, 1, 1, 4);
  for (let i = 3; i < 9; i++) for (let j = 3; j < 9; j++) x.data[i * side + j] = 1;
  weight.data.set([-1, 0, 1, -1, 0, 1, -1, 0, 1, -1, -1, -1, 0, 0, 0, 1, 1, 1, 0, -1, 0, -1, 4, -1, 0, -1, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]);
  return { x, weight, y: maths.convolution({ Kernel: 3 }, x, weight, bias).y, ids: [0, 1, 2, 3] };
}

// ownMaps are those of a model's first convolution on the digit, where they are
// alive and on one channel.
function ownMaps(trace) {
  const step = trace?.find((s) => s.layer.type === "Convolution");
  if (!step || step.x.c !== 1) return undefined;
  const { weight } = step.layer.params, { y } = step;
  const ids = Array.from({ length: y.c }, (_, o) => o).filter((o) => y.data.some((v, k) => k % y.c === o && Math.abs(v) > 0.1 * largest(y.data)));
  return ids.length < 4 ? undefined : { x: step.x, weight, y, ids };
}

function grid(h, w, value, most) {
  const canvas = make("canvas", { className: "little" });
  const values = Array.from({ length: h * w }, (_, k) => value(Math.floor(k / w), k % w));
  paint(canvas, h, w, (i, j) => signed(values[i * w + j], most ?? largest(values)));
  return canvas;
}

// named gives a picture the name by which it is read out.
function named(key, canvas) {
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", t(key));
  return canvas;
}

// random draws from a seed (mulberry32).
function random(seed) {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let v = Math.imul(a ^ (a >>> 15), 1 | a);
    v = (v + Math.imul(v ^ (v >>> 7), 61 | v)) ^ v;
    return ((v ^ (v >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n) => Math.floor(next() * n);
  const shuffled = (list) => {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  };
  return { of: (...list) => list[below(list.length)], shuffled };
}

// mountQuestions asks in place. score {right, asked} is shared with the bench,
// scored tells it; show sets the bench to a case.
export function mountQuestions(place, { seed = Date.now(), score, scored, show }) {
  const r = random(seed);
  let own, k, right, order;
  const begin = () => {
    [k, right, order] = [0, 0, r.shuffled(Object.keys(makers)).slice(0, round)];
    pose();
  };
  const pose = () => {
    const name = order[k], q = makers[name](r, own), places = r.shuffled([0, 1, 2, 3]);
    const answer = make("p", { role: "status", className: "verdict-line" }), more = make("div", { className: "row" });
    const buttons = places.map((option, at) => {
      const letter = t("letters")[at], content = q.options[option];
      const b = make("button", { type: "button", ...(q.pictures ? { "aria-label": t("optionMap", { letter }) } : {}) }, make("b", {}, letter), " ", content);
      b.addEventListener("click", () => {
        for (const other of buttons) other.disabled = true;
        const isRight = option === 0, at0 = places.indexOf(0);
        score.asked++;
        k++;
        if (isRight) [right, score.right] = [right + 1, score.right + 1];
        b.classList.add(isRight ? "right" : "wrong");
        buttons[at0].classList.add("right");
        place.dataset.right = right;
        answer.textContent = (isRight ? t("right") : t("wrong", { right: t("letters")[at0] + (q.pictures ? "" : ` ${q.options[0]}`) })) + q.why;
        const end = k === round, next = make("button", { type: "button", className: "main" }, t(end ? "newRound" : "nextQuestion"));
        next.addEventListener("click", end ? begin : pose);
        more.append(next);
        if (q.show) {
          const see = make("button", { type: "button" }, t("onBench"));
          see.addEventListener("click", () => show(...q.show));
          more.append(see);
        }
        if (end) more.append(make("b", {}, t("roundOver", { right, asked: round })));
        scored();
        next.focus({ preventScroll: true });
      });
      return b;
    });
    place.dataset.question = name;
    place.replaceChildren(
      make("p", { className: "row" }, make("b", {}, t("question", { k: k + 1, n: round })), make("span", { className: "soft", "data-score": "" })),
      make("p", { className: "asks" }, q.text), ...(q.figure ? [q.figure] : []),
      make("div", { className: `options${q.pictures ? " pictures" : ""}`, role: "group" }, ...buttons), answer, more);
    scored();
  };
  begin();
  return { use: (trace) => (own = ownMaps(trace)) };
}
