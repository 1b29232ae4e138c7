// The page that a run leaves, from the data in it.

import { make, setLanguage, worded, words } from "/static/page.js";
import { addUpdate, commandLine, emptyRun, onward, recipe, runView, say } from "/static/run.js";

const leftText = words({
  stopped: { en: "This run was stopped after step {step}. To go on from there:", ja: "この学習はステップ {step} で停止しました。続きから始めるには：" },
  failed: { en: "This run failed: {message}", ja: "この学習は途中で失敗しました：{message}" },
});

const left = emptyRun(), leftView = runView();
addUpdate(left, JSON.parse(document.getElementById("data").textContent));
document.getElementById("name").textContent = left.facts.name;
document.title = `${left.facts.name} · tatami`;
document.getElementById("state").textContent = say(left.now.state);
document.getElementById("state").classList.add(left.now.state);
setLanguage();
document.getElementById("view").append(make("p", { className: "message" }, ...(left.now.state === "finished" ? onward(left.facts) : [
  leftText(left.now.state, { step: left.now.step, message: worded(left.now) }), ...(left.now.state === "stopped" ? [" ", commandLine(left.facts.resume)] : []),
])));
document.getElementById("view").append(...leftView.elements, recipe(left));
leftView.show(left);
