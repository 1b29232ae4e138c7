// The page on which one draws a digit and looks into models.

import { ask, language, latest, layerName, make, number, percent, Refused, translate, words } from "/static/page.js";
import { bitmap, colours, enlarge, grey, largest, light, onTheme, paint, picture, sheet, signed, tensor } from "/static/pictures.js";
import { networkTitle, networkView } from "/static/network.js";
import { Pad } from "/static/pad.js";
import { Stepper } from "/static/stepper.js";
import { texts } from "/static/draw.strings.js";

const t = words(texts);
translate(t);
const byId = (id) => document.getElementById(id);
const bench = document.querySelector("a#bench"); // a published page has its own
if (bench) bench.href = `/bench?lang=${language}`;

const models = new Map(); // what /layers and /filters say, by name
let shown = []; // the names of those on the page
let columns = []; // their elements
let example; // the test image on the pad, with its true class; undefined: another picture
let given; // the request for a picture that was not drawn; undefined: what is on the pad
let generation = 0; // counts changes of the picture
const answers = {}; // the last of each kind, by model

// drawn tells whether the models take digits, which one can draw.
const drawn = () => shown.some((model) => models.get(model).fit === "digit");

// Messages.

function say(text) {
  byId("message").textContent = text ?? "";
  byId("message").hidden = !text;
}

const refusals = { 404: "notThere", 413: "tooLarge", 422: "noDigit", 503: "busy" };

function complain(error) {
  if (error instanceof Refused) say(t(refusals[error.status] ?? "refused", { text: error.message }));
  else if (error instanceof TypeError) say(t(document.body.dataset.alone ? "noModule" : "noServer"));
  else throw error;
}

// The picture.

const pad = new Pad(byId("pad"), (done) => {
  given = example = undefined;
  changed(done);
});

function changed(done) {
  document.body.dataset.drawn = ++generation; // counts, for those who wait for what follows
  byId("invitation").hidden = !pad.blank;
  document.body.toggleAttribute("data-blank", pad.blank);
  byId("undo").disabled = !pad.undoable;
  say();
  judge();
  if (pad.blank) {
    wipe();
    tellBench();
    return;
  }
  predict();
  clearTimeout(changed.timer);
  changed.timer = setTimeout(look, done ? 0 : 200);
}

function clear() {
  given = example = undefined;
  pad.clear();
  changed(true);
}

const request = (type, body) => ({ method: "POST", headers: { "Content-Type": type }, body });

const question = async () => given ?? request("image/png", await pad.blob());

const post = (kind, model, q, more = "") => ask(`/api/v1/${kind}?model=${encodeURIComponent(model)}${more}`, q);

// showImage takes the pixels of a test or training image as they are.
async function showImage(image, its) {
  pad.show(await bitmap(image, drawn()));
  example = its;
  given = request("application/json", JSON.stringify({ pixels: image.pixels.map((v) => v / 255) }));
  changed(true);
}

async function sample(label = "") {
  try {
    const { image, index, label: trueClass } = await ask(`/api/v1/sample?model=${encodeURIComponent(shown[0])}&label=${encodeURIComponent(label)}`);
    await showImage(image, { index, label: trueClass });
  } catch (error) {
    complain(error);
  }
}

// read takes a file. What the server may not know, or not upright (a
// photograph), or may find too large, the browser makes a small PNG.
async function read(file) {
  const side = 512, most = 4 << 20; // bytes, and pixels
  let picture, body = file;
  try {
    picture = await createImageBitmap(file);
    if (file.type !== "image/png" || file.size > most || picture.width * picture.height > most) {
      const scale = Math.min(1, side / Math.max(picture.width, picture.height));
      const page = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
      const context = page.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, page.width, page.height);
      body = await page.convertToBlob({ type: "image/png" });
    }
  } catch {
    say(t("noPicture", { name: file.name }));
    return;
  }
  example = undefined;
  given = request(body.type, body);
  pad.show(picture);
  changed(true);
}

// Answers.

const predict = latest(async () => {
  const now = generation;
  if (pad.blank) return;
  try {
    const q = await question();
    const list = await Promise.all(shown.map((model) => post("predict", model, q)));
    if (pad.blank) return;
    list.forEach((a, i) => verdict(columns[i], a));
    judge(list);
    tellBench({ model: list[0].model, image: list[0].image, label: example?.label });
    document.body.dataset.predicted = now;
  } catch (error) {
    complain(error);
  }
});

// tellBench hands what is on the pad, undefined if nothing, to the page of the
// bench, or to a bench on this page.
function tellBench(digit) {
  if (digit) sessionStorage.setItem("digit", JSON.stringify(digit));
  dispatchEvent(new CustomEvent("digit", { detail: digit }));
}

// judge tells an example's true class, and which of the answers were right.
function judge(answers = []) {
  const wrong = answers.filter((a) => a.label !== example?.label);
  byId("truth").hidden = !example;
  byId("truth").textContent = !example ? "" : t("trueClass", example) + (!answers.length ? "" : wrong.length ? wrong.map((a) => t("wrong", { model: a.model, answer: a.label })).join("") : t("right"));
}

// askAll asks about the picture for all models, and shows what is still wanted.
const askAll = (kind, q, show, wanted = () => "") => Promise.all(shown.map(async (model, i) => {
  const now = generation, more = wanted();
  const answer = await post(kind, model, q, more);
  if (now !== generation || more !== wanted() || columns[i]?.model !== model) return;
  (answers[kind] ??= {})[model] = answer;
  show(columns[i], answer);
}));

const askLooks = (q) => askAll("attention", q, looks, () => byId("class").value && `&class=${encodeURIComponent(byId("class").value)}`);

async function askStep(q) {
  const now = generation, wanted = stepper.chosen;
  if (!wanted) return;
  const answer = await post("convolution", wanted.model, q, `&layer=${wanted.layer}`);
  if (now === generation && stepper.chosen.model === wanted.model && stepper.chosen.layer === wanted.layer) stepper.show(answer);
}

const look = latest(async () => {
  const now = generation;
  if (pad.blank) return;
  try {
    const q = await question();
    await Promise.all([askLooks(q), askAll("neighbours", q, near), askAll("maps", q, maps), askStep(q)]);
    if (now !== generation) return;
    lineUp();
    speak();
    if (Object.values(answers.neighbours).some((a) => a.status === "reading")) setTimeout(look, 1000);
    else document.body.dataset.looked = now;
  } catch (error) {
    complain(error);
  }
});

// again asks anew for one thing that was chosen otherwise.
const again = (what) => latest(async () => {
  if (pad.blank) return;
  try {
    await what(await question());
  } catch (error) {
    complain(error);
  }
});

const stepper = new Stepper(byId("stepper"), t, again(askStep));

function speak() {
  byId("spoken").textContent = columns.map((c) => c.heard).join("; ");
}

// Verdicts.

function verdict(column, a) {
  if (!column) return;
  column.output.textContent = a.label;
  column.output.classList.toggle("long", new TextEncoder().encode(a.label).length > 15); // five Japanese letters
  column.sure.textContent = t("sure", { percent: percent(a.probability) });
  const doubts = a.doubts.map((doubt) => t(doubt)).join(" ");
  column.doubts.textContent = doubts;
  column.doubts.hidden = !doubts;
  column.heard = `${t("spoken", { model: a.model, label: a.label, percent: percent(a.probability) })} ${doubts}`.trim();
  column.seen.hidden = column.seenName.hidden = false;
  column.seen.setAttribute("aria-label", t("seen", { model: a.model, height: a.image.height, width: a.image.width }));
  column.image = a.image;
  picture(column.seen, a.image, drawn());
  a.probabilities.forEach((p, i) => {
    const { row, bar, share } = column.bars[i];
    row.classList.toggle("best", a.classes[i] === a.label);
    bar.style.setProperty("--share", `${100 * p}%`);
    share.textContent = percent(p);
  });
}

function wipe() {
  for (const kind of Object.keys(answers)) delete answers[kind];
  for (const c of columns) {
    c.output.textContent = "–";
    c.sure.textContent = t("nothingYet");
    c.doubts.hidden = true;
    c.seen.hidden = c.seenName.hidden = true;
    c.image = undefined;
    for (const { row, bar, share } of c.bars) {
      row.classList.remove("best");
      bar.style.setProperty("--share", "0%");
      share.textContent = "";
    }
    for (const place of [c.looks, c.near, c.maps]) place.replaceChildren();
  }
  byId("spoken").textContent = "";
}

// build makes the columns of the models that are shown.
function build() {
  const places = { verdicts: [], lookslist: [], nearlist: [], filterlist: [], maplist: [] };
  columns = shown.map((model, i) => {
    const c = { model, info: models.get(model) };
    const part = (id, ...content) => {
      const e = make("div", {}, ...(shown.length > 1 ? [make("h3", {}, model)] : []), ...content);
      places[id].push(e);
      return e;
    };
    c.output = make("output", { "aria-live": "off" }, "–"); // what is settled is spoken by #spoken
    c.sure = make("span", { className: "soft" });
    c.doubts = make("p", { className: "message small", hidden: true });
    c.seen = make("canvas", { className: "seen", role: "img", hidden: true });
    c.seenName = make("span", { className: "soft small", hidden: true }, t("sees", c.info.input));
    c.bars = c.info.classes.map((name) => {
      const bar = make("i"), share = make("span");
      return { bar, share, row: make("li", {}, make("span", {}, name), bar, share) };
    });
    places.verdicts.push(make("div", {}, heading(i), about(c.info), make("div", { className: "verdict" }, c.output, make("div", {}, c.sure)), c.doubts,
      make("ul", { className: "bars", "aria-label": t("bars", { model }) }, ...c.bars.map((b) => b.row)),
      make("p", { className: "row seenrow" }, c.seen, c.seenName)));
    for (const name of ["looks", "near", "maps"]) {
      c[name] = make("div");
      part({ looks: "lookslist", near: "nearlist", maps: "maplist" }[name], c[name]);
    }
    c.filters = make("div");
    part("filterlist", c.filters);
    return c;
  });
  for (const [id, list] of Object.entries(places)) byId(id).replaceChildren(...list);
  columns.forEach(filters);
  const common = columns[0].info.classes.filter((name) => columns.every((c) => c.info.classes.includes(name)));
  byId("class").replaceChildren(make("option", { value: "" }, t("itsAnswer")), ...common.map((name) => make("option", { value: name }, name)));
  byId("sample").hidden = columns[0].info.samples === 0;
  const draws = drawn();
  document.body.toggleAttribute("data-photo", !draws);
  pad.draws = draws;
  for (const [place, key] of [["h1", "title"], ["#invitation b", "drawHere"], ["#invitation span", "orDrop"], ["#padhelp", "padHelp"], [".blank", "wait"]]) {
    document.querySelector(place).textContent = t(draws ? key : `${key}Photo`);
  }
  if (columns[0].info.samples) byId("padhelp").append(t(draws ? "keySample" : "keySamplePhoto"));
  byId("undo").hidden = !draws;
  document.title = `${t(draws ? "title" : "titlePhoto")} · tatami`;
  const list = columns.flatMap((c) => c.info.layers.filter((l) => l.type === "Convolution").map((l) => ({
    model: c.model, layer: l.position, name: `${shown.length > 1 ? `${c.model} · ` : ""}${l.position} ${l.name}`,
  })));
  stepper.offer(list);
  byId("step").hidden = list.length === 0;
  document.querySelector('a[href="#step"]').hidden = list.length === 0;
  wipe();
  if (!pad.blank) changed(true);
}

// about tells which network a model is, how large, and how good, and draws it.
function about({ facts, parameters, network }) {
  const words = facts.net ? t("about", { net: facts.net, parameters: parameters.toLocaleString(language) }) : t("aboutUnknown", { parameters: parameters.toLocaleString(language) });
  return make("div", {}, make("p", { className: "soft small" }, words + (facts.test_accuracy ? t("accuracy", { percent: percent(+facts.test_accuracy, 2) }) : "")),
    make("details", { className: "drawing" }, make("summary", { className: "small" }, networkTitle), networkView(network)));
}

// heading names the model of column i, or lets one choose it.
function heading(i) {
  if (models.size === 1) return make("h2", {}, shown[i]);
  const select = make("select", { "aria-label": t(i ? "secondModel" : "model") });
  for (const name of models.keys()) select.append(make("option", { value: name }, name));
  if (i) select.append(make("option", { value: "" }, t("none")));
  select.value = shown[i] ?? "";
  select.addEventListener("change", () => {
    shown[i] = select.value;
    shown = shown.filter(Boolean);
    build();
  });
  if (i || shown.length > 1) return select;
  const more = make("button", {}, `+ ${t("secondModel")}`); // there is room for another
  more.addEventListener("click", () => {
    shown.push([...models.keys()].find((name) => name !== shown[0]));
    build();
  });
  return make("div", { className: "row" }, select, more);
}

// Where it looked.

// The scores at which the colours of explanations are strongest: the same for
// every picture and model, so that pale means little.
const fullScore = 4, fullSlope = 1;

function looks(c, a) {
  const { height, width } = a.image;
  const overlay = (name, values, full, text) => {
    const canvas = make("canvas", { role: "img", "aria-label": t("picture", { what: t(name), model: c.model, label: a.label }) });
    paint(canvas, height, width, (y, x) => {
      const i = y * width + x;
      return signed(values[i], full, grey(0.3 * light(a.image, i)));
    });
    return make("figure", {}, canvas, make("figcaption", {}, make("b", {}, t(name)), text));
  };
  const o = a.occlusion, drop = new Float32Array(height * width), times = new Float32Array(height * width);
  o.scores.forEach((score, k) => {
    const top = Math.floor(k / o.columns) * o.stride, left = (k % o.columns) * o.stride;
    for (let y = top; y < top + o.size; y++) {
      for (let x = left; x < left + o.size; x++) {
        drop[y * width + x] += o.score - score;
        times[y * width + x]++;
      }
    }
  });
  drop.forEach((v, i) => (drop[i] = times[i] ? v / times[i] : 0));
  const most = Math.max(0, ...o.scores.map((v) => o.score - v)), costs = Math.max(0, ...o.probabilities.map((p) => a.probability - p));
  const figures = [
    overlay("occlusion", drop, fullScore, t("occlusionText", { size: o.size, most: number(most, 1), percent: percent(costs), scale: `±${fullScore}` }) + (most < 0.5 ? t("noPart") : "")),
    overlay("saliency", a.saliency.values, fullSlope, t("saliencyText", { most: number(largest(a.saliency.values), 2), scale: `±${fullSlope}` })),
  ];
  if (a.grad_cam) {
    // Times the places of a map, values are points of score.
    const { layer, values } = a.grad_cam, parts = values.map((v) => v * values.length), most = largest(parts);
    const scale = fullScore * 2 ** Math.max(0, Math.ceil(Math.log2(most / fullScore))); // small maps hold much in each place
    figures.push(overlay("gradCAM", enlarge({ ...a.grad_cam, values: parts }, height, width), scale, t("gradCAMText", { layer: layerName(layer), most: number(most, 1), scale }) + (most ? "" : t("noCAM"))));
  } else figures.push(make("p", { className: "soft small" }, t("noGradCAM")));
  c.looks.replaceChildren(make("div", { className: "looks" }, ...figures));
}

// Similar images.

function near(c, a) {
  if (a.status !== "ready") {
    c.near.replaceChildren(make("p", { className: "soft" }, t(a.status === "reading" ? "reading" : "noExamples")));
    return;
  }
  const items = a.nearest.map((n) => {
    const canvas = make("canvas"), distance = number(n.distance, 2);
    picture(canvas, n.image, drawn());
    const button = make("button", { "aria-label": t("example", { label: n.label, distance }), title: t("distance", { distance }) },
      canvas, make("b", {}, n.label), " ", make("span", { className: "soft small" }, distance));
    button.addEventListener("click", () => {
      showImage(n.image);
      byId("padbox").scrollIntoView({ block: "nearest" });
    });
    return make("li", {}, button);
  });
  c.near.replaceChildren(make("ul", { className: "near" }, ...items),
    make("p", { className: "soft small" }, t("compared", { examples: a.examples.toLocaleString(language), layer: layerName(a.layer) })));
}

// Filters and maps.

function filters(c) {
  const blocks = c.info.filters.map((l) => {
    const { height, width, channels, values } = tensor(l);
    const places = { count: l.filters, height, width, channels };
    const inColour = channels === 3 && l === c.info.filters[0] && c.info.input.channels === 3;
    const caption = t(inColour ? "filterColours" : channels > 1 ? "filterMatrix" : "filterSheet", places);
    const most = largest(values), room = roomOf(c.filters);
    const size = height * width * channels;
    const draw = () => inColour ? sheet({
      count: l.filters, height, width, room, label: `${c.model}, ${l.name}: ${caption}`, names: (n) => n + 1,
      colour: (n, y, x) => [0, 1, 2].map((k) => 127.5 + (127.5 * values[n * size + (y * width + x) * 3 + k]) / (most || 1)),
    }) : sheet({
      count: l.filters * channels, height, width, most, room, columns: channels > 1 ? channels : undefined, label: `${c.model}, ${l.name}: ${caption}`,
      value: (n, y, x) => values[Math.floor(n / channels) * size + (y * width + x) * channels + (n % channels)],
      names: channels === 1 ? (n) => n + 1 : undefined,
    });
    if (channels === 1 || inColour) return block(`${l.position} ${l.name}`, caption, draw());
    const folded = make("details", { className: "layer" }, make("summary", {}, make("b", {}, `${l.position} ${l.name}`), " ", make("span", { className: "soft small" }, caption)));
    folded.addEventListener("toggle", () => folded.append(draw()), { once: true });
    return folded;
  });
  c.filters.replaceChildren(...(blocks.length ? blocks : [make("p", { className: "soft" }, t("noFilters"))]));
}

function maps(c, a) {
  const room = roomOf(c.maps), last = a.layers.length - 1;
  c.maps.replaceChildren(...a.layers.map((l) => {
    const { height, width, channels, values } = tensor(l), most = largest(values);
    const places = { count: channels, height, width, most: number(most, 2) };
    const single = height * width === 1, classes = single && channels === c.info.classes.length && c.info.classes;
    const caption = t(single ? "valueSheet" : "mapSheet", places);
    const name = l.position ? `${l.position} ${l.name}` : t("inputLayer");
    const value = (n, y, x) => values[(y * width + x) * channels + n];
    const written = (v) => (l.position === last && c.info.layers[last - 1].type === "Softmax" ? percent(v) : number(v, 2));
    const canvas = sheet({
      count: channels, height, width, most, room, value, label: `${c.model}, ${name}: ${caption}`,
      names: classes ? (n) => `${classes[n]}: ${written(value(n, 0, 0))}` : !single && channels > 1 ? (n) => n + 1 : undefined,
      look: single ? undefined : (n) => enlargedMap(n, { height, width, most, value, caption: t("mapOf", { n: n + 1, layer: name, most: number(largestOf(height, width, (y, x) => value(n, y, x)), 2) }) }),
      pick: c.info.layers[l.position - 1]?.type === "Convolution" ? (n) => stepThrough(c.model, l.position, n) : undefined,
    });
    const b = block(name, caption, canvas, shown.length > 1 && l.position > 0 && l.position < last);
    b.dataset.kind = l.position ? c.info.layers[l.position - 1].type : "input";
    return b;
  }));
}

const largestOf = (height, width, value) => largest(Array.from({ length: height * width }, (_, i) => value(Math.floor(i / width), i % width)));

// enlargedMap is one map large, with what it is.
function enlargedMap(n, { height, width, most, value, caption }) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  paint(canvas, height, width, (y, x) => signed(value(n, y, x), most));
  return make("figure", { className: "magnifier" }, canvas, make("figcaption", { "aria-live": "polite" }, caption));
}

// lineUp sets layers of one kind of two models beside each other, by the
// longest common sequence of kinds.
function lineUp() {
  const [a, b] = columns.map((c) => [...c.maps.children]);
  byId("maplist").classList.toggle("lined", Boolean(b));
  if (!b) return;
  const same = (i, k) => a[i].dataset.kind === b[k].dataset.kind;
  const most = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let k = b.length - 1; k >= 0; k--) most[i][k] = same(i, k) ? 1 + most[i + 1][k + 1] : Math.max(most[i + 1][k], most[i][k + 1]);
  }
  const place = (e, column, row) => {
    e.style.setProperty("--row", row);
    e.style.setProperty("--column", column);
  };
  for (let i = 0, k = 0, row = 2; i < a.length || k < b.length; row++) {
    const both = i < a.length && k < b.length && same(i, k) && most[i][k] === 1 + most[i + 1][k + 1];
    if (both) {
      const [one, other] = [a[i], b[k]];
      for (const [e, partner] of [[one, other], [other, one]]) e.addEventListener("toggle", () => (partner.open = e.open));
    }
    const first = both || k >= b.length || (i < a.length && most[i + 1][k] >= most[i][k + 1]);
    if (both || first) place(a[i++], 1, row);
    if (both || !first) place(b[k++], 2, row);
  }
}

function stepThrough(model, layer, filter) {
  stepper.choose(model, layer, filter);
  byId("step").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

const roomOf = (e) => {
  const list = e.closest(".models"), beside = matchMedia("(max-width: 44rem)").matches ? 1 : shown.length;
  return (list.clientWidth - (beside - 1) * 40) / beside || 320;
};

// block is a layer with its picture, folded or not.
function block(name, caption, canvas, folded = false) {
  const words = [name, " ", make("span", { className: "soft small" }, caption)];
  if (folded) return make("details", { className: "layer" }, make("summary", {}, make("b", {}, words[0]), " ", words[2]), canvas);
  return make("div", { className: "layer" }, make("h3", {}, ...words), canvas);
}

// redraw paints anew what depends on the theme or the page's width.
function redraw() {
  colours();
  for (const c of columns) {
    filters(c);
    if (c.image) picture(c.seen, c.image, drawn());
    for (const [kind, show] of Object.entries({ attention: looks, neighbours: near, maps })) {
      if (answers[kind]?.[c.model]) show(c, answers[kind][c.model]);
    }
  }
  lineUp();
  stepper.draw();
}

// What people do.

byId("clear").addEventListener("click", clear);
byId("undo").addEventListener("click", () => pad.undo());
byId("sample").addEventListener("click", () => sample());
byId("choose").addEventListener("click", () => byId("file").click());
byId("pad").addEventListener("click", () => pad.draws || byId("file").click());
byId("pad").addEventListener("keydown", (e) => !pad.draws && e.key === "Enter" && byId("file").click());
byId("file").addEventListener("change", (e) => {
  if (e.target.files[0]) read(e.target.files[0]);
  e.target.value = "";
});
byId("class").addEventListener("change", again(askLooks));
for (const [kind, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  addEventListener(kind, (e) => {
    e.preventDefault();
    byId("padbox").classList.toggle("over", over);
  });
}
const firstPicture = (data) => [...(data?.files ?? [])][0];
addEventListener("drop", (e) => firstPicture(e.dataTransfer) && read(firstPicture(e.dataTransfer)));
addEventListener("paste", (e) => firstPicture(e.clipboardData) && read(firstPicture(e.clipboardData)));
addEventListener("keydown", (e) => {
  if (e.altKey || e.target.matches("select, input, #step-map")) return;
  if ((e.ctrlKey || e.metaKey) && e.key === "z") pad.undo();
  else if (e.ctrlKey || e.metaKey) return;
  else if (e.key === "Delete" || e.key === "Backspace") clear();
  else if (/^[0-9]$/.test(e.key) && !byId("sample").hidden && columns[0].info.classes[+e.key]) sample(columns[0].info.classes[+e.key]);
  else return;
  e.preventDefault();
});
onTheme(redraw);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) requestAnimationFrame(redraw);
  width = innerWidth;
});

try {
  const health = await ask("/api/v1/health");
  await Promise.all(health.models.map(async (name) => {
    const q = `?model=${encodeURIComponent(name)}`;
    const [info, weights] = await Promise.all([ask(`/api/v1/layers${q}`), ask(`/api/v1/filters${q}`)]);
    models.set(name, { ...info, filters: weights.layers });
  }));
  const inOrder = health.models.map((name) => [name, models.get(name)]);
  models.clear();
  for (const [name, info] of inOrder) models.set(name, info);
  shown = health.models.slice(0, 2);
  build();
  changed(true);
  document.body.dataset.ready = "";
} catch (error) {
  complain(error);
}
