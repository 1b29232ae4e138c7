// The page that a run leaves, from the data in it.

import { linkOtherLanguage, make, words } from "/static/page.js";
import { addUpdate, emptyRun, recipe, runView, say } from "/static/run.js";

const leftText = words({
  stopped: { en: "This run was stopped after step {step}. To go on from there:", ja: "この学習はステップ{step}の後に停止しました。続きから始めるには:" },
  failed: { en: "This run failed: {message}", ja: "この学習は失敗しました:{message}" },
});

const left = emptyRun(), leftView = runView();
addUpdate(left, JSON.parse(document.getElementById("data").textContent));
document.getElementById("name").textContent = left.facts.name;
document.title = `${left.facts.name} · tatami`;
document.getElementById("state").textContent = say(left.now.state);
document.getElementById("state").classList.add(left.now.state);
linkOtherLanguage();
if (left.now.state !== "finished") {
  document.getElementById("view").append(make("p", { className: "message" }, leftText(left.now.state, left.now), ...(left.now.state === "stopped" ? [" ", make("code", { textContent: left.facts.resume })] : [])));
}
document.getElementById("view").append(...leftView.elements, recipe(left));
leftView.show(left);
