// What is known of a run, and the view of it that the live page and the page
// that a run leaves have in common.

import { bytes, language, make, number, percent, words } from "/static/page.js";
import { colours, css, largest, onTheme, paint, picture, readable, signed } from "/static/pictures.js";
import { chart, spark } from "/static/chart.js";
import { player } from "/static/player.js";
import { spreadsView } from "/static/spreads.js";
import { networkTitle, networkView } from "/static/network.js";

export const say = words({
  epoch: { en: "epoch", ja: "エポック" },
  epochs: { en: "Epochs", ja: "エポックごとの記録" },
  epochOf: { en: "Epoch", ja: "エポック" },
  step: { en: "Step", ja: "ステップ" },
  loss: { en: "Loss", ja: "損失" },
  nats: { en: "loss (nats)", ja: "損失（nat）" },
  accuracy: { en: "Accuracy", ja: "正解率" },
  accuracyPercent: { en: "accuracy (%)", ja: "正解率（%）" },
  training: { en: "training", ja: "訓練" },
  smoothed: { en: "training, smoothed", ja: "訓練（平滑化）" },
  eachStep: { en: "training, each step", ja: "訓練（各ステップ）" },
  test: { en: "test", ja: "テスト" },
  validation: { en: "validation", ja: "検証" },
  guessing: { en: "guessing", ja: "当てずっぽう" },
  curvesText: {
    en: "Training values are taken while the network still learns, from images that may be augmented and under dropout; test values after the epoch, from plain images. So training may look worse than test.",
    ja: "訓練の値は学習の途中で、データ拡張や Dropout をかけた画像で測ります。テストの値はエポックの後に、そのままの画像で測ります。そのため、訓練がテストより悪く見えることがあります。",
  },
  testAccuracy: { en: "Test accuracy", ja: "テスト正解率" },
  trainAccuracy: { en: "Training accuracy (mean of the epoch)", ja: "訓練正解率（エポック平均）" },
  trainLoss: { en: "Training loss (mean of the epoch)", ja: "訓練損失（エポック平均）" },
  recentLoss: { en: "Training loss (last steps)", ja: "訓練損失（直近の平均）" },
  testLoss: { en: "Test loss", ja: "テスト損失" },
  validationAccuracy: { en: "Validation accuracy", ja: "検証正解率" },
  perSecond: { en: "Images/s", ja: "処理速度（枚/秒）" },
  left: { en: "Time left", ja: "残り時間" },
  took: { en: "Time", ja: "学習時間" },
  seconds: { en: "Seconds", ja: "時間（秒）" },
  rate: { en: "Learning rate", ja: "学習率" },
  log: { en: "logarithmic", ja: "対数目盛" },
  scrolls: { en: "scrolls sideways →", ja: "横にスクロールできます →" },
  filters: { en: "Filters of the first layer (what they respond to)", ja: "第 1 層のフィルター（何に反応するか）" },
  shownOf: { en: "{shown} of {n}", ja: "{n} 個のうち {shown}" },
  filtersText: {
    en: "{n} filters of {h}×{w} weights. Orange weights add, blue ones subtract. Move the slider to see how training changed them; choose a filter to see its numbers.",
    ja: "{h}×{w} の重みを持つフィルターが {n} 個あります。オレンジは足す重み、青は引く重みです。スライダーを動かすと学習による変化が、フィルターを選ぶと数値が見られます。",
  },
  filtersColours: {
    en: "{n} filters of {h}×{w}×3 weights, in colour: grey is zero, a weight above it brightens its colour. Move the slider to see how training changed them; choose a filter to see it large.",
    ja: "重み {h}×{w}×3 のフィルター {n} 個のカラー表示です。灰色が 0 で、正の重みはその色を明るくします。スライダーを動かすと学習による変化が見られます。フィルターを選ぶと大きく表示されます。",
  },
  filterLabel: { en: "filter {n}, {when}", ja: "フィルター {n}、{when}" },
  filterNumbers: { en: "Filter {n}", ja: "フィルター {n}" },
  asTheyAre: { en: "as they are", ja: "そのまま" },
  change: { en: "change from the start", ja: "最初からの変化" },
  changeAfter: { en: "change {when}", ja: "{when}の変化" },
  afterStep: { en: "after step {step}", ja: "ステップ {step} の時点" },
  beforeTraining: { en: "before training", ja: "学習前" },
  vitals: { en: "State of the layers", ja: "各層の状態" },
  vitalsText: {
    en: "Update ÷ weights is how far one step moves a layer. The median of the run is usually near 0.001 (the band); a schedule that lowers the learning rate lowers it towards the end. Dead units are ReLUs that gave 0 on every one of 100 training images: a network may learn well with half of a layer dead; from 95 % on the doctor speaks.",
    ja: "更新量 ÷ 重みは、1 ステップで層の重みが動く割合です。学習全体の中央値は 0.001 前後（帯の部分）が目安で、学習率を下げていくと、終わりに近づくほど小さくなります。死んだユニットは、訓練画像 100 枚のどれに対しても 0 しか出さなかった ReLU です。層の半分ほどが死んでいても学習はうまく進むことが多く、95 % 以上になるとドクターが知らせます。",
  },
  layer: { en: "Layer", ja: "層" },
  ratio: { en: "Update ÷ weights, median", ja: "更新量 ÷ 重み（中央値）" },
  lastRatio: { en: "last", ja: "最後" },
  dead: { en: "Dead units", ja: "死んだユニット" },
  tooMany: { en: "too many", ja: "多すぎます" },
  confusion: { en: "Confusion matrix", ja: "混同行列：何を何と間違えたか" },
  confusionText: { en: "Rows are the true classes, columns the predicted ones; {correct} of {total} are right {when}. Orange is darker the more often two classes are confused (square root).", ja: "行が正解、列が予測です。{when}で {total} 枚中 {correct} 枚が正解です。オレンジは、間違いが多いほど濃くなります（平方根の目盛）。" },
  pairsText: { en: "{correct} of {total} are right {when}. The pairs of classes that are confused most:", ja: "{when}で {total} 枚中 {correct} 枚が正解です。取り違えの多い組：" },
  pair: { en: "{true} taken for {given}: {n}", ja: "正解 {true} → 予測 {given}：{n} 枚" },
  wholeTable: { en: "The whole table: rows are the true classes, columns the predicted ones", ja: "表全体（行が正解、列が予測）" },
  partText: { en: " These are the first {total} test images; the whole set follows after the first epoch.", ja: "これはテスト画像の最初の {total} 枚です。最初のエポックの後に全体を示します。" },
  trueClass: { en: "true\\predicted", ja: "正解＼予測" },
  mistakes: { en: "Most confident mistakes", ja: "自信を持って間違えた画像" },
  mistakesText: { en: "True → predicted, and the probability given to it. # is the image's number in the test set.", ja: "正解 → 予測と、その確率です。# はテストデータの中の番号です。" },
  noMistakes: { en: "None: every image was recognized.", ja: "ありません。すべて正解です。" },
  mistakeLabel: { en: "image {index}: true {true}, predicted {given}, {sure}", ja: "画像 {index}：正解 {true}、予測 {given}、{sure}" },
  settings: { en: "Settings", ja: "設定" },
  reproduce: { en: "Reproduce this run", ja: "同じ結果を再現する" },
  reproduceText: { en: "The same seed and these versions give the same weights to the last bit, on any number of processors:", ja: "シード値と次のバージョンが同じなら、プロセッサー数によらず、重みは 1 ビットも違わず同じになります。" },
  running: { en: "running", ja: "学習中" },
  paused: { en: "paused", ja: "一時停止中" },
  stopped: { en: "stopped", ja: "停止" },
  finished: { en: "finished", ja: "完了" },
  failed: { en: "failed", ja: "失敗" },
  lost: { en: "no connection", ja: "接続なし" },
  advice: { en: "What the doctor says", ja: "ドクターの助言" },
  wait: { en: "The first numbers are on their way.", ja: "最初の数値を待っています。" },
  nextPhoto: { en: "To show this model pictures and look into it:", ja: "このモデルに画像を見せて、中を見るには：" },
  next: { en: "To draw digits for this model and look into it:", ja: "このモデルに手書きの数字を認識させ、中を見るには：" },
});

// settingNames are the settings and versions of a run in Japanese; in English
// they go by the names of their flags.
const settingNames = {
  net: "ネットワーク", architecture: "構成", data: "データ", epochs: "エポック数", batch: "バッチサイズ", optimizer: "最適化手法", lr: "学習率",
  schedule: "学習率スケジュール", warmup: "ウォームアップ", "weight-decay": "荷重減衰", augment: "データ拡張", "label-smoothing": "ラベル平滑化",
  clip: "勾配クリッピング", seed: "シード値", shards: "シャード数", limit: "訓練画像の上限", validation: "検証画像数", patience: "早期終了までのエポック数",
  system: "システム", "instruction set": "命令セット", processors: "プロセッサー数",
};

// settingName is how the page calls a setting, with its flag beside it.
export const settingName = (name) => {
  const own = language === "ja" && settingNames[name];
  return make("span", {}, own || name, ...(own && !name.includes(" ") ? [" ", make("code", { className: "soft", textContent: name })] : []));
};

// commandLine is a command that breaks between its flags alone.
export const commandLine = (text) => make("code", { className: "command" },
  ...text.split(/ (?=--)/).flatMap((part, i) => [...(i ? [" "] : []), make("span", { textContent: part })]));

// onward says what a run's model is good for next.
export const onward = ({ resume, photographs }) => (resume ? [say(photographs ? "nextPhoto" : "next"), " ", commandLine(resume.replace("train --resume", "serve"))] : []);

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
export const emptyRun = () => ({ facts: null, now: {}, points: { every: 1, rows: [] }, epochs: [], vitals: [], spreads: [], frames: [], advice: [], present: null, test: null });

export function addUpdate(run, update) {
  if (update.facts) Object.assign(run, emptyRun(), { facts: update.facts });
  run.now = update.now;
  if (update.points) {
    run.points.every = update.points.every;
    run.points.rows.splice(update.points.from, Infinity, ...update.points.rows);
  }
  for (const name of ["epochs", "vitals", "spreads", "frames", "advice"]) {
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
  return scrolling(caption,
    make("table", { className: "list" },
      make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h)))),
      make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((c, i) => make(i ? "td" : "th", i ? {} : { scope: "row" }, c)))))));
}

// scrolling holds a table that may be wider than the page, and says so if it is.
export function scrolling(caption, content) {
  const region = make("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": caption }, content);
  const hint = make("p", { className: "soft small scrollhint", textContent: say("scrolls"), hidden: true });
  new ResizeObserver(() => {
    hint.hidden = region.scrollWidth <= region.clientWidth;
  }).observe(region);
  return make("div", {}, hint, region);
}

export function lossChart(options) {
  const c = chart({ label: say("loss"), xLabel: say("epoch"), yLabel: say("nats"), digits: 4, zero: true, ...options });
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    box.dataset.chosen = "";
    c.setLog(box.checked);
  });
  const element = card(say("loss"), c.element, make("label", { className: "small check" }, box, say("log")));
  // spread is the largest value over the smallest of those that matter most: a
  // large one needs a logarithmic axis, until someone chooses.
  const set = (lines, spread) => {
    if (!("chosen" in box.dataset) && box.checked !== spread > 20) {
      box.checked = spread > 20;
      c.setLog(box.checked);
    }
    c.set(lines);
  };
  return { element, set };
}

export function accuracyChart(options) {
  const c = chart({ label: say("accuracy"), xLabel: say("epoch"), yLabel: say("accuracyPercent"), digits: 2, percent: true, cut: 0.06, ...options });
  return { element: card(say("accuracy"), c.element), set: c.set };
}

// runView is the elements that show a run and a function that brings them up
// to date.
export function runView() {
  const tiles = make("dl", { className: "tiles" });
  let values = false; // are learned, and no classes: there is no accuracy, and the loss is not in nats
  const loss = lossChart({ yLabel: () => say(values ? "loss" : "nats") }), accuracy = accuracyChart();
  const filters = filtersView(), vitals = vitalsView(), spreads = spreadsView(momentOf), confusion = confusionView(), mistakes = mistakesView();
  const epochs = make("div"), advice = make("ul"), adviceCard = card(say("advice"), advice);
  adviceCard.id = "advice";
  loss.element.append(make("p", { className: "soft small", textContent: say("curvesText") }));
  adviceCard.hidden = true;
  const network = make("details", { className: "card", id: "network", hidden: true }, make("summary", {}, make("b", {}, networkTitle)));
  let drawn; // the facts whose network is there
  const elements = [
    tiles,
    adviceCard,
    make("div", { className: "pair" }, loss.element, accuracy.element),
    filters.element,
    vitals.element,
    spreads.element,
    make("div", { className: "pair" }, confusion.element, mistakes.element),
    card(say("epochs"), epochs),
    network,
  ];
  function show(run) {
    if (!run.facts) return;
    if (drawn !== run.facts) {
      drawn = run.facts;
      network.hidden = !drawn.network;
      network.replaceChildren(network.firstChild, ...(drawn.network ? [networkView(drawn.network)] : []));
    }
    values = Boolean(run.facts.values);
    accuracy.element.hidden = values;
    showTiles(tiles, run);
    adviceCard.hidden = !run.advice.length;
    if (advice.childElementCount !== run.advice.length) advice.replaceChildren(...run.advice.map((a) => make("li", {}, (language === "ja" && a.japanese) || a.text)));
    const lossLines = [
      { note: say("eachStep"), look: 0, pale: true, points: rawCurve(run, 0) },
      { name: say("smoothed"), look: 0, points: curve(run, 0) },
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
    const guess = Math.log(run.facts.classes?.length || 1), end = lossLines[1].points.at(-1)?.[0];
    if (guess && end) lossLines.push({ note: say("guessing"), look: 4, plain: true, points: [[0, guess], [end, guess]] });
    loss.set(lossLines, spreadOf(lossLines[1].points));
    accuracy.set(accuracyLines);
    for (const part of [filters, vitals, spreads, confusion, mistakes]) part.show(run);
    showEpochs(epochs, run);
  }
  return { elements, show };
}

// spreadOf is the largest over the smallest value of a curve.
export function spreadOf(points) {
  const values = points.map(([, y]) => y).filter((y) => y > 0);
  return values.length ? Math.max(...values) / Math.min(...values) : 1;
}

function showTiles(tiles, { facts, now, epochs }) {
  const over = now.state !== "running" && now.state !== "paused";
  const last = epochs.at(-1);
  const entries = [
    [say("epochOf"), `${Math.min(now.epoch + (over ? 0 : 1), facts.epochs)} / ${facts.epochs}`],
    [say("step"), `${whole(now.step)} / ${whole(facts.epochs * facts.batches)}`],
    facts.values ? [say("testLoss"), figures(last?.test_loss, 4)] : [say("testAccuracy"), percentOf(last?.test_accuracy)],
    [say("recentLoss"), now.loss == null ? "–" : number(now.loss, 4)],
    [say("perSecond"), now.images_per_second == null ? "–" : whole(Math.round(now.images_per_second))],
    over ? [say("took"), duration(now.state === "finished" ? epochs.reduce((sum, e) => sum + e.seconds, 0) : now.seconds)] : [say("left"), duration(now.seconds_left)],
  ];
  tiles.replaceChildren(...entries.map(([name, value]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
}

function showEpochs(element, run) {
  if (element.dataset.rows === String(run.epochs.length)) return;
  element.dataset.rows = run.epochs.length;
  const validated = run.epochs.some((e) => e.validation_loss != null);
  const accuracies = run.facts.values ? [] : ["train", "test", ...(validated ? ["validation"] : [])];
  const head = [say("epochOf"), say("trainLoss"), say("testLoss"), ...accuracies.map((set) => say(`${set}Accuracy`)), say("rate"), say("seconds")];
  const rows = run.epochs.map((e) => [String(e.epoch), figures(e.train_loss, 4), figures(e.test_loss, 4), ...accuracies.map((set) => percentOf(e[`${set}_accuracy`])),
    figures(e.lr, 3), number(e.seconds, 2)]);
  element.replaceChildren(rows.length ? table(head, rows, say("epochs")) : make("p", { className: "soft", textContent: say("wait") }));
}

function filtersView() {
  const play = player(draw);
  const kind = make("select", { "aria-label": say("filters") }, make("option", { value: "", textContent: say("asTheyAre") }), make("option", { value: "change", textContent: say("change") }));
  const text = make("p", { className: "soft small" }), scale = make("span", { className: "legend" });
  const banks = ["", ""].map(() => ({ title: make("h3"), place: make("div", { className: "bank" }) }));
  const close = make("div", { className: "close", "aria-live": "polite", hidden: true });
  const element = card(say("filters"), text, make("div", { className: "row player" }, ...play.elements, kind, scale), close,
    make("div", { className: "banks" }, ...banks.map((b) => make("div", {}, b.title, b.place))));
  element.hidden = true;
  let run, frames = [], chosen = null, drawn, most;

  const weights = (f) => {
    if (!f.weights) {
      const scale = (f.top ?? 0) / 127;
      f.weights = Float32Array.from(new Int8Array(bytes(f.values).buffer), (v) => v * scale);
    }
    return f.weights;
  };
  const changes = (f) => weights(f).map((v, i) => v - weights(frames[0])[i]);
  // The filters are buttons, of which arrow keys choose the next.
  function button(place, n) {
    const b = make("button", { type: "button", tabIndex: n ? -1 : 0 }, make("canvas"), make("span", { textContent: n + 1 }));
    b.addEventListener("click", () => {
      chosen = chosen === n ? null : n;
      draw();
    });
    b.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, Home: -n, End: place.children.length - 1 - n }[e.key];
      const next = place.children[n + by];
      if (e.key === "Escape") {
        chosen = null;
        draw();
      } else if (next) {
        b.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      } else return;
      e.preventDefault();
    });
    return b;
  }
  // tint is the colour of a weight, or of the three of a place in a filter of colours.
  const tint = (values, i) => (run.facts.channels === 3 ? [0, 1, 2].map((k) => 127.5 + (127.5 * values[3 * i + k]) / (most || 1)) : signed(values[i], most));
  function fill({ title, place }, values, moment) {
    const { filter_height: height, filter_width: width, filters_shown: count } = run.facts;
    title.textContent = moment;
    place.style.setProperty("--across", [8, 10, 9, 7, 6].find((n) => count % n === 0) ?? 8); // whole rows
    while (place.children.length < count) place.append(button(place, place.children.length));
    [...place.children].forEach((b, n) => {
      b.setAttribute("aria-label", say("filterLabel", { n: n + 1, when: moment }));
      b.setAttribute("aria-pressed", chosen === n);
      paint(b.firstChild, height, width, (y, x) => tint(values, (n * height + y) * width + x));
    });
  }
  // enlarged is a filter's picture, with its numbers where there is room.
  function enlarged(values, moment) {
    const { filter_height: height, filter_width: width } = run.facts;
    const at = (y, x) => (chosen * height + y) * width + x;
    const figure = make("figure", {}, make("figcaption", { className: "small", textContent: moment }));
    if (height > 7 || width > 7 || run.facts.channels === 3) {
      const canvas = make("canvas", { role: "img", "aria-label": say("filterLabel", { n: chosen + 1, when: moment }) });
      paint(canvas, height, width, (y, x) => tint(values, at(y, x)));
      figure.prepend(canvas);
      return figure;
    }
    figure.prepend(make("table", { className: "numbers" }, make("tbody", {}, ...Array.from({ length: height }, (_, y) => make("tr", {}, ...Array.from({ length: width }, (_, x) => {
      const rgb = tint(values, at(y, x)), cell = make("td", { textContent: number(values[at(y, x)], 2) });
      cell.style.background = css(rgb);
      cell.style.color = readable(rgb);
      return cell;
    }))))));
    return figure;
  }
  function draw() {
    const f = frames[play.at], first = frames[0];
    if (!f) return;
    // One scale for all frames and both banks, so that colours compare.
    most = kind.value ? largest(changes(frames.at(-1))) : largest(frames.map((g) => g.top ?? 0));
    const now = kind.value ? changes(f) : weights(f), moment = kind.value ? say("changeAfter", { when: momentOf(f) }) : momentOf(f);
    fill(banks[0], weights(first), momentOf(first));
    fill(banks[1], now, moment);
    if (run.facts.channels !== 3) scale.replaceChildren(number(-most, 2), make("i"), number(most, 2));
    close.hidden = chosen === null;
    if (chosen !== null) close.replaceChildren(make("h3", { textContent: say("filterNumbers", { n: chosen + 1 }) }), make("div", { className: "row" }, enlarged(weights(first), momentOf(first)), enlarged(now, moment)));
    drawn = f;
    play.name(momentOf(f));
  }
  kind.addEventListener("change", draw);
  onTheme(draw);
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
      text.textContent = say(run.facts.channels === 3 ? "filtersColours" : "filtersText", { n: shown < filters ? say("shownOf", { n: filters, shown }) : filters, h, w });
      play.set(frames.length);
      if (drawn !== frames[play.at]) draw();
    },
  };
}

// usualRatios is the axis of updates over weights, and the band of usual ones.
const usualRatios = { axis: [1e-7, 1e-1], band: [3e-4, 3e-3] };

const small = (v) => (v >= 1e-4 || v === 0 ? String(Number(v.toPrecision(2))) : v.toExponential(1).replace("-", "−"));

// tooMany warns of dead units, and leads to the doctor where it has spoken.
function tooMany(share, run) {
  if (share < 0.95) return [];
  return [run.advice.length ? make("a", { href: "#advice", textContent: say("tooMany") }) : make("b", { textContent: say("tooMany") })];
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
        const known = (key) => run.vitals.map((v) => v[key][i]).filter((v) => v != null);
        const ratios = known("ratio"), deads = known("dead");
        const middle = ratios.toSorted((a, b) => a - b)[ratios.length >> 1];
        const share = deads.at(-1);
        return [name,
          ratios.length ? make("span", { className: "vital" }, make("span", { textContent: small(middle) }), spark(ratios, usualRatios)) : "",
          ratios.length ? small(ratios.at(-1)) : "",
          deads.length ? make("span", { className: "vital" }, ...tooMany(share, run), make("span", { textContent: percentOf(share, 1) }), spark(deads)) : ""];
      });
      place.replaceChildren(run.vitals.length ? make("div", { className: "vitals" }, table([say("layer"), say("ratio"), say("lastRatio"), say("dead")], rows, say("vitals"))) : make("p", { className: "soft", textContent: say("wait") }));
    },
  };
}

// momentOf names the step of a frame, or another state of the run.
const momentOf = ({ step }) => (step ? say("afterStep", { step: whole(step) }) : say("beforeTraining"));
const when = (run) => momentOf(run.test);

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
    const table = () => scrolling(say("confusion"), make("table", { className: "confusion", style: `--columns: ${classes.length + 1}` },
        make("thead", {}, make("tr", {}, make("td", { className: "corner", textContent: say("trueClass").replace(/[\\＼]/, "$&\u200b") }), ...classes.map((c) => make("th", { scope: "col", textContent: c })))),
        make("tbody", {}, ...confusion.map((row, i) => make("tr", {}, make("th", { scope: "row", textContent: classes[i] }), ...row.map((n, j) => cell(n, i, j)))))));
    // Of many classes the pairs that are confused most come first, the table when it is asked for.
    const many = classes.length > 20, most = 20;
    const pairs = confusion.flatMap((row, i) => row.map((n, j) => [n, i, j])).filter(([n, i, j]) => n && i !== j).sort((a, b) => b[0] - a[0]);
    const folded = make("details", {}, make("summary", { textContent: say("wholeTable") }));
    folded.addEventListener("toggle", () => folded.append(table()), { once: true });
    place.replaceChildren(
      make("p", { className: "soft small", textContent: say(many ? "pairsText" : "confusionText", { correct: whole(correct), total: whole(total), when: when(run) }) + (part ? say("partText", { total }) : "") }),
      ...(many ? [make("ol", { className: "pairs" }, ...pairs.slice(0, most).map(([n, i, j]) => make("li", { textContent: say("pair", { true: classes[i], given: classes[j], n: whole(n) }) }))), folded] : [table()]));
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
      const pixels = bytes(m.pixels), sure = percent(m.probability, 0);
      const canvas = make("canvas", { role: "img", "aria-label": say("mistakeLabel", { index: m.index, true: classes[m.true], given: classes[m.given], sure }) });
      picture(canvas, { height, width, channels: run.facts.channels ?? 1, pixels }, !run.facts.photographs);
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
  const list = (entries) => make("dl", { className: "facts" }, ...entries.map(({ name, value }) => make("div", {}, make("dt", {}, settingName(name)), make("dd", { textContent: value }))));
  return make("div", { className: "pair" },
    card(say("settings"), list(facts.settings)),
    card(say("reproduce"), ...(facts.command ? [make("pre", { tabIndex: 0 }, commandLine(facts.command))] : []), make("p", { className: "small", textContent: say("reproduceText") }), list(facts.versions)));
}
