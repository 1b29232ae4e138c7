// The live page: a run while it goes on.

import { translate, worded, words } from "/static/page.js";
import { addUpdate, commandLine, emptyRun, onward, recipe, runView, say } from "/static/run.js";

const text = words({
  title: { en: "Training", ja: "学習" },
  skip: { en: "Skip to the charts", ja: "グラフへ移動" },
  controls: { en: "Controls of the run", ja: "学習の操作" },
  pause: { en: "Pause", ja: "一時停止" },
  resume: { en: "Resume", ja: "再開" },
  stop: { en: "Stop", ja: "停止" },
  stopHelp: { en: "Stop ends the run after this step; it can be resumed later.", ja: "「停止」を押すと、今のステップで終わります。後で再開できます。" },
  starting: { en: "Starting…", ja: "開始しています…" },
  progress: { en: "Progress", ja: "進み具合" },
  stoppedHow: { en: "Stopped after step {step}. To go on from there:", ja: "ステップ {step} で停止しました。続きから始めるには：" },
  finishedHow: { en: "The run is complete. This page can be read until you close its tab; later, open index.html in the folder {name}.", ja: "学習が完了しました。このページは、このタブを閉じるまで見られます。後で見るには、フォルダー {name} の index.html を開いてください。" },
  failedHow: { en: "The run failed: {message}", ja: "この学習は途中で失敗しました：{message}" },
  pausedHow: { en: "Paused: nothing is computed until you resume.", ja: "一時停止中です。再開するまで計算しません。" },
  lostHow: { en: "The run cannot be reached. The last numbers stay here, and the page goes on once it is back.", ja: "学習プログラムに接続できません。最後の数値を表示したまま、つながり次第続けます。" },
});

translate(text);
const byId = (id) => document.getElementById(id);
const run = emptyRun(), view = runView();
byId("view").append(...view.elements);
byId("message").textContent = text("starting");
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
  byId("stophelp").hidden = over;
  byId("pause").hidden = byId("stop").hidden = over;
  byId("pause").disabled = byId("stop").disabled = over || lost;
  const message = { lost: text("lostHow"), paused: text("pausedHow"), stopped: text("stoppedHow", { step: now.step }), finished: text("finishedHow", facts), failed: text("failedHow", { message: worded(now) }) }[state];
  const note = [message, state === "stopped" && facts.resume];
  if (byId("message").dataset.text !== String(note)) {
    byId("message").dataset.text = String(note);
    byId("message").replaceChildren(...(message ? [message] : []), ...(note[1] ? [" ", commandLine(note[1])] : []), ...(state === "finished" ? [" ", ...onward(facts)] : []));
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
