// One convolution, pixel by pixel: the patch under the filter, the filter,
// their products, and the sum that becomes the output.

import { make, number } from "/static/page.js";
import { tensor, signed, css, readable, largest, paint, colours } from "/static/pictures.js";

export class Stepper {
  #t; #model; #layer; #data; #most;
  #at = [0, 0]; #filter = 0; #channel = 0; #moved = false;
  #parts = {}; #changed;

  // changed is called when another layer is chosen.
  constructor(place, t, changed) {
    this.#t = t;
    this.#changed = changed;
    const parts = this.#parts;
    parts.layer = make("select", { id: "step-layer" });
    parts.filter = make("select", { id: "step-filter" });
    parts.channel = make("select", { id: "step-channel" });
    parts.layer.addEventListener("change", () => {
      const [model, layer] = JSON.parse(parts.layer.value);
      this.choose(model, layer, 0);
    });
    parts.filter.addEventListener("change", () => this.#set(() => (this.#filter = +parts.filter.value)));
    parts.channel.addEventListener("change", () => this.#set(() => (this.#channel = +parts.channel.value)));
    const choice = (select, key) => make("span", { className: "row" }, make("label", { htmlFor: select.id }, t(key)), select);
    parts.channelChoice = choice(parts.channel, "channel");
    parts.input = make("canvas", { role: "img" });
    parts.map = make("canvas", { className: "map", id: "step-map", tabIndex: 0, role: "application" });
    parts.map.addEventListener("pointermove", (e) => this.#point(e));
    parts.map.addEventListener("pointerdown", (e) => this.#point(e));
    parts.map.addEventListener("keydown", (e) => this.#key(e));
    parts.sum = make("div", { className: "sum" });
    parts.total = make("div", { className: "total", id: "step-total" });
    parts.inputName = make("figcaption");
    parts.mapName = make("figcaption");
    parts.step = make("div", { className: "step" },
      make("div", {}, make("h3", {}, t("input")), parts.input, parts.inputName),
      make("div", { className: "working" }, make("div", { className: "wide" }, parts.sum), parts.total),
      make("div", {}, make("h3", {}, t("output")), parts.map, parts.mapName),
    );
    place.append(
      make("div", { className: "row" }, choice(parts.layer, "layer"), choice(parts.filter, "filter"), parts.channelChoice),
      make("p", { className: "soft small" }, t("stepHint")),
      parts.step,
    );
  }

  // offer lists the convolutions: [{model, layer, name}].
  offer(list) {
    const { layer } = this.#parts;
    layer.replaceChildren(...list.map((l) => make("option", { value: JSON.stringify([l.model, l.layer]) }, l.name)));
    if (!list.some((l) => l.model === this.#model && l.layer === this.#layer)) {
      [this.#model, this.#layer, this.#data] = [list[0]?.model, list[0]?.layer, undefined];
    }
    if (this.#model) layer.value = JSON.stringify([this.#model, this.#layer]);
  }

  // choose shows a filter of another layer.
  choose(model, layer, filter) {
    [this.#model, this.#layer, this.#filter, this.#moved] = [model, layer, filter, false];
    this.#parts.layer.value = JSON.stringify([model, layer]);
    this.#stale(true);
    this.#changed();
  }

  // #stale dims numbers that are still those of another layer.
  #stale(stale) {
    this.#parts.step.classList.toggle("stale", stale);
    this.#parts.step.inert = stale;
  }

  // chosen is the model and layer to ask the server about.
  get chosen() { return this.#model && { model: this.#model, layer: this.#layer }; }

  // show takes the server's answer.
  show(answer) {
    const d = { ...answer };
    for (const name of ["input", "weight", "output", "activation"]) if (d[name]) d[name] = tensor(d[name]);
    this.#data = d;
    this.#stale(false);
    this.#filter = Math.min(this.#filter, d.filters - 1);
    this.#channel = Math.min(this.#channel, d.input.channels - 1);
    const options = (select, count, now) => {
      if (select.length !== count) select.replaceChildren(...Array.from({ length: count }, (_, i) => make("option", { value: i }, i + 1)));
      select.value = now;
    };
    options(this.#parts.filter, d.filters, this.#filter);
    options(this.#parts.channel, d.input.channels, this.#channel);
    this.#parts.channelChoice.hidden = d.input.channels === 1;
    this.#most = { input: largest(d.input.values), weight: largest(d.weight.values) };
    if (!this.#moved) this.#at = this.#strongest();
    this.#at = [Math.min(this.#at[0], d.output.height - 1), Math.min(this.#at[1], d.output.width - 1)];
    this.draw();
  }

  // The map that is shown: after the activation, if there is one.
  get #shown() { return this.#data.activation ?? this.#data.output; }

  #read({ width, channels, values }, y, x, c) { return values[(y * width + x) * channels + c]; }

  #strongest() {
    const { height, width } = this.#shown;
    let best = [0, 0], most = -Infinity;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const v = this.#read(this.#shown, y, x, this.#filter);
        if (v > most) [best, most] = [[y, x], v];
      }
    }
    return best;
  }

  #set(set) {
    set();
    if (!this.#moved) this.#at = this.#strongest();
    this.draw();
  }

  #go(y, x) {
    const { height, width } = this.#data.output;
    this.#at = [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, x))];
    this.#moved = true;
    this.draw();
  }

  #point(e) {
    if (!this.#data) return;
    const box = this.#parts.map.getBoundingClientRect(), { height, width } = this.#data.output;
    this.#go(Math.floor(((e.clientY - box.top) / box.height) * height), Math.floor(((e.clientX - box.left) / box.width) * width));
  }

  #key(e) {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (!by || !this.#data) return;
    e.preventDefault();
    this.#go(this.#at[0] + by[0], this.#at[1] + by[1]);
  }

  // #products are the rows of input, weight and product of one channel.
  #products(channel) {
    const { kernel, stride, pad, input, weight } = this.#data;
    const rows = [];
    for (let u = 0; u < kernel; u++) {
      for (let v = 0; v < kernel; v++) {
        const y = this.#at[0] * stride - pad + u, x = this.#at[1] * stride - pad + v;
        const inside = y >= 0 && x >= 0 && y < input.height && x < input.width;
        const a = inside ? this.#read(input, y, x, channel) : 0;
        const w = weight.values[((this.#filter * kernel + u) * kernel + v) * weight.channels + channel];
        rows.push({ a, w, product: a * w });
      }
    }
    return rows;
  }

  draw() {
    if (!this.#data) return;
    const t = this.#t, d = this.#data, [row, column] = this.#at, parts = this.#parts;
    this.#drawInput();
    const shown = this.#shown, mostShown = largest(shown.values.filter((_, i) => i % shown.channels === this.#filter));
    this.#frame(parts.map, shown, this.#filter, mostShown, [row, column, 1, 1]);
    parts.map.setAttribute("aria-label", t("mapLabel", { filter: this.#filter + 1, row: row + 1, column: column + 1 }));
    parts.mapName.textContent = t("mapName", { filter: this.#filter + 1, row: row + 1, column: column + 1 });
    parts.inputName.textContent = d.input.channels === 1 ? t("patchName") : t("patchChannel", { channel: this.#channel + 1, channels: d.input.channels });
    parts.input.setAttribute("aria-label", parts.inputName.textContent);

    const sums = Array.from({ length: d.input.channels }, (_, c) => this.#products(c).reduce((sum, p) => sum + p.product, 0));
    const here = this.#products(this.#channel), most = largest(here.map((p) => p.product));
    parts.sum.replaceChildren(
      this.#table(t("patch"), here.map((p) => p.a), this.#most.input),
      make("span", { className: "sign" }, "×"),
      this.#table(t("weights"), here.map((p) => p.w), this.#most.weight),
      make("span", { className: "sign" }, "="),
      this.#table(t("products"), here.map((p) => p.product), most),
    );

    const sum = sums.reduce((a, b) => a + b, 0), bias = d.bias[this.#filter];
    const lines = [];
    const line = (name, text, value, className = "") => lines.push(
      make("dt", { className }, text), make("dd", { className, "data-name": name, "data-value": value }, number(value, 4)));
    if (sums.length > 1) line("channel", t("channelSum", { channel: this.#channel + 1 }), sums[this.#channel]);
    line("sum", sums.length > 1 ? t("allSum", { channels: sums.length }) : t("sum"), sum);
    line("bias", t("bias"), bias);
    const biased = sum + bias;
    line("biased", t("withBias"), biased, d.activation ? "" : "result");
    if (d.activation) line("activation", t("activation", { name: d.activation_name }), this.#read(d.activation, row, column, this.#filter), "result");
    parts.total.replaceChildren(make("dl", {}, ...lines));
    parts.total.setAttribute("aria-live", document.activeElement === parts.map ? "polite" : "off");
    parts.total.dataset.row = row;
    parts.total.dataset.column = column;
  }

  // The input with the zeros around it, and the patch in a frame.
  #drawInput() {
    const { input, kernel, stride, pad } = this.#data;
    const padded = { height: input.height + 2 * pad, width: input.width + 2 * pad, channels: 1, values: [] };
    for (let y = -pad; y < input.height + pad; y++) {
      for (let x = -pad; x < input.width + pad; x++) {
        const inside = y >= 0 && x >= 0 && y < input.height && x < input.width;
        padded.values.push(inside ? this.#read(input, y, x, this.#channel) : 0);
      }
    }
    this.#frame(this.#parts.input, padded, 0, this.#most.input, [this.#at[0] * stride, this.#at[1] * stride, kernel, kernel], pad);
  }

  // #frame paints a map with a frame around some of its pixels, and a line
  // between image and padding.
  #frame(canvas, map, channel, most, [top, left, high, wide], pad = 0) {
    const small = new OffscreenCanvas(1, 1);
    paint(small, map.height, map.width, (y, x) => signed(this.#read(map, y, x, channel), most));
    const scale = Math.max(2, Math.ceil(480 / map.width));
    canvas.width = map.width * scale;
    canvas.height = map.height * scale;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    if (pad) {
      context.setLineDash([6, 6]);
      context.lineWidth = 2;
      context.strokeStyle = css(colours().line);
      context.strokeRect(pad * scale, pad * scale, (map.width - 2 * pad) * scale, (map.height - 2 * pad) * scale);
      context.setLineDash([]);
    }
    for (const [width, colour] of [[10, css(colours().zero)], [5, colours().accent]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.strokeRect(left * scale, top * scale, wide * scale, high * scale);
    }
  }

  #table(name, values, most) {
    const { kernel } = this.#data, body = make("tbody");
    for (let u = 0; u < kernel; u++) {
      const tr = make("tr");
      for (const v of values.slice(u * kernel, (u + 1) * kernel)) {
        const colour = signed(v, most), cell = make("td", {}, number(v, 2));
        cell.style.background = css(colour);
        cell.style.color = readable(colour);
        tr.append(cell);
      }
      body.append(tr);
    }
    return make("table", { className: "numbers" }, make("caption", {}, name), body);
  }
}
