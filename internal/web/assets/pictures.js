// Pictures of numbers: maps, filters and digits on canvases.

import { make } from "/static/page.js";

// A tensor is {height, width, channels, values}, values in the order row,
// column, channel. The API sends them in base64.
export function tensor({ height, width, channels, values }) {
  const bytes = Uint8Array.from(atob(values), (c) => c.charCodeAt(0));
  return { height, width, channels, values: new Float32Array(bytes.buffer) };
}

let palette; // of the present theme
const dark = matchMedia("(prefers-color-scheme: dark)");
export function onTheme(redraw) {
  dark.addEventListener("change", () => {
    palette = undefined;
    redraw();
  });
}

export function colours() {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const read = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim();
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  };
  palette = {
    zero: read("zero"), plus: [read("plus"), read("plus-most")], minus: [read("minus"), read("minus-most")],
    ground: read("digit-ground"), ink: read("digit-ink"), line: read("line"), accent: style.getPropertyValue("--accent").trim(), soft: style.getPropertyValue("--soft").trim(),
  };
  return palette;
}

const mix = (a, b, share) => a.map((v, i) => v + (b[i] - v) * share);

// signed is the colour of a value: orange above 0, blue below, strongest at
// most. ground is the colour of 0.
export function signed(value, most, ground = colours().zero) {
  const share = Math.min(1, Math.abs(value) / (most || 1));
  const [half, full] = value > 0 ? colours().plus : colours().minus;
  return share < 0.6 ? mix(ground, half, share / 0.6) : mix(half, full, (share - 0.6) / 0.4);
}

// grey is the colour of ink, 0 to 1.
export const grey = (ink) => mix(colours().ground, colours().ink, ink);

export const css = ([r, g, b]) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;

// readable is black or white, whichever stands out against a colour.
export const readable = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000000" : "#ffffff");

// paint sets a canvas to height × width pixels of colour(row, column).
export function paint(canvas, height, width, colour) {
  canvas.height = height;
  canvas.width = width;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    image.data.set(colour(Math.floor(i / width), i % width), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// picture paints a picture of the API, {height, width, channels, pixels}, 0 to
// 255: colours as they are, and so a grey photograph; a digit in ink.
export function picture(canvas, { height, width, channels, pixels }, ink) {
  paint(canvas, height, width, (y, x) => {
    const at = (y * width + x) * channels;
    if (channels === 3) return pixels.slice(at, at + 3);
    return ink ? grey(pixels[at] / 255) : [pixels[at], pixels[at], pixels[at]];
  });
}

// bitmap is such a picture for a pad.
export async function bitmap(image, ink) {
  const small = new OffscreenCanvas(1, 1);
  picture(small, image, ink);
  return createImageBitmap(small);
}

// light is the luminance of a pixel of such a picture, 0 to 1.
export const light = ({ channels, pixels }, i) => (channels === 3 ? 0.299 * pixels[3 * i] + 0.587 * pixels[3 * i + 1] + 0.114 * pixels[3 * i + 2] : pixels[i]) / 255;

export const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

// sheet is a canvas with many small pictures of one size beside each other.
// value(n, row, column) gives picture n's values. columns, if given, is how
// many stand in a row; otherwise as many as there is room for. names(n), if
// given, is written below picture n. Pointer and arrow keys go from picture to
// picture: look(n) makes the element that stands over the sheet meanwhile, and
// pick(n) is what a click or Enter does.
// colour(n, row, column), if given, takes the place of value and most.
export function sheet({ count, height, width, value, most, colour, columns, room, label, names, look, pick }) {
  const plain = height * width === 1; // single numbers
  const wanted = plain ? 16 : columns ? 22 : 58; // a picture's side
  let scale = Math.max(1, Math.round(wanted / Math.max(height, width)));
  const gap = plain && !names || columns > 20 ? 1 : columns ? 3 : 6, below = names ? 13 : 0;
  if (columns) scale = Math.max(1, Math.min(scale, Math.floor((room / columns - gap) / width)));
  const wide = plain && names ? 58 : width * scale, high = height * scale;
  const across = columns ?? Math.max(1, Math.min(count, Math.floor((room + gap) / (wide + gap))));
  const stepX = wide + gap, stepY = high + gap + below;
  const canvas = make("canvas", { role: "img", "aria-label": label });
  const dense = Math.max(1, Math.min(3, Math.round(devicePixelRatio)));
  const sides = [across * stepX - gap, Math.ceil(count / across) * stepY - gap];
  [canvas.width, canvas.height] = sides.map((side) => side * dense);
  canvas.style.width = `${sides[0]}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const small = new OffscreenCanvas(width, height), brush = small.getContext("2d");
  const image = brush.createImageData(width, height);
  const frame = (n, colour, thick) => {
    context.lineWidth = thick;
    context.strokeStyle = colour;
    context.strokeRect((n % across) * stepX * dense + 0.5, Math.floor(n / across) * stepY * dense + 0.5, wide * dense - 1, high * dense - 1);
  };
  const framed = gap > 1 || plain; // there is room for it
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < height * width; i++) {
      const y = Math.floor(i / width), x = i % width;
      image.data.set(colour ? colour(n, y, x) : signed(value(n, y, x), most), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    brush.putImageData(image, 0, 0);
    const left = (n % across) * stepX * dense, top = Math.floor(n / across) * stepY * dense;
    context.drawImage(small, left, top, wide * dense, high * dense);
    if (framed) frame(n, css(colours().line), 1);
    if (!names) continue;
    context.fillStyle = colours().soft;
    context.font = `${10.5 * dense}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.fillText(names(n), left + (wide * dense) / 2, top + (high + below - 3) * dense, wide * dense);
  }
  if (look || pick) browse();
  return canvas;

  function browse() {
    let at = -1, over;
    const go = (n) => {
      if (n === at) return;
      if (at >= 0) frame(at, css(colours().line), 1);
      at = n;
      over?.remove();
      if (n < 0) return;
      frame(n, colours().accent, 2 * dense);
      if (!look) return;
      over = look(n);
      over.classList.toggle("left", n % across >= across / 2);
      canvas.after(over);
    };
    const under = (e) => {
      const size = sides[0] / canvas.clientWidth;
      const n = Math.floor((e.offsetY * size) / stepY) * across + Math.min(across - 1, Math.floor((e.offsetX * size) / stepX));
      return n >= 0 && n < count ? n : -1;
    };
    canvas.classList.add("sheet");
    canvas.classList.toggle("pickable", Boolean(pick));
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.addEventListener("pointermove", (e) => go(under(e)));
    canvas.addEventListener("pointerleave", () => go(-1));
    canvas.addEventListener("blur", () => go(-1));
    canvas.addEventListener("click", (e) => {
      const n = under(e);
      if (n >= 0) pick?.(n);
    });
    canvas.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[e.key];
      if (by) go(at < 0 ? 0 : at + by >= 0 && at + by < count ? at + by : at);
      else if (e.key === "Enter" && at >= 0 && pick) pick(at);
      else if (e.key === "Escape") go(-1);
      else return;
      e.preventDefault();
    });
  }
}

// enlarge reads a small grid at the pixels of a larger one, evenly between its
// values.
export function enlarge({ height, width, values }, toHeight, toWidth) {
  const out = new Float32Array(toHeight * toWidth);
  const between = (i, to, from) => Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
  for (let y = 0; y < toHeight; y++) {
    const fy = between(y, toHeight, height), y0 = Math.floor(fy), y1 = Math.min(height - 1, y0 + 1);
    for (let x = 0; x < toWidth; x++) {
      const fx = between(x, toWidth, width), x0 = Math.floor(fx), x1 = Math.min(width - 1, x0 + 1);
      const above = values[y0 * width + x0] * (x0 + 1 - fx) + values[y0 * width + x1] * (fx - x0);
      const below = values[y1 * width + x0] * (x0 + 1 - fx) + values[y1 * width + x1] * (fx - x0);
      out[y * toWidth + x] = above * (y0 + 1 - fy) + below * (fy - y0);
    }
  }
  return out;
}
