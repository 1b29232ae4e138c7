// Several runs in one page, from the data in it.

import { make, number, setLanguage, words } from "/static/page.js";
import { lineKey } from "/static/chart.js";
import { accuracyChart, addUpdate, byEpoch, card, curve, duration, emptyRun, lossChart, percentOf, say, settingName, spreadOf, table, whole } from "/static/run.js";

const compareText = words({
  title: { en: "{n} runs compared", ja: "{n} 件の実行の比較" },
  runs: { en: "Runs compared", ja: "比較した実行" },
  run: { en: "Run", ja: "実行" },
  differ: { en: "Settings that differ", ja: "異なる設定" },
  same: { en: "Settings that are the same", ja: "同じ設定" },
  none: { en: "None.", ja: "ありません。" },
  epochs: { en: "Epochs", ja: "エポック数" },
  parameters: { en: "Parameters", ja: "パラメーター数" },
  trainTest: { en: "Lines are the smoothed training loss; dots the test loss after each epoch.", ja: "線は訓練損失（平滑化）、点は各エポック後のテスト損失です。" },
  otherLoss: { en: "Label smoothing and class weights make the loss another one: do not compare it between runs that differ in them.", ja: "ラベル平滑化やクラスの重みを使うと、損失が別のものになります。これらの設定が違う実行の損失は比べられません。" },
  trainHeading: { en: "Training loss:", ja: "訓練損失：" },
  testHeading: { en: "Test accuracy:", ja: "テスト正解率：" },
  shown: { en: "Runs in the charts", ja: "グラフに表示する実行" },
  parts: { en: "A run's own page has its filters, confusion matrix and mistakes.", ja: "各実行のページには、フィルター、混同行列、間違えた画像があります。" },
});

const compared = JSON.parse(document.getElementById("data").textContent).map((update) => {
  const run = { ...emptyRun(), result: update.result, page: update.page };
  addUpdate(run, update);
  return run;
});
const comparedTitle = compareText("title", { n: compared.length });
document.getElementById("name").textContent = comparedTitle;
document.title = `${comparedTitle} · tatami`;
setLanguage();

const settingOf = (run, name) => run.facts.settings.find((s) => s.name === name)?.value ?? "–";
const comparedLoss = lossChart({ heading: compareText("trainHeading") }), comparedAccuracy = accuracyChart({ heading: compareText("testHeading") });
const lookOf = (i) => i % 6;
comparedLoss.element.append(make("p", { className: "soft small", textContent: compareText("trainTest") }));
const losses = new Set(compared.map((run) => `${settingOf(run, "label-smoothing")} ${settingOf(run, "class-weights")}`));
if (losses.size > 1) comparedLoss.element.append(make("p", { className: "soft small", textContent: compareText("otherLoss") }));

// drawCurves draws those of the runs that are not hidden, each in its own look.
const hiddenRuns = new Set();
function drawCurves() {
  const visible = compared.map((run, i) => ({ run, look: lookOf(i) })).filter(({ run }) => !hiddenRuns.has(run));
  comparedLoss.set(visible.flatMap(({ run, look }) => [
    { name: run.facts.name, look, points: curve(run, 0) },
    { look, dots: true, pale: true, points: byEpoch(run, "test_loss") },
  ]), spreadOf(visible.flatMap(({ run }) => curve(run, 0))));
  comparedAccuracy.set(visible.map(({ run, look }) => ({ name: run.facts.name, look, dots: true, points: byEpoch(run, "test_accuracy") })));
}
drawCurves();
const toggles = compared.map((run, i) => {
  const b = make("button", { type: "button", className: "shown", "aria-pressed": "true" }, lineKey(lookOf(i)), ` ${run.facts.name}`);
  b.addEventListener("click", () => {
    if (!hiddenRuns.delete(run)) hiddenRuns.add(run);
    b.setAttribute("aria-pressed", !hiddenRuns.has(run));
    drawCurves();
  });
  return b;
});
const runName = (run) => (run.page ? make("a", { href: run.page, textContent: run.facts.name }) : run.facts.name);

const allSettings = [...new Set(compared.flatMap((run) => run.facts.settings.map((s) => s.name)))];
const differing = allSettings.filter((name) => new Set(compared.map((run) => settingOf(run, name))).size > 1);
const alike = allSettings.filter((name) => !differing.includes(name));

const totals = table(
  [compareText("run"), say("testAccuracy"), say("testLoss"), compareText("parameters"), compareText("epochs"), say("took"), say("perSecond")],
  compared.map((run) => [runName(run), percentOf(run.result.test_accuracy), number(run.result.test_loss, 4), whole(run.result.parameters), String(run.result.epochs_done), duration(run.result.train_seconds), whole(Math.round(run.result.images_per_second))]),
  compareText("runs"));
const nothing = () => make("p", { className: "soft", textContent: compareText("none") });
document.getElementById("view").append(
  card(compareText("runs"), totals, make("p", { className: "soft small", textContent: compareText("parts") })),
  make("div", { className: "row toggles", role: "group", "aria-label": compareText("shown") }, make("span", { className: "soft small", textContent: compareText("shown") }), ...toggles),
  make("div", { className: "pair" }, comparedLoss.element, comparedAccuracy.element),
  card(compareText("differ"), differing.length ? table([compareText("run"), ...differing.map(settingName)], compared.map((run) => [run.facts.name, ...differing.map((name) => settingOf(run, name))]), compareText("differ")) : nothing()),
  card(compareText("same"), alike.length ? make("dl", { className: "facts" }, ...alike.map((name) => make("div", {}, make("dt", {}, settingName(name)), make("dd", { textContent: settingOf(compared[0], name) })))) : nothing()),
);
