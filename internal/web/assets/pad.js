// The pad to draw on: with mouse, pen, finger, or the arrow keys.

import { colours, css, onTheme } from "/static/pictures.js";

const penWidth = 0.085; // of the pad's side
const sent = 168; // pixels of the side that the server is given, 6 for one of the model
const keyStep = 0.03;

// Pad calls changed(done) when the picture has changed; done is false within
// a stroke.
export class Pad {
  draws = true; // false: it shows pictures alone
  #canvas; #changed;
  #strokes = []; // of points [x, y] in [0, 1]
  #picture; // an ImageBitmap under the strokes
  #pen; // the pointer that draws, or "key"
  #cursor; // of the keys

  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#changed = changed;
    canvas.addEventListener("pointerdown", (e) => this.#down(e));
    canvas.addEventListener("pointermove", (e) => this.#move(e));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (e) => this.#up(e));
    canvas.addEventListener("keydown", (e) => this.#key(e));
    canvas.addEventListener("blur", () => this.#rest());
    new ResizeObserver(() => this.draw()).observe(canvas);
    onTheme(() => this.draw());
  }

  get blank() { return this.#strokes.length === 0 && !this.#picture; }
  get undoable() { return this.#strokes.length > 0; }

  clear() {
    this.#strokes = [];
    this.#picture = undefined;
    this.#pen = this.#cursor = undefined;
    this.draw();
  }

  undo() {
    if (this.#strokes.pop()) this.#tell(true);
  }

  // show puts a picture (an ImageBitmap) on the pad.
  show(picture) {
    this.clear();
    this.#picture = picture;
    this.draw();
  }

  // blob is what is on the pad as a PNG.
  blob() {
    const page = new OffscreenCanvas(sent, sent);
    this.#render(page.getContext("2d"), sent);
    return page.convertToBlob({ type: "image/png" });
  }

  draw() {
    const side = Math.round(this.#canvas.clientWidth * Math.min(3, devicePixelRatio));
    if (!side) return;
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    const context = this.#canvas.getContext("2d");
    this.#render(context, side);
    if (this.#cursor && document.activeElement === this.#canvas) {
      context.strokeStyle = colours().accent;
      context.lineWidth = Math.max(2, side / 120);
      context.beginPath();
      context.arc(this.#cursor[0] * side, this.#cursor[1] * side, (side * penWidth) / (this.#pen === "key" ? 2.4 : 1.4), 0, 7);
      context.stroke();
    }
  }

  #render(context, side) {
    context.fillStyle = css(colours().ground);
    context.fillRect(0, 0, side, side);
    if (this.#picture) {
      const { width, height } = this.#picture, scale = side / Math.max(width, height);
      context.imageSmoothingEnabled = width > 64;
      context.drawImage(this.#picture, (side - width * scale) / 2, (side - height * scale) / 2, width * scale, height * scale);
    }
    context.strokeStyle = css(colours().ink);
    context.lineWidth = side * penWidth;
    context.lineCap = context.lineJoin = "round";
    for (const points of this.#strokes) {
      const at = points.map(([x, y]) => [x * side, y * side]);
      context.beginPath();
      context.moveTo(...at[0]);
      for (let i = 1; i < at.length - 1; i++) { // round, through the middles
        context.quadraticCurveTo(...at[i], (at[i][0] + at[i + 1][0]) / 2, (at[i][1] + at[i + 1][1]) / 2);
      }
      context.lineTo(at.at(-1)[0] + 0.01, at.at(-1)[1]); // a line of no length is no dot
      context.stroke();
    }
  }

  #tell(done) {
    this.draw();
    this.#changed(done);
  }

  #begin(point) {
    this.#picture = undefined; // one draws anew, not on top
    this.#strokes.push([point]);
  }

  #place(e) {
    const box = this.#canvas.getBoundingClientRect();
    return [(e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height];
  }

  #down(e) {
    if (!this.draws || this.#pen !== undefined || e.button !== 0) return;
    this.#pen = e.pointerId;
    this.#cursor = undefined;
    this.#canvas.setPointerCapture(e.pointerId);
    this.#begin(this.#place(e));
    this.#tell(false);
  }

  #move(e) {
    if (e.pointerId !== this.#pen) return;
    const events = e.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [e]) this.#strokes.at(-1)?.push(this.#place(each));
    this.#tell(false);
  }

  #up(e) {
    if (e.pointerId !== this.#pen) return;
    this.#pen = undefined;
    this.#tell(true);
  }

  #rest() {
    if (this.#pen === "key") this.#pen = undefined;
    this.#cursor = undefined;
    this.draw();
  }

  // Arrows move, the space bar lowers and lifts the pen.
  #key(e) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (!this.draws || e.ctrlKey || e.metaKey || e.altKey || (!by && e.key !== " ")) return;
    e.preventDefault();
    this.#cursor ??= [0.5, 0.3];
    if (by) this.#cursor = this.#cursor.map((v, i) => Math.min(1, Math.max(0, v + keyStep * by[i])));
    if (e.key === " ") {
      if (this.#pen === "key") {
        this.#pen = undefined;
        this.#tell(true);
        return;
      }
      this.#pen = "key";
      this.#begin(this.#cursor);
    } else if (this.#pen === "key") {
      this.#strokes.at(-1)?.push(this.#cursor);
    } else {
      this.draw();
      return;
    }
    this.#tell(false);
  }
}
