// Layers forward and backward in plain loops, for the bench: the formulas of
// package reference, in float64. Nothing here knows of pages or servers.

// A batch is {n, h, w, c, data}: n samples of h rows, w columns and c channels,
// in this order. Filters are a batch of their own.
export const batch = (n, h, w, c, data = new Float64Array(n * h * w * c)) => ({ n, h, w, c, data });
export const index = (t, n, i, j, k) => ((n * t.h + i) * t.w + j) * t.c + k;
export const at = (t, n, i, j, k) => (i < 0 || j < 0 || i >= t.h || j >= t.w ? 0 : t.data[index(t, n, i, j, k)]);
const like = (t) => batch(t.n, t.h, t.w, t.c);
const map = (t, f) => batch(t.n, t.h, t.w, t.c, t.data.map(f));

// placement is where a layer's windows lie; names are those of the framework's
// specs, which leave out what is usual.
export function placement(s) {
  const { Size, Kernel = Size, KernelW = Kernel, Stride = Size ?? 1, StrideW = Stride, Dilation = 1, Groups = 1, Pad = 0, PadTop = 0, PadBottom = 0, PadLeft = 0, PadRight = 0 } = s;
  return { kh: Kernel, kw: KernelW, sh: Stride, sw: StrideW, d: Dilation, groups: Groups, top: Pad + PadTop, bottom: Pad + PadBottom, left: Pad + PadLeft, right: Pad + PadRight };
}

// outSide is how many windows fit along a side; less than 1 is none.
export const outSide = (side, before, after, kernel, stride, dilation) => Math.floor((side + before + after - dilation * (kernel - 1) - 1) / stride) + 1;

const outOf = (p, { h, w }) => [outSide(h, p.top, p.bottom, p.kh, p.sh, p.d), outSide(w, p.left, p.right, p.kw, p.sw, p.d)];

export function convolution(spec, x, weight, bias) {
  const p = placement(spec), y = batch(x.n, ...outOf(p, x), weight.n);
  // products visits each weight at each window, with where its channels begin.
  const products = (visit) => {
    for (let n = 0; n < y.n; n++) for (let i = 0; i < y.h; i++) for (let j = 0; j < y.w; j++) for (let o = 0; o < y.c; o++) {
      const first = Math.floor(o / (y.c / p.groups)) * weight.c, to = index(y, n, i, j, o);
      for (let u = 0; u < p.kh; u++) for (let v = 0; v < p.kw; v++) {
        const r = i * p.sh + u * p.d - p.top, s = j * p.sw + v * p.d - p.left;
        if (r >= 0 && s >= 0 && r < x.h && s < x.w) visit(to, index(x, n, r, s, first), index(weight, o, u, v, 0));
      }
    }
  };
  for (let k = 0; k < y.data.length; k++) y.data[k] = bias.data[k % y.c];
  products((to, from, w) => {
    let sum = 0;
    for (let c = 0; c < weight.c; c++) sum += x.data[from + c] * weight.data[w + c];
    y.data[to] += sum;
  });
  const backward = (dy) => {
    const dx = like(x), dw = like(weight), db = like(bias);
    dy.data.forEach((d, k) => (db.data[k % y.c] += d));
    products((to, from, w) => {
      const d = dy.data[to];
      for (let c = 0; d && c < weight.c; c++) {
        dw.data[w + c] += d * x.data[from + c];
        dx.data[from + c] += d * weight.data[w + c];
      }
    });
    return { dx, weight: dw, bias: db };
  };
  return { y, backward };
}

// shares are the pixels that make one output of a pooling, and by how much: the
// first of the greatest, or all inside the image alike.
export function shares(spec, x, n, i, j, c) {
  const p = placement(spec), pixels = [];
  for (let r = i * p.sh - p.top; r < i * p.sh - p.top + p.kh; r++) {
    for (let s = j * p.sw - p.left; s < j * p.sw - p.left + p.kw; s++) {
      if (r >= 0 && s >= 0 && r < x.h && s < x.w) pixels.push({ r, s, value: at(x, n, r, s, c) });
    }
  }
  if (spec.Average) return pixels.map((q) => ({ ...q, share: 1 / pixels.length }));
  const best = pixels.reduce((a, b) => (b.value > a.value ? b : a));
  return pixels.map((q) => ({ ...q, share: q === best ? 1 : 0 }));
}

export function pooling(spec, x) {
  const y = batch(x.n, ...outOf(placement(spec), x), x.c);
  const each = (visit) => {
    for (let n = 0; n < y.n; n++) for (let i = 0; i < y.h; i++) for (let j = 0; j < y.w; j++) for (let c = 0; c < y.c; c++) {
      for (const q of shares(spec, x, n, i, j, c)) if (q.share) visit(index(y, n, i, j, c), index(x, n, q.r, q.s, c), q.share);
    }
  };
  each((to, from, share) => (y.data[to] += share * x.data[from]));
  const backward = (dy) => {
    const dx = like(x);
    each((to, from, share) => (dx.data[from] += share * dy.data[to]));
    return { dx };
  };
  return { y, backward };
}

// affine takes each sample as one row of values.
export function affine(x, weight, bias) {
  const size = x.h * x.w * x.c, y = batch(x.n, 1, 1, weight.n);
  const each = (visit) => {
    for (let n = 0; n < x.n; n++) for (let o = 0; o < weight.n; o++) visit(n * weight.n + o, n * size, o * size, o);
  };
  each((to, from, w, o) => {
    let sum = bias.data[o];
    for (let k = 0; k < size; k++) sum += x.data[from + k] * weight.data[w + k];
    y.data[to] = sum;
  });
  const backward = (dy) => {
    const dx = like(x), dw = like(weight), db = like(bias);
    each((to, from, w, o) => {
      const d = dy.data[to];
      db.data[o] += d;
      for (let k = 0; d && k < size; k++) {
        dw.data[w + k] += d * x.data[from + k];
        dx.data[from + k] += d * weight.data[w + k];
      }
    });
    return { dx, weight: dw, bias: db };
  };
  return { y, backward };
}

// activation is a function of each value, and its slope by x and y.
const activation = (f, slope) => (spec, x) => {
  const y = map(x, (v) => f(v, spec));
  return { y, backward: (dy) => ({ dx: map(dy, (d, k) => d * slope(x.data[k], y.data[k], spec)) }) };
};
export const relu = activation((v) => Math.max(0, v), (x) => (x > 0 ? 1 : 0));
const activations = {
  ReLU: relu,
  LeakyReLU: activation((v, { Slope = 0.01 }) => (v > 0 ? v : Slope * v), (x, y, { Slope = 0.01 }) => (x > 0 ? 1 : Slope)),
  Sigmoid: activation((v) => 1 / (1 + Math.exp(-v)), (x, y) => y * (1 - y)),
  Tanh: activation(Math.tanh, (x, y) => 1 - y * y),
  Dropout: activation((v) => v, () => 1), // in inference
};

export function softmax(x) {
  const y = like(x);
  for (let from = 0; from < x.data.length; from += x.c) {
    const row = x.data.subarray(from, from + x.c), top = Math.max(...row), e = row.map((v) => Math.exp(v - top)), sum = e.reduce((a, b) => a + b, 0);
    e.forEach((v, k) => (y.data[from + k] = v / sum));
  }
  return y;
}

// softmaxWithLoss is the mean cross-entropy, in nats; classes has the right one
// of each sample.
export function softmaxWithLoss(x, classes) {
  const y = softmax(x), size = x.h * x.w * x.c;
  const dx = map(y, (v, k) => (v - (classes[Math.floor(k / size)] === k % size ? 1 : 0)) / x.n);
  const loss = classes.reduce((sum, k, n) => sum - Math.log(y.data[n * size + k]) / x.n, 0);
  return { y, dx, loss };
}

// statistics are the mean and the (biased) variance of each channel.
export function statistics(x) {
  const mean = new Float64Array(x.c), variance = new Float64Array(x.c), m = x.n * x.h * x.w;
  x.data.forEach((v, k) => (mean[k % x.c] += v / m));
  x.data.forEach((v, k) => (variance[k % x.c] += (v - mean[k % x.c]) ** 2 / m));
  return { mean, variance, m };
}

// batchNormalization takes the batch's own statistics, or running ones, which
// do not move with x.
export function batchNormalization({ Epsilon = 1e-5 }, x, gamma, beta, running) {
  const { mean, variance } = running ?? statistics(x), m = x.n * x.h * x.w;
  const scale = Array.from(variance, (v) => 1 / Math.sqrt(v + Epsilon));
  const hat = map(x, (v, k) => (v - mean[k % x.c]) * scale[k % x.c]);
  const y = map(hat, (v, k) => gamma.data[k % x.c] * v + beta.data[k % x.c]);
  const backward = (dy) => {
    const dgamma = like(gamma), dbeta = like(beta);
    dy.data.forEach((d, k) => {
      dbeta.data[k % x.c] += d;
      dgamma.data[k % x.c] += d * hat.data[k];
    });
    const dx = map(dy, (d, k) => {
      const c = k % x.c;
      return gamma.data[c] * scale[c] * (running ? d : d - dbeta.data[c] / m - (hat.data[k] * dgamma.data[c]) / m);
    });
    return { dx, gamma: dgamma, beta: dbeta };
  };
  return { y, hat, mean, variance, scale, backward };
}

function globalAveragePooling(x) {
  const y = batch(x.n, 1, 1, x.c), m = x.h * x.w;
  x.data.forEach((v, k) => (y.data[Math.floor(k / (m * x.c)) * x.c + (k % x.c)] += v / m));
  return { y, backward: (dy) => ({ dx: map(x, (_, k) => dy.data[Math.floor(k / (m * x.c)) * x.c + (k % x.c)] / m) }) };
}

// network takes an answer of /api/v1/weights. Its layers are {type, spec, params},
// params by name, and may be changed. unknown is a layer that is not computed
// here, if there is one.
export function network({ input, layers }) {
  const read = ({ name, count, height, width, channels, values }) => {
    const bytes = Uint8Array.from(atob(values), (c) => c.charCodeAt(0));
    return [name, batch(count, height, width, channels, Float64Array.from(new Float32Array(bytes.buffer)))];
  };
  const build = (spec, params) => {
    const layer = { type: spec.type, spec, params: {} };
    if (spec.type === "Residual") {
      [layer.body, layer.shortcut] = [spec.Body, spec.Shortcut ?? []].map((list) => list.map((s) => build(s, params)));
    } else {
      for (let n = counts[spec.type] ?? 0; n > 0; n--) {
        const [name, value] = params.shift();
        layer.params[name] = value;
      }
    }
    return layer;
  };
  const built = layers.map((l) => ({ ...build(l.spec, l.parameters.map(read)), name: l.name, position: l.position }));
  return { input, layers: built, unknown: built.find((l) => !computes(l)) };
}

const computes = (l) => (l.body ? [...l.body, ...l.shortcut].every(computes) : l.type in counts || l.type in activations || ["Pooling", "GlobalAveragePooling", "Softmax"].includes(l.type));
const counts = { Convolution: 2, Affine: 2, BatchNormalization: 4 }; // of parameters

// run takes x through layers, and keeps what the way back needs.
export function run(layers, x) {
  const trace = [];
  for (const l of layers) {
    const step = { layer: l, x, ...apply(l, x) };
    trace.push(step);
    x = step.y;
  }
  return trace;
}

function apply(l, x) {
  const { weight, bias, gamma, beta, mean, variance } = l.params;
  switch (l.type) {
    case "Convolution": return convolution(l.spec, x, weight, bias);
    case "Affine": return affine(x, weight, bias);
    case "Pooling": return pooling(l.spec, x);
    case "GlobalAveragePooling": return globalAveragePooling(x);
    case "BatchNormalization": return batchNormalization(l.spec, x, gamma, beta, { mean: mean.data, variance: variance.data });
    case "Softmax": return { y: softmax(x) };
    case "Residual": {
      const ways = [l.body, l.shortcut].map((list) => run(list, x)), ends = ways.map((w) => w.at(-1)?.y ?? x);
      return {
        y: map(ends[0], (v, k) => v + ends[1].data[k]),
        backward: (dy) => {
          const [a, b] = ways.map((w) => back(w, dy));
          return { dx: map(a, (v, k) => v + b.data[k]) };
        },
      };
    }
    default: return activations[l.type](l.spec, x);
  }
}

// back takes the gradient of what came out of a trace back to what went in; each
// step keeps its dy and the gradients that it got.
export function back(trace, dy) {
  for (const step of trace.toReversed()) {
    step.dy = dy;
    step.gradients = step.backward(dy);
    dy = step.gradients.dx;
  }
  return dy;
}
