// The bench: one layer forward and backward, number by number. It asks no server:
// what it shows is a small array to edit, or what it is handed:
//
//	const bench = mountBench(place, { model, digit });
//
// model is an answer of /api/v1/weights, digit {height, width, pixels, label},
// pixels 0 to 255, the channels of a pixel beside each other, label its true class
// if known; both may be left out, and given later by bench.setModel and
// bench.setDigit. seed, a number, chooses the questions. The page needs bench.css.

import * as maths from "/static/bench.layers.js";
import { scenes, short } from "/static/bench.scenes.js";
import { mountQuestions } from "/static/bench.questions.js";
import { texts } from "/static/bench.strings.js";
import { language, make, number, percent, words } from "/static/page.js";
import { css, largest, onTheme, paint, readable, signed } from "/static/pictures.js";

const t = words(texts);
const { batch, placement } = maths;

export const mountBench = (place, given = {}) => new Bench(place, given);

// kinds have sliders, [name, least, most, usual], and make a case of arrays.
const sides = { images: ["images", 1, 3, 1], channels: ["channels", 1, 4, 1] };
const kinds = {
  convolution: {
    type: "Convolution",
    sliders: [["size", 1, 28, 4], sides.channels, ["filters", 1, 4, 1], ["kernel", 1, 5, 3], ["stride", 1, 4, 1], ["pad", 0, 3, 0], ["dilation", 1, 3, 1], ["groups", 1, 4, 1], sides.images],
    spec: (s) => ({ Filters: s.filters, Kernel: s.kernel, Stride: s.stride, Pad: s.pad, Dilation: s.dilation, Groups: s.groups }),
    arrays: (s) => ({ x: [s.images, s.size, s.size, s.channels], weight: [s.filters, s.kernel, s.kernel, s.channels / s.groups], bias: [1, 1, 1, s.filters] }),
    run: (spec, a) => maths.convolution(spec, a.x, a.weight, a.bias),
  },
  pooling: {
    type: "Pooling",
    sliders: [["size", 1, 28, 4], sides.channels, ["window", 1, 5, 2], ["stride", 1, 4, 2], ["pad", 0, 2, 0], sides.images],
    spec: (s) => ({ Size: s.window, Stride: s.stride, Pad: s.pad, Average: s.average }),
    arrays: (s) => ({ x: [s.images, s.size, s.size, s.channels] }),
    run: (spec, a) => maths.pooling(spec, a.x),
  },
  affine: {
    type: "Affine",
    sliders: [["features", 1, 12, 2], ["units", 1, 8, 3], sides.images],
    spec: (s) => ({ Units: s.units }),
    arrays: (s) => ({ x: [s.images, 1, 1, s.features], weight: [s.units, 1, 1, s.features], bias: [1, 1, 1, s.units] }),
    run: (spec, a) => maths.affine(a.x, a.weight, a.bias),
  },
  relu: {
    type: "ReLU",
    sliders: [["size", 1, 8, 3], sides.channels, sides.images],
    spec: () => ({}),
    arrays: (s) => ({ x: [s.images, s.size, s.size, s.channels] }),
    run: (spec, a) => maths.relu(spec, a.x),
  },
  softmax: {
    type: "Softmax",
    sliders: [["classCount", 2, 10, 3], sides.images],
    spec: () => ({}),
    arrays: (s) => ({ x: [s.images, 1, 1, s.classCount], classes: [s.images, 1, 1, 1] }),
  },
  normalization: {
    type: "BatchNormalization",
    sliders: [["size", 1, 4, 2], sides.channels, ["images", 1, 3, 2]],
    spec: () => ({}),
    arrays: (s) => ({ x: [s.images, s.size, s.size, s.channels], gamma: [1, 1, 1, s.channels], beta: [1, 1, 1, s.channels] }),
    run: (spec, a) => maths.batchNormalization(spec, a.x, a.gamma, a.beta),
  },
};

// The numbers that arrays begin with; the first are those of the tutorial and
// of the book's figures.
const cross = [[1, 0, -1], [0, 1, 0], [-1, 0, 1]], pooled = [[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]];
const first = {
  convolution: { x: (n, i, j, c) => 1 + ((4 * i + j + 5 * c + 3 * n) % 16), weight: (o, u, v, c) => cross[(u + o + c) % 3][(v + c) % 3], bias: (n, i, j, o) => o },
  pooling: { x: (n, i, j, c) => pooled[(i + n) % 4][(j + c) % 4] },
  affine: { x: (n, i, j, k) => ((k + n) % 5) + 1, weight: (o, i, j, k) => [1, 2, 3, 4, 5, 6][(2 * o + k) % 6], bias: (n, i, j, o) => o + 1 },
  relu: { x: (n, i, j, c) => [1, -0.5, 2, -2, 3, 0, 0.5, -1, 4][(3 * i + j + c + 2 * n) % 9] },
  softmax: { x: (n, i, j, k) => [0.3, 2.9, 4, 1, -1][(k + n) % 5], classes: (n) => 1 + (n % 2) },
  normalization: { x: (n, i, j, c) => [1, 3, 2, 6, 4, 0, 5, 7][(3 * n + 2 * i + j + c) % 8], gamma: () => 1, beta: () => 0 },
};
const firstGradient = (n, i, j, c) => [1, 2, -1, 0][(2 * i + j + c + n) % 4];

// fitted is an array of other sides with the values of an old one where both have
// them.
function fitted(old, [n, h, w, c], value) {
  const a = batch(n, h, w, c);
  for (let m = 0; m < n; m++) for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) for (let k = 0; k < c; k++) {
    const has = old && m < old.n && i < old.h && j < old.w && k < old.c;
    a.data[maths.index(a, m, i, j, k)] = has ? maths.at(old, m, i, j, k) : value(m, i, j, k);
  }
  return a;
}

class Bench {
  #place; #parts = {}; #kind = "convolution"; #way = "forward"; #step = 0;
  #settings = {}; #arrays = {}; #case; #scene; #wrong;
  #model; #handed; #digit; #network; #learned; #own = 0; #target; // own is the position of the layer that is shown, 0: none
  #now; #before; #chosen; #timer; #guessed = false; #score = { right: 0, asked: 0 };
  #channel = 0; #filter = 0; #stages = new Map();

  constructor(place, { model, digit, seed }) {
    this.#place = place;
    for (const [kind, { sliders }] of Object.entries(kinds)) {
      this.#settings[kind] = Object.fromEntries(sliders.map(([name, , , usual]) => [name, usual]));
      this.#arrays[kind] = {};
    }
    this.#settings.pooling.average = false;
    this.#build();
    this.questions = mountQuestions(this.#parts.questions, { seed, score: this.#score, scored: () => this.#showScore(), show: (kind, settings, way) => this.show(kind, settings, way) });
    this.setModel(model, digit);
    onTheme(() => this.#render());
  }

  // setModel takes another model, and a digit with it if given.
  setModel(model, digit = this.#handed) {
    this.#model = model;
    this.#network = model && maths.network(model);
    this.#learned = this.#network && new Map(this.#network.layers.flatMap((l) => Object.values(l.params).map((p) => [p, p.data.slice()])));
    this.setDigit(digit);
  }

  setDigit(digit) {
    const { height, width, channels } = this.#model?.input ?? {};
    this.#handed = digit; // which another model may be of the size for
    this.#digit = digit && digit.height === height && digit.width === width && digit.pixels.length === height * width * channels ? digit : undefined;
    this.#target = undefined;
    if (this.#own && (!this.#digit || !this.#ownLayers().some((l) => l.position === this.#own))) this.#own = 0;
    this.#answerOf();
    this.#offer();
    this.#change();
    this.questions.use(this.#digit && !this.#network.unknown && this.#now.trace);
  }

  // show sets the bench to a case: of small arrays with some settings.
  show(kind, settings = {}, way = "forward") {
    Object.assign(this.#settings[kind], settings);
    [this.#kind, this.#way, this.#step, this.#own] = [kind, way, 0, 0];
    this.#offer();
    this.#change();
    this.#parts.ways.scrollIntoView({ block: "center" });
  }

  // numbers are those that it computes with: {spec, params, x, y, dy, gradients}
  // of batches {n, h, w, c, data}, classes for a softmax.
  get numbers() { return this.#case; }

  // What is there to choose.

  #ownLayers() {
    if (!this.#digit || this.#network.unknown) return [];
    const { type } = kinds[this.#kind], last = this.#network.layers.at(-1);
    return this.#network.layers.filter((l) => l.type === type && (type !== "Softmax" || l === last));
  }

  // #offer brings the choices in line with kind and model.
  #offer() {
    const { kinds: buttons, numbers, note, ways, sliders, target } = this.#parts;
    for (const b of buttons.children) b.setAttribute("aria-pressed", b.value === this.#kind);
    const layers = this.#ownLayers(), unknown = this.#network?.unknown;
    if (this.#own && !layers.some((l) => l.position === this.#own)) this.#own = 0;
    numbers.replaceChildren(make("option", { value: 0 }, t("smallArray")), ...layers.map((l) => make("option", { value: l.position }, t("ownLayer", { model: this.#model.model, layer: `${l.position} ${l.name}` }))));
    numbers.value = this.#own;
    note.textContent = unknown ? t("notComputed", { layer: unknown.name }) : this.#model && !this.#digit ? t("noDigit") : "";
    note.hidden = !note.textContent;
    if (!(this.#way in scenes[this.#kind])) this.#way = "forward";
    ways.replaceChildren(...Object.keys(scenes[this.#kind]).map((way) => {
      const b = make("button", { type: "button", value: way, "aria-pressed": way === this.#way }, t(`way_${way}`));
      b.addEventListener("click", () => {
        this.#way = way;
        for (const other of ways.children) other.setAttribute("aria-pressed", other === b);
        this.#begin();
      });
      return b;
    }));
    sliders.hidden = this.#own > 0;
    const s = this.#settings[this.#kind];
    sliders.replaceChildren(...kinds[this.#kind].sliders.map(([name, min, max]) => {
      const id = `bench-${name}`, value = make("output", { htmlFor: id }, s[name]);
      const slider = make("input", { id, type: "range", min, max, value: s[name], name });
      slider.addEventListener("input", () => {
        s[name] = +slider.value;
        value.textContent = s[name];
        this.#step = 0;
        this.#change();
      });
      return make("div", { className: "slider" }, make("label", { htmlFor: id }, t(name)), slider, value);
    }));
    if (this.#kind === "pooling") {
      const take = make("select", { id: "bench-take" }, make("option", { value: "" }, t("takeMax")), make("option", { value: "average" }, t("takeAverage")));
      take.value = s.average ? "average" : "";
      take.addEventListener("change", () => {
        s.average = take.value !== "";
        this.#change();
      });
      sliders.append(make("div", { className: "slider" }, make("label", { htmlFor: take.id }, t("take")), take));
    }
    target.parentElement.hidden = !this.#own;
    if (this.#model) target.replaceChildren(...this.#model.classes.map((name, i) => make("option", { value: i }, name)));
    if (this.#target !== undefined) target.value = this.#target;
  }

  // The numbers.

  // #answerOf runs the whole model on the digit, as it is now and as learned.
  #answerOf() {
    this.#now = this.#before = undefined;
    if (!this.#digit || this.#network.unknown) return;
    const { height, width, pixels, label } = this.#digit;
    const x = batch(1, height, width, this.#model.input.channels, Float64Array.from(pixels, (v) => Math.fround(Math.fround(v) / 255)));
    const { layers } = this.#network, ends = layers.at(-1).type === "Softmax", head = ends ? layers.slice(0, -1) : layers;
    const answer = () => {
      const trace = maths.run(head, x), logits = trace.at(-1).y;
      if (this.#target === undefined) {
        const right = this.#model.classes.indexOf(label);
        this.#target = right < 0 ? argmax(logits.data) : right;
      }
      const loss = maths.softmaxWithLoss(logits, [this.#target]);
      return { trace, logits, ...loss };
    };
    this.#now = answer();
    maths.back(this.#now.trace, this.#now.dx);
    this.#before = this.#changed ? this.#asLearned(answer) : this.#now;
  }

  get #changed() { return [...this.#learned].some(([p, data]) => data.some((v, k) => v !== p.data[k])); }

  // #asLearned does something with the weights as they were learned.
  #asLearned(work) {
    const mine = [...this.#learned].map(([p, data]) => [p, p.data, (p.data = data)]);
    const result = work();
    for (const [p, data] of mine) p.data = data;
    return result;
  }

  #makeCase() {
    this.#wrong = "";
    const base = { t, channel: this.#channel, filter: this.#filter };
    if (this.#own) {
      const layer = this.#network.layers.find((l) => l.position === this.#own), edits = {};
      if (layer.type === "Softmax") return { ...base, spec: {}, params: {}, x: this.#now.logits, y: this.#now.y, classes: [this.#target], gradients: { dx: this.#now.dx } };
      for (const name of Object.keys(layer.params)) if (!["mean", "variance"].includes(name)) edits[name] = (k, v) => this.#edit(layer.params[name], k, v);
      const step = this.#now.trace.find((s) => s.layer === layer);
      const learned = layer.type === "Convolution" && this.#changed && this.#asLearned(() => maths.convolution(layer.spec, step.x, layer.params.weight, layer.params.bias).y);
      return { ...step, ...base, spec: layer.spec, params: layer.params, edit: edits, running: layer.type === "BatchNormalization", learned: learned || undefined };
    }
    const kind = kinds[this.#kind], s = this.#settings[this.#kind], arrays = this.#arrays[this.#kind], spec = kind.spec(s);
    if ((this.#wrong = impossible(this.#kind, s))) return undefined;
    for (const [name, shape] of Object.entries(kind.arrays(s))) arrays[name] = fitted(arrays[name], shape, first[this.#kind][name]);
    const edits = Object.fromEntries(Object.keys(arrays).map((name) => [name, (k, v) => this.#edit(arrays[name], k, v)]));
    const { x, classes, dy: _, ...params } = arrays;
    if (this.#kind === "softmax") {
      classes.data.forEach((k, n) => (classes.data[n] = Math.min(k, x.c - 1)));
      const { y, dx, loss } = maths.softmaxWithLoss(x, [...classes.data]);
      return { ...base, spec, params: {}, x, y, loss, classes: [...classes.data], gradients: { dx }, edit: edits };
    }
    const out = kind.run(spec, arrays), { y } = out;
    arrays.dy = fitted(arrays.dy, [y.n, y.h, y.w, y.c], firstGradient);
    edits.dy = (k, v) => this.#edit(arrays.dy, k, v);
    return { ...base, ...out, spec, params, x, dy: arrays.dy, gradients: out.backward(arrays.dy), edit: edits };
  }

  #edit(array, k, v) {
    array.data[k] = v;
    if (this.#own) this.#answerOf();
    this.#change();
  }

  // #begin is #change from the first step on, or, in a map of one's own digit, from
  // where it is strongest.
  #begin() {
    this.#step = 0;
    this.#change();
    if (!this.#own || this.#way !== "forward" || !["convolution", "pooling"].includes(this.#kind)) return;
    const { y } = this.#case, map = y.data.filter((_, k) => k % y.c === 0).map(Math.abs);
    this.#go(argmax(map));
  }

  // #change makes the case anew and shows it.
  #change() {
    this.#case = this.#makeCase();
    this.#formulas();
    const usable = Boolean(this.#case);
    for (const part of ["about", "panels", "player", "working", "more"]) this.#parts[part].hidden = !usable;
    this.#parts.wrong.textContent = this.#wrong;
    this.#parts.wrong.hidden = usable;
    this.#scene = usable && scenes[this.#kind][this.#way](this.#case, t);
    if (!usable) this.#pause();
    else this.#go(this.#step, true);
    this.#answer();
  }

  // Sizes and their formulas.

  #formulas() {
    const lines = [], line = (name, text) => lines.push(make("dt", {}, t(name)), make("dd", { "data-formula": name }, text));
    const whole = (n) => n.toLocaleString(language), c = this.#case;
    if (c && ["convolution", "pooling"].includes(this.#kind)) {
      const p = placement(c.spec), { x, y } = c;
      const side = (n, before, after, k, s, out) => `⌊(${n} + ${before === after ? `2·${before}` : `${before} + ${after}`} − ${p.d}·(${k} − 1) − 1) / ${s}⌋ + 1 = ${out}`;
      line("outputSize", side(x.h, p.top, p.bottom, p.kh, p.sh, y.h) + (x.w === x.h && y.w === y.h ? ` → ${y.h}×${y.w}×${y.c}` : `; ${side(x.w, p.left, p.right, p.kw, p.sw, y.w)}`));
      if (this.#kind === "convolution") {
        const { weight } = c.params, one = p.kh * p.kw * weight.c;
        line("parameters", `${y.c}·(${p.kh}·${p.kw}·${x.c}${p.groups > 1 ? `/${p.groups}` : ""}) + ${y.c} = ${whole(y.c * one + y.c)}`);
        line("work", `${y.h}·${y.w}·${y.c}·${one} = ${whole(y.h * y.w * y.c * one)}`);
        const [from, to] = [x.h * x.w * x.c, y.h * y.w * y.c];
        line("asAffine", `${whole(from)}·${whole(to)} + ${whole(to)} = ${whole(from * to + to)}`);
      } else line("parameters", t("noParameters"));
    } else if (c && this.#kind === "affine") {
      const size = c.x.h * c.x.w * c.x.c, units = c.y.c;
      line("parameters", `${whole(size)}·${units} + ${units} = ${whole(size * units + units)}`);
      line("work", `${whole(size)}·${units} = ${whole(size * units)}`);
    } else if (c) line("parameters", this.#kind === "normalization" ? t("learnedAndRunning", { learned: 2 * c.x.c, running: 2 * c.x.c }) : t("noParameters"));
    this.#parts.formulas.replaceChildren(...lines);
    const rest = c && !this.#own && remainder(this.#kind, this.#settings[this.#kind]);
    this.#parts.remainder.hidden = !rest;
    this.#parts.remainder.textContent = rest ? t("remainder", { rest }) : "";
  }

  // Steps.

  get #steps() { return this.#scene.outer.reduce((n, o) => n * o.count, this.#scene.inner); }

  // #at is where a step is: which of the outer, and the step within.
  #at(step) {
    const { outer, inner } = this.#scene, p = step % inner;
    let rest = Math.floor(step / inner);
    const o = [];
    for (const { count } of outer.toReversed()) {
      o.unshift(rest % count);
      rest = Math.floor(rest / count);
    }
    return [o, p];
  }

  #stepAt(o, p) { return this.#scene.outer.reduce((n, { count }, i) => n * count + o[i], 0) * this.#scene.inner + p; }

  #go(step, same = false) {
    const to = Math.max(0, Math.min(this.#steps - 1, step));
    if (to !== this.#step || !same) this.#guessed = false;
    this.#step = to;
    this.#render();
  }

  #play() {
    if (this.#timer) return this.#pause();
    if (this.#step === this.#steps - 1) this.#go(0);
    this.#parts.play.textContent = `❚❚ ${t("pause")}`;
    this.#timer = setInterval(() => {
      if (!this.#place.isConnected) return this.#pause();
      this.#go(this.#step + 1);
      if (this.#step === this.#steps - 1) this.#pause();
    }, 700);
  }

  #pause() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#parts.play.textContent = `▶ ${t("play")}`;
  }

  #render() {
    if (!this.#scene) return;
    const parts = this.#parts, [o, p] = this.#at(this.#step), shown = this.#scene.show(o, p), hidden = parts.guess.checked && shown.result && !this.#guessed;
    parts.about.textContent = t(`about_${this.#kind}_${this.#way}`);
    this.#stage(parts.panels, shown.panels, hidden && shown.result.grid);
    parts.more.hidden = !shown.more;
    if (shown.more) {
      parts.moreTitle.textContent = shown.more.title;
      parts.moreText.textContent = shown.more.text;
      this.#stage(parts.morePanels, shown.more.panels, hidden && shown.more.panels.at(-1).grids[0].key);
    }
    const lines = hidden && shown.lines.length > 1 ? shown.lines.slice(0, -1) : shown.lines;
    parts.lines.replaceChildren(...lines.map(({ text, value }) => make("p", { className: "line" }, text, ...(value === undefined || hidden ? [] : [" = ", make("b", {}, short(value))]))));
    parts.lines.setAttribute("aria-live", this.#timer ? "off" : "polite");
    Object.assign(parts.working.dataset, shown.result ? { of: shown.result.of, index: shown.result.index, value: hidden ? "" : shown.result.value } : { of: "", index: "", value: "" });
    parts.asked.hidden = !hidden;
    parts.play.disabled = parts.guess.checked;
    Object.assign(parts.scrub, { max: this.#steps - 1, value: this.#step });
    parts.scrub.setAttribute("aria-valuetext", t("stepOf", { k: this.#step + 1, n: this.#steps }));
    parts.status.textContent = t("stepOf", { k: this.#step + 1, n: this.#steps });
    parts.start.disabled = parts.back.disabled = this.#step === 0;
    parts.next.disabled = this.#step === this.#steps - 1;
    this.#outers(o);
    this.#place.dataset.step = this.#step;
    this.#place.dataset.steps = this.#steps;
  }

  // #outers are the choices of sample, filter and channel.
  #outers(o) {
    const list = this.#scene.outer.map((q, i) => ({ ...q, now: o[i], choose: (v) => this.#go(this.#stepAt(o.with(i, v), 0)) })).filter((q) => q.count > 1);
    const { x, y, params: { weight } } = this.#case, many = 4, named = new Set(list.map((q) => q.name));
    const more = (name, count, now, set) => count > many && !named.has(name.slice(5).toLowerCase()) && list.push({ name, count, now: Math.min(now, count - 1), choose: (v) => {
      set(v);
      this.#change();
    } });
    if (["convolution", "affine"].includes(this.#kind)) more("shownChannel", this.#way === "columns" ? x.c : weight.c, this.#channel, (v) => (this.#channel = v));
    if (this.#kind === "convolution" && ["dx", "columns"].includes(this.#way)) more("shownFilter", y.c, this.#filter, (v) => (this.#filter = v));
    const { outers } = this.#parts, form = list.map((q) => `${q.name} ${q.count}`).join();
    if (outers.dataset.form !== form) {
      outers.dataset.form = form;
      outers.replaceChildren(...list.map((q) => make("span", { className: "row" }, make("label", { htmlFor: `bench-at-${q.name}` }, t(q.name)),
        make("select", { id: `bench-at-${q.name}` }, ...Array.from({ length: q.count }, (_, i) => make("option", { value: i }, i + 1))))));
    }
    [...outers.querySelectorAll("select")].forEach((select, i) => {
      select.value = list[i].now;
      select.onchange = () => list[i].choose(+select.value);
    });
  }

  // #stage shows panels, and makes elements anew only where their form is another.
  #stage(place, panels, hide) {
    const form = JSON.stringify(panels.map((p) => [p.title, p.after, p.grids.map((g) => [g.name, g.h, g.w, Boolean(g.edit)])]));
    if (this.#stages.get(place)?.form !== form) {
      const grids = [];
      place.replaceChildren(...panels.flatMap((p) => [
        make("figure", { className: "panel" }, make("figcaption", {}, p.title), ...p.grids.map((g) => {
          const grid = new Grid(g, p.title, (...choice) => this.#choose(...choice), (o, q) => this.#go(this.#stepAt(o, q)));
          grids.push(grid);
          return grid.element;
        })),
        ...(p.after ? [make("span", { className: "sign" }, p.after)] : []),
      ]));
      this.#stages.set(place, { form, grids });
    }
    const descriptions = panels.flatMap((p) => p.grids);
    this.#stages.get(place).grids.forEach((grid, i) => grid.set(descriptions[i], hide === descriptions[i].key));
  }

  // Predicting.

  #checkGuess() {
    const { guessed, verdict } = this.#parts, text = guessed.value.trim().replace("−", "-"), v = parse(text);
    const [o, p] = this.#at(this.#step), { value } = this.#scene.show(o, p).result;
    if (v === undefined) {
      verdict.textContent = t("notNumber", { text: guessed.value });
      return;
    }
    const right = Math.abs(v - value) <= Math.max(0.006, 0.01 * Math.abs(value));
    this.#score.asked++;
    this.#score.right += right;
    verdict.textContent = right ? t("guessRight", { value: short(value) }) : t("guessWrong", { value: short(value), guess: guessed.value });
    guessed.value = "";
    this.#guessed = true;
    this.#showScore();
    this.#render();
    this.#parts.next.focus();
  }

  #showScore() {
    for (const e of this.#place.querySelectorAll("[data-score]")) e.textContent = this.#score.asked ? t("score", this.#score) : "";
  }

  // Changing a weight.

  #choose(description, i, j, where) {
    if (!this.#own || !/^(weight|bias|gamma|beta)/.test(description.key)) return;
    const [o, p] = this.#at(this.#step), now = () => this.#scene.show(o, p).panels.flatMap((q) => q.grids).find((g) => g.key === description.key);
    const read = () => now()?.value(i, j);
    this.#chosen = { i, j, where, edit: description.edit, read, learned: this.#asLearned(read) };
    const { weight } = this.#parts, reach = Math.max(1, 3 * Math.abs(this.#chosen.learned));
    Object.assign(weight, { min: -reach, max: reach, step: reach / 200, value: this.#chosen.read() });
    this.#answer();
  }

  // #answer shows what the model makes of the digit now.
  #answer() {
    const { change, chosen, weight, bars, nowText, beforeText, zero } = this.#parts;
    change.hidden = !(this.#own && this.#now);
    if (change.hidden) return;
    const at = this.#chosen?.read();
    weight.disabled = at === undefined;
    chosen.textContent = at === undefined ? t("chooseWeight") : t("chosenWeight", { where: this.#chosen.where, value: short(at), learned: short(this.#chosen.learned) });
    if (at !== undefined && document.activeElement !== weight) weight.value = at;
    zero.hidden = this.#kind !== "convolution";
    const { classes } = this.#model, say = (key, a) => {
      const best = argmax(a.y.data);
      return t(key, { label: classes[best], percent: percent(a.y.data[best]), loss: number(a.loss, 4) });
    };
    nowText.textContent = say("answerNow", this.#now);
    beforeText.textContent = say("answerBefore", this.#before);
    const best = argmax(this.#now.y.data);
    bars.replaceChildren(...classes.map((name, k) => {
      const bar = make("i");
      bar.style.setProperty("--share", `${100 * this.#now.y.data[k]}%`);
      bar.style.setProperty("--before", `${100 * this.#before.y.data[k]}%`);
      return make("li", { className: k === best ? "best" : "" }, make("span", {}, name), bar, make("span", { "data-probability": this.#now.y.data[k] }, percent(this.#now.y.data[k])));
    }));
  }

  #build() {
    const parts = this.#parts, button = (name, text, click, more = {}) => {
      parts[name] = make("button", { type: "button", ...more }, text);
      parts[name].addEventListener("click", click);
      return parts[name];
    };
    const labelled = (key, element) => make("span", { className: "row" }, make("label", { htmlFor: element.id }, t(key)), element);
    parts.kinds = make("div", { className: "row kinds", role: "group", "aria-label": t("kinds") }, ...Object.keys(kinds).map((kind) => {
      const b = make("button", { type: "button", value: kind }, t(kind));
      b.addEventListener("click", () => {
        const own = this.#own > 0;
        [this.#kind, this.#way, this.#chosen] = [kind, "forward", undefined];
        this.#own = own ? (this.#ownLayers()[0]?.position ?? 0) : 0;
        this.#offer();
        this.#begin();
      });
      return b;
    }));
    parts.numbers = make("select", { id: "bench-numbers" });
    parts.numbers.addEventListener("change", () => {
      [this.#own, this.#chosen] = [+parts.numbers.value, undefined];
      this.#offer();
      this.#begin();
    });
    parts.target = make("select", { id: "bench-target" });
    parts.target.addEventListener("change", () => {
      this.#target = +parts.target.value;
      this.#answerOf();
      this.#change();
    });
    parts.note = make("p", { className: "soft small", hidden: true });
    parts.sliders = make("div", { className: "sliders", role: "group", "aria-label": t("settings") });
    parts.formulas = make("dl", { className: "formulas" });
    parts.wrong = make("p", { className: "message", role: "status", hidden: true });
    parts.remainder = make("p", { className: "message", hidden: true });
    parts.ways = make("div", { className: "row ways", role: "group", "aria-label": t("ways") });
    parts.about = make("p", { className: "about" });
    parts.panels = make("div", { className: "panels" });
    parts.scrub = make("input", { type: "range", min: 0, step: 1, id: "bench-scrub", "aria-label": t("scrub") });
    parts.scrub.addEventListener("input", () => this.#go(+parts.scrub.value));
    parts.status = make("span", { className: "soft small status" });
    parts.outers = make("div", { className: "row outers" });
    parts.player = make("div", { className: "player-bench", role: "group", "aria-label": t("player") },
      make("div", { className: "row" },
        button("start", "|◀", () => this.#go(0), { "aria-label": t("start"), title: t("start") }),
        button("back", "◀", () => this.#go(this.#step - 1), { "aria-label": t("backOne"), title: t("backOne") }),
        button("play", `▶ ${t("play")}`, () => this.#play(), { className: "main" }),
        button("next", "▶|", () => this.#go(this.#step + 1), { "aria-label": t("next"), title: t("next") }),
        parts.status, parts.outers),
      parts.scrub);
    parts.lines = make("div", { className: "lines" });
    parts.guessed = make("input", { type: "text", inputMode: "decimal", id: "bench-guess", autocomplete: "off" });
    parts.guess = make("input", { type: "checkbox" });
    parts.guess.addEventListener("change", () => {
      this.#pause();
      this.#guessed = false;
      parts.verdict.textContent = "";
      this.#render();
    });
    parts.asked = make("form", { className: "row asked", hidden: true }, labelled("yourGuess", parts.guessed), make("button", {}, t("check")));
    parts.asked.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#checkGuess();
    });
    parts.verdict = make("p", { className: "verdict-line", role: "status" });
    parts.working = make("div", { className: "total working-bench" }, parts.lines, parts.asked, parts.verdict,
      make("p", { className: "row small" }, make("label", { className: "row" }, parts.guess, t("guess")), make("span", { "data-score": "" })));
    parts.moreTitle = make("h3");
    parts.moreText = make("p", { className: "soft small" });
    parts.morePanels = make("div", { className: "panels" });
    parts.more = make("div", { className: "more" }, parts.moreTitle, parts.moreText, parts.morePanels);
    parts.chosen = make("label", { htmlFor: "bench-weight" });
    parts.weight = make("input", { type: "range", id: "bench-weight", disabled: true });
    parts.weight.addEventListener("input", () => {
      const { i, j, edit } = this.#chosen;
      edit(i, j, +parts.weight.value);
    });
    parts.nowText = make("p", { className: "answer", role: "status" });
    parts.beforeText = make("p", { className: "soft" });
    parts.bars = make("ul", { className: "bars compared", "aria-label": t("bars") });
    parts.change = make("div", { className: "change", hidden: true }, make("h3", {}, t("changeTitle")), make("p", { className: "soft small" }, t("changeText")),
      parts.chosen, parts.weight,
      make("div", { className: "row" }, button("reset", t("reset"), () => this.#reset()), button("zero", t("zeroFilter"), () => this.#zero())),
      parts.nowText, parts.beforeText, parts.bars);
    parts.questions = make("div", { className: "questions" });
    this.#place.classList.add("bench");
    this.#place.append(
      make("section", { className: "card", id: "bench-layer" }, parts.kinds, make("div", { className: "row" }, labelled("numbers", parts.numbers), labelled("target", parts.target)), parts.note,
        parts.sliders, parts.formulas, parts.remainder, parts.wrong, parts.ways, parts.about, parts.player, parts.working, parts.panels, parts.change, parts.more,
        make("p", { className: "soft small" }, t("clickHint"))),
      make("section", { className: "card", id: "bench-questions" }, make("h2", {}, t("quiz")), make("p", {}, t("quizText")), parts.questions));
  }

  #reset() {
    for (const [p, data] of this.#learned) p.data.set(data);
    this.#answerOf();
    this.#change();
  }

  #zero() {
    const { weight, bias } = this.#case.params, o = this.#filterNow(), size = weight.h * weight.w * weight.c;
    weight.data.fill(0, o * size, (o + 1) * size);
    bias.data[o] = 0;
    this.#answerOf();
    this.#change();
  }

  // #filterNow is the filter that the steps are at.
  #filterNow() {
    const [o] = this.#at(this.#step), i = this.#scene.outer.findIndex((q) => q.name === "filter");
    return i < 0 ? this.#filter : o[i];
  }
}

const argmax = (values) => values.reduce((best, v, k) => (v > values[best] ? k : best), 0);
const parse = (text) => (text === "" || !Number.isFinite(Number(text)) ? undefined : Number(text));

// impossible says why there is no such layer, if so.
function impossible(kind, s) {
  if (kind === "convolution" && (s.channels % s.groups || s.filters % s.groups)) return t("badGroups", s);
  if (kind !== "convolution" && kind !== "pooling") return "";
  const kernel = s.kernel ?? s.window, reach = (s.dilation ?? 1) * (kernel - 1) + 1, side = s.size + 2 * s.pad;
  if (kind === "pooling" && 2 * s.pad > kernel) return t("badPad", { pad: s.pad, size: kernel });
  return reach > side ? t("tooLarge", { reach, side }) : "";
}

// remainder is how many rows no window reaches.
function remainder(kind, s) {
  if (kind !== "convolution" && kind !== "pooling") return 0;
  return (s.size + 2 * s.pad - (s.dilation ?? 1) * ((s.kernel ?? s.window) - 1) - 1) % s.stride;
}

// Grid is numbers in rows: cells, fields to edit where they may be, or a picture
// where they are many.
class Grid {
  #cells = []; #canvas; #d; #title; #choose; #go; #at = [0, 0]; #hide;

  constructor(d, title, choose, go) {
    [this.#d, this.#title, this.#choose, this.#go] = [d, title, choose, go];
    const name = make("span", { className: "soft small" }, d.name);
    this.element = make("div", { className: "grid-of" }, ...(d.name ? [name] : []), d.w <= 12 && d.h * d.w <= 12 * 12 && d.h <= 27 ? this.#table() : this.#picture());
  }

  #where(i, j) { return t("cell", { grid: t("gridOf", { title: this.#title, name: this.#d.name }).trim(), i: i + 1, j: j + 1 }); }

  #table() {
    const { h, w, edit } = this.#d, body = make("tbody");
    for (let i = 0; i < h; i++) {
      const tr = make("tr");
      for (let j = 0; j < w; j++) {
        const td = make("td"), cell = { td };
        if (edit && this.#d.editable(i, j)) {
          cell.input = make("input", { type: "text", inputMode: "decimal", autocomplete: "off", "aria-label": this.#where(i, j) });
          cell.input.addEventListener("focus", () => {
            cell.input.select();
            this.#choose(this.#d, i, j, this.#where(i, j));
          });
          cell.input.addEventListener("change", () => {
            const v = parse(cell.input.value.trim().replace("−", "-"));
            cell.input.setAttribute("aria-invalid", v === undefined);
            if (v === undefined) cell.input.title = t("notNumber", { text: cell.input.value });
            else {
              cell.input.removeAttribute("title");
              this.#d.edit(i, j, v);
            }
          });
          cell.input.addEventListener("keydown", (e) => {
            const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] }[e.key];
            if (!by) return;
            e.preventDefault();
            if (e.key === "Enter") cell.input.dispatchEvent(new Event("change"));
            this.#cells[i + by[0]]?.[j + by[1]]?.input?.focus();
          });
          td.append(cell.input);
        }
        td.addEventListener("click", () => this.#jump(i, j));
        (this.#cells[i] ??= []).push(cell);
        tr.append(td);
      }
      body.append(tr);
    }
    return make("div", { className: "wide" }, make("table", { className: "cells", "aria-label": this.#label() }, body));
  }

  #label() { return t("gridOf", { title: this.#title, name: this.#d.name }).trim(); }

  #jump(i, j) {
    if (this.#d.jump) this.#go(...this.#d.jump(i, j));
  }

  #picture() {
    const { h, w } = this.#d;
    this.#canvas = make("canvas", { tabIndex: 0, role: "application", "aria-label": t("gridSize", { title: this.#title, name: this.#d.name, h, w }) });
    this.#canvas.style.aspectRatio = `${w} / ${h}`;
    this.#canvas.style.inlineSize = `${Math.max(96, Math.min(h > 12 ? 272 : 480, w * (h > 12 ? 10 : 16)))}px`;
    const go = (i, j) => {
      this.#at = [Math.max(0, Math.min(this.#d.h - 1, i)), Math.max(0, Math.min(this.#d.w - 1, j))];
      if (this.#d.edit) this.#choose(this.#d, ...this.#at, this.#where(...this.#at));
      this.#jump(...this.#at);
      this.set(this.#d, this.#hide);
    };
    this.#canvas.addEventListener("pointerdown", (e) => go(Math.floor((e.offsetY / this.#canvas.clientHeight) * h), Math.floor((e.offsetX / this.#canvas.clientWidth) * w)));
    this.#canvas.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
      if (!by) return;
      e.preventDefault();
      go(this.#at[0] + by[0], this.#at[1] + by[1]);
    });
    return this.#canvas;
  }

  // set shows values, without that of the target where it is to be guessed.
  set(d, hide) {
    [this.#d, this.#hide] = [d, hide];
    const values = [];
    for (let i = 0; i < d.h; i++) {
      for (let j = 0; j < d.w; j++) values.push(hide && d.mark(i, j) === "target" ? undefined : d.value(i, j));
    }
    const most = largest(values.map((v) => v ?? 0));
    this.element.querySelector("table, canvas").dataset.key = d.key;
    if (this.#canvas) return this.#draw(values, most);
    for (const [i, row] of this.#cells.entries()) {
      for (const [j, { td, input }] of row.entries()) {
        const v = values[i * d.w + j], mark = d.mark(i, j);
        td.className = `${mark || ""}${d.jump ? " pickable" : ""}`;
        const known = v !== undefined && v !== null, colour = known && signed(v, 1.8 * most || 1);
        td.style.background = known ? css(colour) : "";
        td.style.color = known ? readable(colour) : "";
        if (known) td.dataset.value = v;
        else delete td.dataset.value;
        const text = v === null ? "" : v === undefined ? (mark === "target" ? "?" : "") : short(v);
        if (!input) td.textContent = text;
        else if (document.activeElement !== input || parse(input.value) !== v) {
          input.value = text;
          input.size = Math.max(2, text.length);
        }
      }
    }
  }

  #draw(values, most) {
    const { h, w, mark } = this.#d, small = new OffscreenCanvas(w, h), scale = Math.max(3, Math.min(16, Math.ceil(420 / Math.max(h, w))));
    const ground = signed(0, 1);
    paint(small, h, w, (i, j) => (values[i * w + j] == null ? ground : signed(values[i * w + j], most || 1)));
    const canvas = this.#canvas;
    [canvas.width, canvas.height] = [w * scale, h * scale];
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(document.documentElement);
    for (const [kind, colour, thick] of [["window", style.getPropertyValue("--accent"), 1.5], ["target", style.getPropertyValue("--ink"), 3]]) {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      for (let k = 0; k < h * w; k++) if (mark(Math.floor(k / w), k % w) === kind) context.strokeRect((k % w) * scale + 0.5, Math.floor(k / w) * scale + 0.5, scale - 1, scale - 1);
    }
  }
}
