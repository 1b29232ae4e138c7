// What is known of a run, and the view of it that the live page and the page
// that a run leaves have in common.

import { language, make, number, words } from "/static/page.js";
import { colours, css, grey, largest, onTheme, paint, readable, signed } from "/static/pictures.js";
import { chart, spark } from "/static/chart.js";

export const say = words({
  epoch: { en: "epoch", ja: "エポック" },
  epochs: { en: "Epochs", ja: "エポック" },
  epochOf: { en: "Epoch", ja: "エポック" },
  step: { en: "Step", ja: "ステップ" },
  loss: { en: "Loss", ja: "損失" },
  nats: { en: "loss (nats)", ja: "損失(nat)" },
  accuracy: { en: "Accuracy", ja: "正解率" },
  accuracyPercent: { en: "accuracy (%)", ja: "正解率(%)" },
  training: { en: "training", ja: "訓練" },
  test: { en: "test", ja: "テスト" },
  validation: { en: "validation", ja: "検証" },
  testAccuracy: { en: "Test accuracy", ja: "テスト正解率" },
  trainAccuracy: { en: "Training accuracy", ja: "訓練正解率" },
  trainLoss: { en: "Training loss", ja: "訓練損失" },
  testLoss: { en: "Test loss", ja: "テスト損失" },
  validationAccuracy: { en: "Validation accuracy", ja: "検証正解率" },
  perSecond: { en: "Images a second", ja: "毎秒の画像数" },
  left: { en: "Time left", ja: "残り時間" },
  took: { en: "Time", ja: "時間" },
  seconds: { en: "Seconds", ja: "秒" },
  rate: { en: "Learning rate", ja: "学習率" },
  log: { en: "logarithmic", ja: "対数目盛" },
  filters: { en: "What the first layer looks for", ja: "第1層が探しているもの" },
  shownOf: { en: "{shown} of {n}", ja: "{n}個のうち{shown}" },
  filtersText: {
    en: "{n} filters, {h}×{w} pixels each. Orange adds to the sum, blue subtracts. Move the slider to see them grow out of noise.",
    ja: "フィルター{n}個、それぞれ{h}×{w}画素。橙は和に加わり、青は引かれます。つまみを動かすと、ノイズから育つ様子が見えます。",
  },
  filterLabel: { en: "filter {n}, {when}", ja: "フィルター{n}、{when}" },
  asTheyAre: { en: "as they are", ja: "そのまま" },
  change: { en: "change from the start", ja: "最初からの変化" },
  changeAfter: { en: "change {when}", ja: "{when}の変化" },
  play: { en: "Play", ja: "再生" },
  halt: { en: "Halt", ja: "停止" },
  slider: { en: "Step of the run", ja: "学習のステップ" },
  afterStep: { en: "after step {step}", ja: "ステップ{step}後" },
  beforeTraining: { en: "before training", ja: "学習前" },
  vitals: { en: "How the layers are doing", ja: "各層の調子" },
  vitalsText: {
    en: "Update ÷ weights: how far one step moves a layer; about a thousandth is usual. Dead units: ReLUs that gave zero on every one of 100 training images.",
    ja: "更新÷重み:1ステップで層が動く割合で、千分の一ほどが普通です。死んだユニット:訓練画像100枚のどれでも0しか出さなかったReLU。",
  },
  layer: { en: "Layer", ja: "層" },
  ratio: { en: "Update ÷ weights", ja: "更新÷重み" },
  dead: { en: "Dead units", ja: "死んだユニット" },
  confusion: { en: "What it takes for what", ja: "何を何と見るか" },
  confusionText: { en: "Rows are the true classes, columns the answers; {correct} of {total} right {when}.", ja: "行が正しいクラス、列が答え。{when}に{total}枚中{correct}枚正解。" },
  partText: { en: "These are the first {total} test images; the whole set follows after the first epoch.", ja: "これはテスト画像の最初の{total}枚です。最初のエポックの後に全体を示します。" },
  trueClass: { en: "true", ja: "正" },
  mistakes: { en: "Its surest mistakes", ja: "自信満々の間違い" },
  mistakesText: { en: "True → answer, and how sure it was. The number is the image's in the test set.", ja: "正しいクラス → 答えと、その確信度。番号はテストデータ内の位置です。" },
  noMistakes: { en: "None: every image was recognized.", ja: "ありません。すべて正解です。" },
  mistakeLabel: { en: "image {index}: {true} taken for {given}, {sure}", ja: "画像{index}:{true}を{given}と判断、{sure}" },
  settings: { en: "Settings", ja: "設定" },
  reproduce: { en: "The same run again", ja: "同じ学習をもう一度" },
  reproduceText: { en: "The same seed gives the same weights to the last bit, on any number of processors, with these versions:", ja: "同じシード値と次の版なら、プロセッサー数によらず、重みは最後のビットまで同じになります。" },
  running: { en: "running", ja: "学習中" },
  paused: { en: "paused", ja: "一時停止中" },
  stopped: { en: "stopped", ja: "停止" },
  finished: { en: "finished", ja: "完了" },
  failed: { en: "failed", ja: "失敗" },
  lost: { en: "no connection", ja: "接続なし" },
  advice: { en: "What the doctor says", ja: "ドクターの助言" },
  wait: { en: "The first numbers are on their way.", ja: "最初の数字を待っています。" },
});

// bytes decodes base64.
const bytes = (text) => Uint8Array.from(atob(text ?? ""), (c) => c.charCodeAt(0));

// whole writes a number with its thousands apart.
export const whole = (n) => n.toLocaleString(language);

export function duration(seconds) {
  if (seconds == null) return "–";
  const s = Math.round(seconds);
  if (s < 60) return `${seconds < 10 ? number(seconds, 1) : s} s`;
  const m = Math.floor(s / 60), rest = String(s % 60).padStart(2, "0");
  return m < 60 ? `${m}:${rest}` : `${Math.floor(m / 60)}:${String(m % 60).padStart(2, "0")}:${rest}`;
}

// emptyRun has nothing yet; addUpdate changes a run as an update of the server
// says, and returns whether it began anew.
export const emptyRun = () => ({ facts: null, now: {}, points: { every: 1, rows: [] }, epochs: [], vitals: [], frames: [], advice: [], present: null, test: null });

export function addUpdate(run, update) {
  if (update.facts) Object.assign(run, emptyRun(), { facts: update.facts });
  run.now = update.now;
  if (update.points) {
    run.points.every = update.points.every;
    run.points.rows.splice(update.points.from, Infinity, ...update.points.rows);
  }
  for (const name of ["epochs", "vitals", "frames", "advice"]) {
    if (update[name]) run[name].splice(update[name].from, Infinity, ...update[name].rows);
  }
  if (update.present) run.present = update.present;
  if (update.test) run.test = update.test;
}

// curve is [epoch, value] of the points' column 0, the loss, or 1, the accuracy,
// each the mean of its neighbours too.
export function curve(run, column) {
  const rows = run.points.rows, reach = Math.max(3, Math.round(rows.length / 120));
  const out = [];
  for (let i = 0; i < rows.length; i++) {
    let sum = 0, n = 0;
    for (let k = Math.max(0, i - reach); k <= Math.min(rows.length - 1, i + reach); k++) {
      if (rows[k][column] != null) {
        sum += rows[k][column];
        n++;
      }
    }
    out.push([((i + 0.5) * run.points.every) / run.facts.batches, n ? sum / n : null]);
  }
  return out;
}

export const byEpoch = (run, name) => run.epochs.map((e) => [e.step / run.facts.batches, e[name]]);

// trainAccuracy is its curve; what ran before a resume is known by epoch only.
function trainAccuracy(run) {
  const points = curve(run, 1).filter(([, y]) => y != null);
  return [...byEpoch(run, "train_accuracy").filter(([x]) => !points.length || x < points[0][0]), ...points];
}

const rawCurve = (run, column) => run.points.rows.map((row, i) => [((i + 0.5) * run.points.every) / run.facts.batches, row[column]]);

const figures = (v, n) => (v == null ? "–" : Number(v.toPrecision(n)).toString().replace("-", "−"));
export const percentOf = (v, digits = 2) => (v == null ? "–" : `${number(100 * v, digits)} %`);

export const card = (title, ...children) => make("section", { className: "card" }, make("h2", { textContent: title }), ...children);

// table is one of rows of cells, the first of each its heading.
export function table(head, rows, caption) {
  return make("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": caption },
    make("table", { className: "list" },
      make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col", textContent: h })))),
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((c, i) => make(i ? "td" : "th", i ? {} : { scope: "row" }, c)))))));
}

export function lossChart() {
  const c = chart({ label: say("loss"), xLabel: say("epoch"), yLabel: say("nats"), digits: 4, zero: true });
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => c.setLog(box.checked));
  const element = card(say("loss"), c.element, make("label", { className: "small check" }, box, say("log")));
  return { element, set: c.set };
}

export function accuracyChart() {
  const c = chart({ label: say("accuracy"), xLabel: say("epoch"), yLabel: say("accuracyPercent"), digits: 2, percent: true, cut: 0.06 });
  return { element: card(say("accuracy"), c.element), set: c.set };
}

// runView is the elements that show a run and a function that brings them up
// to date.
export function runView() {
  const tiles = make("dl", { className: "tiles" });
  const loss = lossChart(), accuracy = accuracyChart();
  const filters = filtersView(), vitals = vitalsView(), confusion = confusionView(), mistakes = mistakesView();
  const epochs = make("div"), advice = make("ul"), adviceCard = card(say("advice"), advice);
  adviceCard.hidden = true;
  const elements = [
    tiles,
    adviceCard,
    make("div", { className: "pair" }, loss.element, accuracy.element),
    make("div", { className: "pair" }, filters.element, vitals.element),
    make("div", { className: "pair" }, confusion.element, mistakes.element),
    card(say("epochs"), epochs),
  ];
  function show(run) {
    if (!run.facts) return;
    showTiles(tiles, run);
    adviceCard.hidden = !run.advice.length;
    if (advice.childElementCount !== run.advice.length) advice.replaceChildren(...run.advice.map((a) => make("li", {}, (language === "ja" && a.japanese) || a.text)));
    const lossLines = [
      { look: 0, pale: true, points: rawCurve(run, 0) },
      { name: say("training"), look: 0, points: curve(run, 0) },
      { name: say("test"), look: 1, dots: true, points: byEpoch(run, "test_loss") },
    ];
    const accuracyLines = [
      { name: say("training"), look: 0, points: trainAccuracy(run) },
      { name: say("test"), look: 1, dots: true, points: byEpoch(run, "test_accuracy") },
    ];
    if (run.epochs.some((e) => e.validation_loss != null)) {
      lossLines.push({ name: say("validation"), look: 2, dots: true, points: byEpoch(run, "validation_loss") });
      accuracyLines.push({ name: say("validation"), look: 2, dots: true, points: byEpoch(run, "validation_accuracy") });
    }
    loss.set(lossLines);
    accuracy.set(accuracyLines);
    for (const part of [filters, vitals, confusion, mistakes]) part.show(run);
    showEpochs(epochs, run);
  }
  return { elements, show };
}

function showTiles(tiles, { facts, now, epochs }) {
  const over = now.state !== "running" && now.state !== "paused";
  const best = epochs.at(-1)?.test_accuracy;
  const entries = [
    [say("epochOf"), `${Math.min(now.epoch + (over ? 0 : 1), facts.epochs)} / ${facts.epochs}`],
    [say("step"), `${whole(now.step)} / ${whole(facts.epochs * facts.batches)}`],
    [say("testAccuracy"), percentOf(best)],
    [say("loss"), now.loss == null ? "–" : number(now.loss, 4)],
    [say("perSecond"), now.images_per_second == null ? "–" : whole(Math.round(now.images_per_second))],
    over ? [say("took"), duration(now.state === "finished" ? epochs.reduce((sum, e) => sum + e.seconds, 0) : now.seconds)] : [say("left"), duration(now.seconds_left)],
  ];
  tiles.replaceChildren(...entries.map(([name, value]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
}

function showEpochs(element, run) {
  if (element.dataset.rows === String(run.epochs.length)) return;
  element.dataset.rows = run.epochs.length;
  const validated = run.epochs.some((e) => e.validation_loss != null);
  const head = [say("epochOf"), say("trainLoss"), say("testLoss"), say("trainAccuracy"), say("testAccuracy"), ...(validated ? [say("validationAccuracy")] : []), say("rate"), say("seconds")];
  const rows = run.epochs.map((e) => [String(e.epoch), figures(e.train_loss, 4), figures(e.test_loss, 4), percentOf(e.train_accuracy), percentOf(e.test_accuracy),
    ...(validated ? [percentOf(e.validation_accuracy)] : []), figures(e.lr, 3), number(e.seconds, 2)]);
  element.replaceChildren(rows.length ? table(head, rows, say("epochs")) : make("p", { className: "soft", textContent: say("wait") }));
}

function filtersView() {
  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": say("slider") });
  const play = make("button", { type: "button", textContent: say("play") });
  const kind = make("select", { "aria-label": say("filters") }, make("option", { value: "", textContent: say("asTheyAre") }), make("option", { value: "change", textContent: say("change") }));
  const text = make("p", { className: "soft small" });
  const banks = ["", ""].map(() => ({ title: make("h3"), place: make("div", { className: "bank" }) }));
  const element = card(say("filters"), text, make("div", { className: "banks" }, ...banks.map((b) => make("div", {}, b.title, b.place))), make("div", { className: "row player" }, play, slider, kind));
  element.hidden = true;
  let run, frames = [], follow = true, timer, before, drawn;

  const weights = (f) => {
    if (!f.weights) {
      const scale = (f.top ?? 0) / 127;
      f.weights = Float32Array.from(new Int8Array(bytes(f.values).buffer), (v) => v * scale);
    }
    return f.weights;
  };
  const momentOf = (f) => (f.step ? say("afterStep", { step: whole(f.step) }) : say("beforeTraining"));
  function fill({ title, place }, f, values, moment = momentOf(f)) {
    const { filter_height: height, filter_width: width, filters_shown: count } = run.facts;
    const most = largest(values);
    title.textContent = moment;
    while (place.children.length < count) place.append(make("canvas", { role: "img" }));
    [...place.children].forEach((canvas, n) => {
      canvas.setAttribute("aria-label", say("filterLabel", { n: n + 1, when: moment }));
      paint(canvas, height, width, (y, x) => signed(values[(n * height + y) * width + x], most));
    });
  }
  function draw() {
    const f = frames[slider.value], first = frames[0];
    if (!f) return;
    if (before !== first) fill(banks[0], first, weights(first));
    if (kind.value) fill(banks[1], f, weights(f).map((v, i) => v - weights(first)[i]), say("changeAfter", { when: momentOf(f) }));
    else fill(banks[1], f, weights(f));
    [before, drawn] = [first, f];
    slider.setAttribute("aria-valuetext", momentOf(f));
  }
  function halt() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = say("play");
  }
  play.addEventListener("click", () => {
    if (timer) return halt();
    slider.value = 0;
    play.textContent = say("halt");
    draw();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      draw();
      if (slider.value === slider.max) {
        follow = true;
        halt();
      }
    }, 150);
  });
  slider.addEventListener("input", () => {
    halt();
    follow = slider.value === slider.max;
    draw();
  });
  kind.addEventListener("change", draw);
  onTheme(() => {
    before = undefined;
    draw();
  });
  return {
    element,
    show(next) {
      run = next;
      frames = [...run.frames];
      if (run.present && (!frames.length || run.present.step >= frames.at(-1).step)) {
        if (frames.length && run.present.step === frames.at(-1).step) frames.pop();
        frames.push(run.present);
      }
      if (!frames.length) return;
      element.hidden = false;
      const { filters, filters_shown: shown, filter_height: h, filter_width: w } = run.facts;
      text.textContent = say("filtersText", { n: shown < filters ? say("shownOf", { n: filters, shown }) : filters, h, w });
      slider.max = frames.length - 1;
      if (follow && !timer) slider.value = slider.max;
      const f = frames[slider.value];
      if (drawn !== f) draw();
    },
  };
}

function vitalsView() {
  const place = make("div");
  const element = card(say("vitals"), make("p", { className: "soft small", textContent: say("vitalsText") }), place);
  let shown = "";
  return {
    element,
    show(run) {
      const mark = `${run.vitals.length} ${run.vitals.at(-1)?.step}`;
      if (mark === shown) return;
      shown = mark;
      const rows = run.facts.layers.map((name, i) => {
        const ratios = run.vitals.map((v) => v.ratio[i]), deads = run.vitals.map((v) => v.dead[i]);
        const cell = (values, write, log) => {
          const last = values.findLast((v) => v != null);
          return last == null ? "" : make("span", { className: "vital" }, make("span", { textContent: write(last) }), spark(values, log));
        };
        return [name, cell(ratios, (v) => v.toExponential(1).replace("-", "−"), true), cell(deads, (v) => percentOf(v, 1), false)];
      });
      place.replaceChildren(run.vitals.length ? table([say("layer"), say("ratio"), say("dead")], rows, say("vitals")) : make("p", { className: "soft", textContent: say("wait") }));
    },
  };
}

const when = (run) => (run.test.step ? say("afterStep", { step: whole(run.test.step) }) : say("beforeTraining"));

function confusionView() {
  const place = make("div");
  const element = card(say("confusion"), place);
  let shown, run;
  function draw() {
    if (!shown) return;
    const { confusion, correct, total, part } = shown, classes = run.facts.classes;
    const worst = Math.max(1, ...confusion.flatMap((row, i) => row.filter((_, j) => j !== i)));
    const cell = (n, i, j) => {
      const of = confusion[i].reduce((a, b) => a + b, 0);
      const { zero, plus, minus } = colours();
      const share = i === j ? (of ? n / of : 0) : Math.sqrt(n / worst);
      const [half] = i === j ? minus : plus;
      const rgb = zero.map((v, k) => v + (half[k] - v) * share * 0.85);
      const td = make("td", { textContent: n || "·", title: `${classes[i]} → ${classes[j]}: ${n}` });
      if (n) {
        td.style.background = css(rgb);
        td.style.color = readable(rgb);
      }
      if (i === j) td.className = "right";
      return td;
    };
    place.replaceChildren(
      make("p", { className: "soft small", textContent: say("confusionText", { correct: whole(correct), total: whole(total), when: when(run) }) + (part ? ` ${say("partText", { total })}` : "") }),
      make("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": say("confusion") }, make("table", { className: "confusion" },
        make("thead", {}, make("tr", {}, make("td", { className: "corner", textContent: say("trueClass") }), ...classes.map((c) => make("th", { scope: "col", textContent: c })))),
        make("tbody", {}, ...confusion.map((row, i) => make("tr", {}, make("th", { scope: "row", textContent: classes[i] }), ...row.map((n, j) => cell(n, i, j))))))));
  }
  onTheme(draw);
  return {
    element,
    show(next) {
      run = next;
      element.hidden = !run.test;
      if (!run.test || shown === run.test) return;
      shown = run.test;
      draw();
    },
  };
}

function mistakesView() {
  const place = make("ol", { className: "mistakes" });
  const element = card(say("mistakes"), make("p", { className: "soft small", textContent: say("mistakesText") }), place);
  let shown, run;
  function draw() {
    if (!shown) return;
    const { height, width, classes } = run.facts;
    if (!shown.mistakes.length) return place.replaceChildren(make("li", { textContent: say("noMistakes") }));
    place.replaceChildren(...shown.mistakes.map((m) => {
      const pixels = bytes(m.pixels), sure = percentOf(m.probability, 0);
      const canvas = make("canvas", { role: "img", "aria-label": say("mistakeLabel", { index: m.index, true: classes[m.true], given: classes[m.given], sure }) });
      paint(canvas, height, width, (y, x) => grey(pixels[y * width + x] / 255));
      return make("li", {}, canvas, make("b", { textContent: `${classes[m.true]} → ${classes[m.given]}` }), make("small", { className: "soft", textContent: sure }), make("small", { className: "soft", textContent: `#${m.index}` }));
    }));
  }
  onTheme(draw);
  return {
    element,
    show(next) {
      run = next;
      element.hidden = !run.test;
      if (!run.test || shown === run.test) return;
      shown = run.test;
      draw();
    },
  };
}

// recipe is how to make a run again, and its settings.
export function recipe({ facts }) {
  const list = (entries) => make("dl", { className: "facts" }, ...entries.map(({ name, value }) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
  return make("div", { className: "pair" },
    card(say("settings"), list(facts.settings)),
    card(say("reproduce"), make("pre", { tabIndex: 0, textContent: facts.command }), make("p", { className: "small", textContent: say("reproduceText") }), list(facts.versions)));
}
