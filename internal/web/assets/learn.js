// The page that trains a network in its own worker.

import { answeredBy, ask, language, latest, make, number, percent, Refused, translate, worded, words } from "/static/page.js";
import { Module, part } from "/static/module.js";
import { bitmap, largest, onTheme, picture, sheet, tensor } from "/static/pictures.js";
import { chart } from "/static/chart.js";
import { Pad } from "/static/pad.js";
import { texts } from "/static/learn.strings.js";

const t = words(texts);
translate(t);
const byId = (id) => document.getElementById(id);
const whole = (n) => n.toLocaleString(language);

// The module, and what it says.

// source is what the page carries itself, or what stands beside it.
async function source(name) {
  return part(name) ?? { zipped: new Uint8Array(await (await beside(name)).arrayBuffer()) };
}

async function beside(name) {
  const answer = await fetch(`learn/${name}`);
  if (answer.ok) return answer;
  throw new Refused(await answer.json().then(({ error }) => error, () => `learn/${name}: ${answer.status}`), answer.status);
}

let module;
async function startModule() {
  const script = byId("part-worker")?.textContent ?? await (await beside("worker")).text();
  module = new Module(script, ...await Promise.all([source("wasm"), source("simd")]), (event) => events[event.kind](event));
  answeredBy((address, options) => module.fetch(address, options));
}

const post = (path, value) => ask(`/learn/${path}?lang=${language}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value ?? {}) });

function say(text) {
  byId("message").textContent = text ?? "";
  byId("message").hidden = !text;
}

function complain(error) {
  if (error instanceof Refused) say(t("refused", { text: error.message }));
  else if (error instanceof TypeError) say(t("ended", { text: error.message }));
  else throw error;
}

// trying tells what goes wrong with work.
const trying = (work) => async (...given) => {
  try {
    say();
    await work(...given);
  } catch (error) {
    complain(error);
  }
};

// The settings.

let set = {}, ready = false, loaded = false, state = "loading", digits = 0, tests = 0;
const fields = ["data", "augment", "optimizer", "images", "rate", "schedule", "batch", "epochs"];

function showSettings() {
  for (const id of fields) byId(id).value = set[id] || (id === "images" ? "" : set[id]);
  byId("slide").value = Math.log10(set.rate);
  byId("images").placeholder = t("all");
  showStack();
  showOwn();
}

for (const id of fields) {
  byId(id).addEventListener("input", () => {
    set[id] = ["data", "augment", "optimizer", "schedule"].includes(id) ? byId(id).value : Number(byId(id).value);
    if (id === "optimizer") set.rate = choices.optimizers.find(({ name }) => name === set.optimizer.split(":")[0]).rate;
    if (id === "optimizer" || id === "rate") changeRate(set.rate);
    if (id === "data") showOwn();
    pressed();
    check();
  });
}
byId("slide").addEventListener("input", () => changeRate(Number((10 ** byId("slide").value).toPrecision(2))));

function changeRate(rate) {
  set.rate = rate;
  if (Number(byId("rate").value) !== rate) byId("rate").value = rate;
  if (rate > 0) byId("slide").value = Math.log10(rate);
  if (rate > 0 && (state === "running" || state === "paused")) ask(`/learn/rate?lang=${language}&value=${rate}`).catch(complain);
}

// The stack of layers.

const kinds = {
  Convolution: { Filters: 16, Kernel: 3, Stride: 0, Pad: 0 }, Pooling: { Size: 2, Stride: 0 }, ReLU: {}, Affine: { Units: 50 }, Dropout: { Ratio: 0.5 },
  BatchNormalization: {}, Sigmoid: {}, Tanh: {}, LeakyReLU: {}, GELU: {}, GlobalAveragePooling: {},
};
byId("more").append(make("option", { value: "" }, t("choose")), ...Object.keys(kinds).map((name) => make("option", { value: name }, name)));
byId("more").addEventListener("change", (e) => {
  const type = e.target.value;
  e.target.value = "";
  if (!type) return;
  const given = Object.fromEntries(Object.entries(kinds[type]).filter(([, value]) => value));
  changeStack([...set.layers, { type, ...given }]);
});

function changeStack(layers) {
  set.layers = layers;
  pressed();
  showStack();
}

function showStack() {
  const row = (...parts) => make("li", {}, ...parts, make("span", { className: "shape" }));
  const button = (sign, label, work, disabled) => {
    const b = make("button", { type: "button", "aria-label": label, title: label, disabled }, sign);
    b.addEventListener("click", work);
    return b;
  };
  byId("stack").replaceChildren(row(make("b", {}, t("input"))), ...set.layers.map((layer, i) => {
    const name = `${i + 1} ${layer.type}`;
    const inputs = Object.keys(kinds[layer.type] ?? {}).map((field) => {
      const input = make("input", { type: "number", min: 0, step: field === "Ratio" ? 0.1 : 1, value: layer[field] ?? "", placeholder: field === "Stride" ? (layer.Size ?? 1) : 0, "aria-label": `${name}: ${t(field)}` });
      input.addEventListener("input", () => {
        const value = Number(input.value);
        if (value) layer[field] = value;
        else delete layer[field]; // as in files: what is 0 is left out
        pressed();
        check();
      });
      return make("label", {}, t(field), input);
    });
    const swap = (k) => {
      const layers = [...set.layers];
      [layers[i], layers[k]] = [layers[k], layers[i]];
      changeStack(layers);
    };
    return row(make("span", { className: "what" }, make("b", {}, name), ...inputs), make("span", { className: "moves" },
      button("↑", t("up", { layer: name }), () => swap(i - 1), i === 0),
      button("↓", t("down", { layer: name }), () => swap(i + 1), i === set.layers.length - 1),
      button("×", t("remove", { layer: name }), () => changeStack(set.layers.filter((_, k) => k !== i)))));
  }), row(make("b", {}, t("output"))));
  check();
}

// check asks what the layers make of each other.
const check = latest(async () => {
  if (!ready) return;
  try {
    const a = await post("stack", set);
    const rows = [...byId("stack").children], last = rows.length - 2; // the output is two layers: affine, softmax
    const shape = ({ H, W, C }, parameters) => t(parameters ? "shape" : "bare", { height: H, width: W, channels: C, parameters: whole(parameters ?? 0) });
    const bad = a.bad && Math.min(a.bad, last + 1);
    rows.forEach((row, i) => {
      row.classList.toggle("bad", i > 0 && i === bad);
      const layer = a.layers[i - 1];
      row.querySelector(".shape").textContent = i === 0 ? shape(a.input) : layer ? shape(layer.output, layer.parameters) : "";
    });
    byId("bad").hidden = !a.bad;
    byId("bad").textContent = a.bad ? t("bad", { n: bad, text: a.error }) : "";
    byId("size").textContent = a.bad ? "" : t("size", { parameters: whole(a.parameters), work: whole(a.multiply_adds) });
    fits = !a.bad;
    enable();
    document.body.dataset.checked = Number(document.body.dataset.checked ?? 0) + 1;
    if (byId("program").open && fits) byId("text").textContent = (await post("program", set)).text;
  } catch (error) {
    complain(error);
  }
});
let fits = false;

// Presets.

let choices;

function choosePreset(preset) {
  const { name: _, illness: __, ...settings } = structuredClone(preset);
  set = settings;
  showSettings();
  pressed(preset.name);
}

// pressed shows which preset the settings are; undefined: none any more.
function pressed(name) {
  for (const b of byId("presets").children) b.setAttribute("aria-pressed", b.dataset.name === name);
  if (name) byId("word").textContent = t(`word ${name}`);
}

// Training.

const steps = { losses: [], test: [] };
const lossChart = chart({ label: t("loss"), xLabel: t("updates"), yLabel: t("lossAxis"), digits: 3, cut: 0.02 });
const accuracyChart = chart({ label: t("accuracy"), xLabel: t("updates"), yLabel: t("accuracyAxis"), digits: 2, percent: true });
for (const c of [lossChart, accuracyChart]) byId("charts").append(make("section", { className: "card" }, c.element));

const drawCharts = () => {
  // As many points as there is room for, each the mean of some updates.
  const points = (width) => {
    const out = [];
    for (let i = 0; i < steps.losses.length; i += width) {
      const some = steps.losses.slice(i, i + width).filter((v) => v !== null);
      if (some.length) out.push([Math.min(i + width, steps.losses.length), some.reduce((sum, v) => sum + v, 0) / some.length]);
    }
    return out;
  };
  const n = steps.losses.length;
  lossChart.set([
    { name: t("smooth"), look: 0, points: points(Math.max(1, Math.ceil(n / 60))) },
    { name: t("each"), look: 0, pale: true, points: points(Math.max(1, Math.ceil(n / 600))) },
  ]);
  accuracyChart.set([
    { name: t("part", { n: whole(Math.min(1000, tests)) }), look: 1, dots: true, points: steps.test.filter((p) => !p.whole).map((p) => [p.step, p.accuracy]) },
    { name: t("whole"), look: 2, dots: true, points: steps.test.filter((p) => p.whole).map((p) => [p.step, p.accuracy]) },
  ]);
};

const events = {
  state({ state: now, ...why }) {
    state = now;
    byId("state").textContent = t(now);
    byId("state").className = `state ${now}`;
    document.body.dataset.state = now;
    if (why.message) say(t("refused", { text: worded(why) }));
    enable();
    if (now === "running" || now === "idle" || now === "finished") look();
  },
  progress(p) {
    if (p.from < steps.losses.length) steps.losses.length = p.from;
    steps.losses.push(...p.losses);
    steps.test.push(...p.test);
    const last = steps.test.findLast((point) => point.whole) ?? steps.test.at(-1), newest = steps.test.at(-1);
    const accuracy = p.epoch >= p.epochs ? last : newest;
    byId("progress").value = Math.min(1, (p.epoch + (p.epoch < p.epochs ? p.batch / p.batches : 0)) / p.epochs);
    byId("now").textContent = t(newest ? "now" : "nowOwn", {
      epoch: Math.min(p.epochs, p.epoch + 1), epochs: p.epochs, step: whole(p.step), seconds: number(p.seconds, 1),
      speed: whole(Math.round(p.images_per_second)), accuracy: accuracy ? percent(accuracy.accuracy, 2) : "–",
    });
    document.body.dataset.accuracy = accuracy?.accuracy ?? "";
    document.body.dataset.seconds = p.seconds;
    drawCharts();
    if (performance.now() - look.last > 400) look();
  },
  advice({ text, japanese, illness }) {
    const e = make("p", { className: "message" }, make("b", {}, t("doctor")), language === "ja" ? japanese : text);
    e.dataset.illness = illness;
    byId("advice").append(e);
  },
};

function enable() {
  const busy = state === "running" || state === "paused";
  byId("start").disabled = !ready || !fits || (set.data === "digits" && !digits);
  byId("pause").disabled = byId("stop").disabled = !busy;
  byId("pause").textContent = t(state === "paused" ? "resume" : "pause");
  byId("onward").disabled = busy || !(loaded || state === "finished" || state === "stopped");
  byId("save").disabled = !loaded && state === "idle";
  byId("sample").disabled = !digits;
}

byId("start").addEventListener("click", trying(async () => {
  loaded = false;
  byId("advice").replaceChildren();
  await post("start", set);
  steps.losses = [];
  steps.test = [];
  drawCharts();
}));
byId("pause").addEventListener("click", trying(() => ask(`/learn/pause?on=${state === "paused" ? 0 : 1}`)));
byId("stop").addEventListener("click", trying(() => ask("/learn/stop")));
byId("onward").addEventListener("click", trying(() => post("onward", set)));

// Drawing, and what the network makes of it.

let teaching = -1; // the class that is drawn for; -1: the network is tried
let given; // the request for a picture that was not drawn; undefined: what is on the pad

const pad = new Pad(byId("pad"), (done) => {
  given = undefined;
  byId("undo").disabled = !pad.undoable;
  clearTimeout(pad.rest);
  if (teaching < 0) look();
  else if (done && !pad.blank) pad.rest = setTimeout(keepDrawing, 700);
});

const look = latest(async () => {
  look.last = performance.now();
  if (state === "loading" || (state === "idle" && !loaded)) return;
  try {
    showFilters(await ask("/api/v1/filters"));
    if (pad.blank || teaching >= 0) {
      byId("answer").replaceChildren(make("p", { className: "soft" }, t("nothing")));
      byId("maps").replaceChildren();
      return;
    }
    const q = given ?? { method: "POST", headers: { "Content-Type": "image/png" }, body: await pad.blob() };
    const a = await ask("/api/v1/predict", q);
    showAnswer(a);
    showMaps(await ask("/api/v1/maps", q));
    document.body.dataset.answer = a.label;
  } catch (error) {
    if (error instanceof Refused) byId("answer").replaceChildren(make("p", { className: "soft" }, t("nothing")));
    else complain(error);
  }
});
look.last = 0;

function showAnswer(a) {
  byId("answer").replaceChildren(make("div", { className: "verdict" }, make("output", {}, a.label)), make("ul", { className: "bars", "aria-label": t("answer") }, ...a.classes.map((name, i) => {
    const bar = make("i");
    bar.style.setProperty("--share", `${100 * a.probabilities[i]}%`);
    return make("li", { className: name === a.label ? "best" : "" }, make("span", {}, name), bar, make("span", {}, percent(a.probabilities[i])));
  })));
}

const roomOf = (e) => e.clientWidth || 320;

function showFilters({ layers }) {
  const l = layers.find(({ channels, height, width }) => channels === 1 && height * width > 1);
  if (!l) {
    byId("filters").replaceChildren(make("p", { className: "soft" }, t("noFilters")));
    return;
  }
  const { height, width, values } = tensor(l), size = height * width, caption = t("filterSheet", { count: l.filters, height, width });
  byId("filters").replaceChildren(sheet({
    count: l.filters, height, width, most: largest(values), room: roomOf(byId("filters")), label: caption,
    value: (n, y, x) => values[n * size + y * width + x],
  }), make("p", { className: "soft small" }, caption));
}

function showMaps({ layers }) {
  byId("maps").replaceChildren(...layers.map((l) => {
    const { height, width, channels, values } = tensor(l);
    const caption = t("map", { layer: l.position ? `${l.position} ${l.name}` : t("input"), height, width, channels });
    return make("div", { className: "layer" }, make("h3", {}, caption), sheet({
      count: channels, height, width, most: largest(values), room: roomOf(byId("maps")), label: caption,
      value: (n, y, x) => values[(y * width + x) * channels + n],
    }));
  }));
}

byId("clear").addEventListener("click", () => {
  pad.clear();
  given = undefined;
  look();
});
byId("undo").addEventListener("click", () => pad.undo());
byId("sample").addEventListener("click", trying(async () => {
  teach(-1);
  const { image } = await ask("/api/v1/sample");
  pad.show(await bitmap(image, true));
  given = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ pixels: image.pixels.map((v) => v / 255) }) };
  look();
}));
addEventListener("keydown", (e) => {
  if (e.target.matches("input, select") || e.altKey || e.ctrlKey || e.metaKey) return;
  if (e.key !== "Delete" && e.key !== "Backspace") return;
  byId("clear").click();
  e.preventDefault();
});

// Drawings of one's own.

const mine = [1, 2].map((n) => ({ name: t("usualClass", { n }), images: [] })); // images in base64

function teach(i) {
  teaching = i;
  pad.clear();
  showOwn();
  if (i < 0) look();
}

const sendOwn = latest(async () => {
  try {
    say();
    await post("own", mine);
    check();
  } catch (error) {
    complain(error);
  }
});

const keepDrawing = trying(async () => {
  const its = mine[teaching];
  if (!its || pad.blank) return;
  const body = await pad.blob();
  pad.clear();
  const { pixels } = await ask(`/learn/drawing?lang=${language}`, { method: "POST", headers: { "Content-Type": "image/png" }, body });
  its.images.push(pixels);
  showOwn();
  await sendOwn();
});

function showOwn() {
  const own = set.data === "own";
  if (!own) teaching = -1;
  byId("own").hidden = !own;
  byId("classes").hidden = !own;
  const target = (i, text) => {
    const b = make("button", { type: "button", "aria-pressed": String(teaching === i) }, text);
    b.addEventListener("click", () => teach(i));
    return b;
  };
  byId("classes").replaceChildren(...mine.map(({ name }, i) => target(i, t("teach", { name }))), target(-1, t("try")));
  // What is done first stands first.
  document.querySelector(own ? "#first" : "#charts").after(byId("hero"));
  accuracyChart.element.parentElement.hidden = own; // there are no drawings to test with
  const train = make("button", { type: "button", className: "main" }, t("train"));
  train.addEventListener("click", () => byId("start").click());
  const add = make("button", { type: "button" }, t("addClass"));
  add.addEventListener("click", () => {
    mine.push({ name: t("usualClass", { n: mine.length + 1 }), images: [] });
    teach(mine.length - 1);
    sendOwn();
  });
  byId("own").replaceChildren(make("p", { className: "soft" }, t("ownText")), ...mine.map((its, i) => {
    const name = make("input", { type: "text", value: its.name, maxLength: 30, "aria-label": t("className", { n: i + 1 }) });
    name.addEventListener("change", () => {
      its.name = name.value.trim() || t("usualClass", { n: i + 1 });
      showOwn();
      sendOwn();
    });
    const forget = make("button", { type: "button", "aria-label": t("forget", its), title: t("forget", its), disabled: !its.images.length }, "×");
    forget.addEventListener("click", () => {
      its.images.pop();
      showOwn();
      sendOwn();
    });
    return make("div", { className: "mine" }, name, make("span", { className: "soft small" }, t("drawings", { n: its.images.length })), forget, ...its.images.map((image) => {
      const canvas = make("canvas", { role: "img", "aria-label": t("drawingOf", its) });
      picture(canvas, { height: 28, width: 28, channels: 1, pixels: Uint8Array.from(atob(image), (c) => c.charCodeAt(0)) }, true);
      return canvas;
    }));
  }), make("p", { className: "row" }, add, train));
}

// Keeping.

byId("save").addEventListener("click", trying(async () => {
  const answer = await module.fetch("/learn/model");
  if (!answer.ok) throw new Refused((await answer.json()).error, answer.status);
  const url = URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type: "application/octet-stream" }));
  make("a", { href: url, download: "model.safetensors" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}));
byId("load").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", trying(async (e) => {
  const [file] = e.target.files;
  if (!file) return;
  const { layers } = await ask(`/learn/load?lang=${language}`, { method: "POST", body: file });
  e.target.value = "";
  loaded = true;
  changeStack(layers);
  say(t("loaded"));
  enable();
}));
byId("program").addEventListener("toggle", check);
byId("copy").addEventListener("click", trying(async () => {
  await navigator.clipboard.writeText(byId("text").textContent);
  byId("copy").textContent = t("copied");
}));

onTheme(() => {
  look();
  showOwn();
});

// The beginning: the page is ready before the images are.

byId("state").textContent = t("loading");
byId("answer").append(make("p", { className: "soft" }, t("noNetwork")));
byId("filters").append(make("p", { className: "soft" }, t("noFilters")));
try {
  await startModule();
  choices = await ask("/learn/networks");
  const drawn = { ...structuredClone(choices.presets.find(({ name }) => name === "fast")), name: "own", data: "own", augment: "shift:2,rotate:12,scale:0.15", batch: 20, epochs: 60, optimizer: "adam", rate: 0.003, schedule: "constant" };
  const presets = [...choices.presets, drawn];
  byId("presets").append(...presets.map((preset) => {
    const b = make("button", { type: "button", "aria-pressed": "false" }, t(`preset ${preset.name}`));
    b.dataset.name = preset.name;
    b.addEventListener("click", () => choosePreset(preset));
    return b;
  }));
  const optimizers = new Set([...choices.optimizers.map(({ name }) => name), ...presets.map(({ optimizer }) => optimizer)]);
  byId("optimizer").append(...[...optimizers].map((name) => make("option", { value: name }, name)));
  byId("schedule").append(...[["constant", "constant"], ["one-cycle", "oneCycle"]].map(([value, key]) => make("option", { value }, t(key))));
  byId("augment").append(...[["none", "none"], ["shift:1", "little"], ["shift:2,rotate:12,scale:0.15", "much"]].map(([value, key]) => make("option", { value }, t(key))));
  const ofDigits = make("option", { value: "digits" }, t("digits", { n: "…" }));
  byId("data").append(ofDigits, make("option", { value: "own" }, t("own")));
  ready = true;
  choosePreset(presets[0]);
  document.body.dataset.ready = "";
  ({ train: digits, test: tests } = await ask("/learn/data", { method: "POST", body: await source("data") }));
  ofDigits.textContent = t("digits", { n: whole(digits) });
  if (state === "loading") events.state({ state: "idle" });
  check();
} catch (error) {
  complain(error);
}
