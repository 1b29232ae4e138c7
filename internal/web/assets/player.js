// A slider over moments of a run, and a button that plays them.

import { make, words } from "/static/page.js";

const t = words({
  play: { en: "Play", ja: "再生" },
  halt: { en: "Halt", ja: "停止" },
  slider: { en: "Step of the run", ja: "学習のステップ" },
});

// player has draw show the moment at; nothing else moves it from the last one.
export function player(draw) {
  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": t("slider") });
  const play = make("button", { type: "button", textContent: t("play") });
  let follow = true, timer;
  function halt() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = t("play");
  }
  play.addEventListener("click", () => {
    if (timer) return halt();
    slider.value = 0;
    play.textContent = t("halt");
    draw();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      draw();
      if (slider.value === slider.max) {
        follow = true;
        halt();
      }
    }, 150);
  });
  slider.addEventListener("input", () => {
    halt();
    follow = slider.value === slider.max;
    draw();
  });
  return {
    elements: [play, slider],
    get at() {
      return Number(slider.value);
    },
    // set is told how many moments there are.
    set(count) {
      slider.max = count - 1;
      if (follow && !timer) slider.value = slider.max;
    },
    // name says which moment is shown.
    name(text) {
      slider.setAttribute("aria-valuetext", text);
    },
  };
}
