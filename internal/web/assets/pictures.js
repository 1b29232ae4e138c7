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
    ground: read("digit-ground"), ink: read("digit-ink"), line: read("line"), accent: style.getPropertyValue("--accent").trim(),
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

// digit paints a picture of the API: {height, width, pixels}, 0 to 255.
export function digit(canvas, { height, width, pixels }) {
  paint(canvas, height, width, (y, x) => grey(pixels[y * width + x] / 255));
}

export const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

// sheet is a canvas with many small pictures of one size beside each other.
// value(n, row, column) gives picture n's values. columns, if given, is how
// many stand in a row; otherwise as many as there is room for.
export function sheet({ count, height, width, value, most, columns, room, label, pick }) {
  const plain = height * width === 1; // single numbers
  const wanted = plain ? 16 : columns ? 22 : 58; // a picture's side
  let scale = Math.max(1, Math.round(wanted / Math.max(height, width)));
  const gap = plain || columns > 20 ? 1 : columns ? 3 : 6;
  if (columns) scale = Math.max(1, Math.min(scale, Math.floor((room / columns - gap) / width)));
  const across = columns ?? Math.max(1, Math.min(count, Math.floor((room + gap) / (width * scale + gap))));
  const stepX = width * scale + gap, stepY = height * scale + gap;
  const canvas = make("canvas", { role: "img", "aria-label": label });
  const dense = Math.max(1, Math.min(3, Math.round(devicePixelRatio)));
  const sides = [across * stepX - gap, Math.ceil(count / across) * stepY - gap];
  [canvas.width, canvas.height] = sides.map((side) => side * dense);
  canvas.style.width = `${sides[0]}px`;
  if (pick) {
    canvas.className = "pickable";
    canvas.addEventListener("click", (e) => {
      const size = sides[0] / canvas.clientWidth;
      const n = Math.floor((e.offsetY * size) / stepY) * across + Math.min(across - 1, Math.floor((e.offsetX * size) / stepX));
      if (n < count) pick(n);
    });
  }
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  const small = new OffscreenCanvas(width, height), brush = small.getContext("2d");
  const image = brush.createImageData(width, height);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < height * width; i++) {
      image.data.set(signed(value(n, Math.floor(i / width), i % width), most), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    brush.putImageData(image, 0, 0);
    const left = (n % across) * stepX * dense, top = Math.floor(n / across) * stepY * dense;
    context.drawImage(small, left, top, width * scale * dense, height * scale * dense);
    if (gap === 1 && !plain) continue; // no room for frames
    context.strokeStyle = css(colours().line);
    context.strokeRect(left + 0.5, top + 0.5, width * scale * dense - 1, height * scale * dense - 1);
  }
  return canvas;
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
