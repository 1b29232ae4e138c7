// The page on which one draws, answered by the module and the models in it.

import { answeredBy } from "/static/page.js";
import { Module, part } from "/static/module.js";

const module = new Module(document.getElementById("part-worker").textContent, part("wasm"), part("simd"));
answeredBy((address, options) => module.fetch(address, options));
for (const { dataset, id } of document.querySelectorAll("[data-model]")) {
  module.fetch(`/model?name=${encodeURIComponent(dataset.model)}`, { body: part(id.slice("part-".length)) });
}
document.body.dataset.alone = "true";
for (const e of document.querySelectorAll('#near, a[href="#near"]')) e.hidden = true; // it carries no training images
await import("/static/draw.js");
