// The page of the bench: its models and digits come from the server.

import { mountBench } from "/static/bench.js";
import { texts as benchTexts } from "/static/bench.strings.js";
import { texts as drawTexts } from "/static/draw.strings.js";
import { ask, language, latest, make, translate, words } from "/static/page.js";
import { Pad } from "/static/pad.js";
import { picture } from "/static/pictures.js";

const t = words({
  ...drawTexts, ...benchTexts,
  skipToBench: { en: "To the bench", ja: "計算へ移動" },
  ownNumbers: { en: "With a digit and a model of your own", ja: "自分の数字とモデルで" },
  ownText: {
    en: "Draw a digit or take a test image, then choose a layer of the model under “Numbers” below. On the keyboard: arrow keys move, the space bar lowers and lifts the pen.",
    ja: "数字を描くかテスト画像を表示してから、下の「使う値」でモデルの層を選んでください。キーボードでは、矢印キーで移動、スペースキーでペンを上げ下げします。",
  },
  digitNow: { en: "the model {model} says {label}", ja: "モデル {model} の答えは {label}" },
  digitTrue: { en: "; its true class is {label}", ja: "、正解は {label}" },
});
translate(t);
const byId = (id) => document.getElementById(id);
byId("back").href = `/?lang=${language}`;

const seed = new URLSearchParams(location.search).get("seed");
const bench = mountBench(byId("bench"), seed ? { seed: +seed } : {});
let given; // a test image, with its true class; undefined: what is on the pad

function say(error) {
  byId("message").textContent = error ? t("refused", { text: error.message }) : "";
  byId("message").hidden = !error;
}

const name = () => byId("model").value;
const question = async () => (given ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ pixels: given.image.pixels.map((v) => v / 255) }) }
  : { method: "POST", headers: { "Content-Type": "image/png" }, body: await pad.blob() });

const predict = latest(async () => {
  if (pad.blank) {
    bench.setDigit(undefined);
    byId("digit").textContent = "";
    return;
  }
  try {
    const { image, label } = await ask(`/api/v1/predict?model=${encodeURIComponent(name())}`, await question());
    say();
    bench.setDigit({ ...image, label: given?.label });
    byId("digit").textContent = t("digitNow", { model: name(), label }) + (given ? t("digitTrue", given) : "");
    document.body.dataset.digit = label;
  } catch (error) {
    say(error);
  }
});

const pad = new Pad(byId("pad"), (done) => {
  given = undefined;
  if (done) predict();
});

async function show(digit) {
  const small = new OffscreenCanvas(1, 1);
  picture(small, digit.image, pad.draws);
  pad.show(await createImageBitmap(small));
  given = digit;
  await predict();
}

byId("clear").addEventListener("click", () => {
  given = undefined;
  pad.clear();
  predict();
});
byId("sample").addEventListener("click", async () => {
  try {
    await show(await ask(`/api/v1/sample?model=${encodeURIComponent(name())}`));
  } catch (error) {
    say(error);
  }
});

async function load() {
  try {
    const q = `?model=${encodeURIComponent(name())}`, info = await ask(`/api/v1/layers${q}`);
    pad.draws = info.fit === "digit"; // photographs are not drawn
    byId("sample").hidden = info.samples === 0;
    if (given && ["height", "width", "channels"].some((side) => given.image[side] !== info.input[side])) given = undefined; // the pad has it still
    bench.setModel(await ask(`/api/v1/weights${q}`));
    say();
  } catch (error) {
    bench.setModel(undefined);
    say(error);
  }
  await predict();
}
byId("model").addEventListener("change", load);

try {
  const { models } = await ask("/api/v1/health");
  byId("model").replaceChildren(...models.map((model) => make("option", { value: model }, model)));
  await load();
  const drawn = JSON.parse(sessionStorage.getItem("digit") ?? "null"); // on the page for drawing
  if (drawn) {
    if (models.includes(drawn.model) && drawn.model !== name()) {
      byId("model").value = drawn.model;
      await load();
    }
    await show(drawn);
    byId("own").open = true;
  }
} catch (error) {
  say(error);
}
document.body.dataset.ready = "";
