// The live page: a run while it goes on.

import { make, translate, words } from "/static/page.js";
import { addUpdate, emptyRun, recipe, runView, say } from "/static/run.js";

const text = words({
  title: { en: "Training", ja: "学習" },
  skip: { en: "Skip to the curves", ja: "曲線へ移動" },
  controls: { en: "Controls of the run", ja: "学習の操作" },
  pause: { en: "Pause", ja: "一時停止" },
  resume: { en: "Resume", ja: "再開" },
  stop: { en: "Stop", ja: "停止" },
  stopHelp: { en: "The run ends after the present step and can be resumed.", ja: "今のステップの後に終わります。後で続きから再開できます。" },
  progress: { en: "Progress", ja: "進み具合" },
  stoppedHow: { en: "Stopped after step {step}. To go on from there:", ja: "ステップ{step}の後に停止しました。続きから始めるには:" },
  finishedHow: { en: "The run is complete. This page stays as long as its tab; the folder {name} holds it as index.html.", ja: "学習が完了しました。このページはタブを閉じるまで残ります。フォルダー{name}のindex.htmlにも同じものがあります。" },
  failedHow: { en: "The run failed: {message}", ja: "失敗しました:{message}" },
  pausedHow: { en: "Paused: nothing is computed until you resume.", ja: "一時停止中:再開するまで計算しません。" },
  lostHow: { en: "The run cannot be reached. Its last numbers stay here, and the page goes on when it is back.", ja: "学習プログラムに接続できません。最後の数字を残し、つながり次第続けます。" },
});

translate(text);
const byId = (id) => document.getElementById(id);
const run = emptyRun(), view = runView();
byId("view").append(...view.elements);
let lost = false, recipeShown = false;

function show() {
  const { facts, now } = run;
  if (!facts) return;
  byId("view").hidden = false;
  const state = lost ? "lost" : now.state;
  byId("name").textContent = facts.name;
  byId("state").textContent = say(state);
  byId("state").className = `state ${state}`;
  document.title = `${now.state === "running" ? `${Math.floor((100 * now.step) / (facts.epochs * facts.batches))} % · ` : ""}${facts.name} · tatami`;
  byId("progress").max = facts.epochs * facts.batches;
  byId("progress").value = now.step;
  const over = !["running", "paused"].includes(now.state);
  byId("pause").textContent = text(now.state === "paused" ? "resume" : "pause");
  byId("pause").disabled = byId("stop").disabled = over || lost;
  const message = { lost: text("lostHow"), paused: text("pausedHow"), stopped: text("stoppedHow", { step: now.step }), finished: text("finishedHow", facts), failed: text("failedHow", now) }[state];
  const note = [message, state === "stopped" && facts.resume];
  if (byId("message").dataset.text !== String(note)) {
    byId("message").dataset.text = String(note);
    byId("message").replaceChildren(...(message ? [message] : []), ...(note[1] ? [" ", make("code", { textContent: note[1] })] : []));
  }
  byId("message").hidden = !message;
  view.show(run);
  if (!recipeShown) byId("view").append(recipe(run));
  recipeShown = true;
}

const wish = (what) => fetch(`/api/v1/run/${what}`, { method: "POST" });
byId("pause").addEventListener("click", () => wish(run.now.state === "paused" ? "resume" : "pause"));
byId("stop").addEventListener("click", () => wish("stop"));

// watch takes the events; where the server has no room for now, it asks again.
function watch() {
  const events = new EventSource("/api/v1/run/events");
  events.addEventListener("message", (e) => {
    lost = false;
    addUpdate(run, JSON.parse(e.data));
    show();
  });
  events.addEventListener("end", () => events.close());
  events.addEventListener("error", () => {
    lost = true;
    show();
    if (events.readyState === EventSource.CLOSED) setTimeout(watch, 5000);
  });
}
watch();
