// Several runs in one page, from the data in it.

import { linkOtherLanguage, make, number, words } from "/static/page.js";
import { accuracyChart, addUpdate, byEpoch, card, curve, duration, emptyRun, lossChart, percentOf, say, table, whole } from "/static/run.js";

const compareText = words({
  title: { en: "{n} runs compared", ja: "{n}件の学習の比較" },
  runs: { en: "Runs", ja: "学習" },
  run: { en: "Run", ja: "学習" },
  differ: { en: "Settings that differ", ja: "異なる設定" },
  same: { en: "Settings that are the same", ja: "同じ設定" },
  none: { en: "None.", ja: "ありません。" },
  parameters: { en: "Parameters", ja: "パラメーター数" },
  trainTest: { en: "Lines are the training loss; dots the test loss after each epoch.", ja: "線は訓練損失、点は各エポック後のテスト損失です。" },
});

const compared = JSON.parse(document.getElementById("data").textContent).map((update) => {
  const run = { ...emptyRun(), result: update.result };
  addUpdate(run, update);
  return run;
});
const comparedTitle = compareText("title", { n: compared.length });
document.getElementById("name").textContent = comparedTitle;
document.title = `${comparedTitle} · tatami`;
linkOtherLanguage();

const comparedLoss = lossChart(), comparedAccuracy = accuracyChart();
const lookOf = (i) => i % 6;
comparedLoss.element.append(make("p", { className: "soft small", textContent: compareText("trainTest") }));
comparedLoss.set(compared.flatMap((run, i) => [
  { name: run.facts.name, look: lookOf(i), points: curve(run, 0) },
  { look: lookOf(i), dots: true, pale: true, points: byEpoch(run, "test_loss") },
]));
comparedAccuracy.set(compared.map((run, i) => ({ name: run.facts.name, look: lookOf(i), dots: true, points: byEpoch(run, "test_accuracy") })));

const settingOf = (run, name) => run.facts.settings.find((s) => s.name === name)?.value ?? "–";
const settingNames = [...new Set(compared.flatMap((run) => run.facts.settings.map((s) => s.name)))];
const differing = settingNames.filter((name) => new Set(compared.map((run) => settingOf(run, name))).size > 1);
const alike = settingNames.filter((name) => !differing.includes(name));

const totals = table(
  [compareText("run"), say("testAccuracy"), say("testLoss"), compareText("parameters"), say("epochs"), say("took"), say("perSecond")],
  compared.map((run) => [run.facts.name, percentOf(run.result.test_accuracy), number(run.result.test_loss, 4), whole(run.result.parameters), String(run.result.epochs_done), duration(run.result.train_seconds), whole(Math.round(run.result.images_per_second))]),
  compareText("runs"));
const nothing = () => make("p", { className: "soft", textContent: compareText("none") });
document.getElementById("view").append(
  card(compareText("runs"), totals),
  make("div", { className: "pair" }, comparedLoss.element, comparedAccuracy.element),
  card(compareText("differ"), differing.length ? table([compareText("run"), ...differing], compared.map((run) => [run.facts.name, ...differing.map((name) => settingOf(run, name))]), compareText("differ")) : nothing()),
  card(compareText("same"), alike.length ? make("dl", { className: "facts" }, ...alike.map((name) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: settingOf(compared[0], name) })))) : nothing()),
);
