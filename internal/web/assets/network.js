// A network drawn as boxes, from its input down to its answer.

import { language, make, words } from "/static/page.js";

const t = words({
  title: { en: "The network", ja: "ネットワーク" },
  input: { en: "input", ja: "入力" },
  running: { en: "running statistics: {formula}", ja: "移動平均：{formula}" },
  block: { en: "the sum of two ways", ja: "2 つの経路の和" },
  shortcut: { en: "from the block's input", ja: "ブロックの入力から" },
  totals: { en: "{learned} parameters are learned", ja: "学習するパラメーター {learned} 個" },
  totalRunning: { en: ", {running} are running statistics", ja: "、移動平均 {running} 個" },
});

export const networkTitle = t("title");

// networkView is the boxes of a network, as the server describes them.
export function networkView(boxes) {
  const sum = (name) => boxes.reduce((n, b) => n + b[name], 0), running = sum("running");
  let branch = "";
  const items = boxes.map((b) => {
    const apart = b.branch === "shortcut" && branch === "body";
    branch = b.branch ?? "";
    const notes = [apart ? t("shortcut") : "", b.type === "Residual" ? t("block") : "", b.formula ?? "", b.running_formula ? t("running", { formula: b.running_formula }) : ""].filter(Boolean);
    const box = make("li", { className: apart ? "apart" : "" }, make("div", { className: "netbox", "data-kind": b.type }, make("b", {}, b.name || t("input")), ...notes.map((n) => make("span", {}, n))), make("span", { className: "netshape" }, b.output));
    box.style.setProperty("--depth", b.depth ?? 0);
    return box;
  });
  return make("div", {}, make("ol", { className: "network", "aria-label": t("title") }, ...items),
    make("p", { className: "soft small" }, t("totals", { learned: sum("learned").toLocaleString(language) }) + (running ? t("totalRunning", { running: running.toLocaleString(language) }) : "")));
}
