// The page on which one draws, answered by the module and the models in it.

import { answeredBy, ask, latest, make } from "/static/page.js";
import { Module, part } from "/static/module.js";

const module = new Module(document.getElementById("part-worker").textContent, part("wasm"), part("simd"));
answeredBy((address, options) => module.fetch(address, options));
for (const { dataset, id } of document.querySelectorAll("[data-model]")) {
  module.fetch(`/model?name=${encodeURIComponent(dataset.model)}`, { body: part(id.slice("part-".length)) });
}
document.body.dataset.alone = "true";
for (const e of document.querySelectorAll('#near, a[href="#near"]')) e.hidden = true; // it carries no training images

// The bench comes when it is opened, and goes on with what is on the pad.
let bench, digit, given; // given: the model that the bench has
async function follow() {
  if (!bench) return;
  if (digit && digit.model !== given) {
    given = digit.model;
    bench.setModel(await ask(`/api/v1/weights?model=${encodeURIComponent(given)}`).catch(() => undefined)); // too large for it
  }
  bench.setDigit(digit && { ...digit.image, label: digit.label });
}
const following = latest(follow);
addEventListener("digit", (e) => {
  digit = e.detail;
  following();
});
const box = document.getElementById("by-hand");
box.addEventListener("toggle", async () => {
  const files = JSON.parse(new TextDecoder().decode(await module.unpack(part("bench"))));
  document.head.append(make("style", { textContent: files.style }));
  const urls = {};
  for (const [name, text] of files.modules) {
    const own = text.replace(/"\w+\/(bench\.[\w.]+)"/g, (_, other) => `"${urls[other]}"`);
    urls[name] = URL.createObjectURL(new Blob([own], { type: "text/javascript" }));
  }
  const { mountBench } = await import(urls["bench.js"]);
  bench = mountBench(document.getElementById("bench"));
  await following();
  document.body.dataset.bench = "";
}, { once: true });
const open = () => {
  if (location.hash === "#by-hand") box.open = true;
};
addEventListener("hashchange", open);
open();
await import("/static/draw.js");
