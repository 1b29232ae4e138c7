// The worker in which a page's module runs. What defines loadTatami stands before
// this, in one script.

// unpack reads what a page carries: 13 bits in two of 91 characters.
const places = new Uint8Array(128);
for (let code = 33, place = 0; code < 127; code++) if (!"<&\\".includes(String.fromCharCode(code))) places[code] = place++;

function unpack({ packed, bytes }) {
  const out = new Uint8Array(bytes);
  for (let i = 0, n = 0, held = 0, bits = 0; n < bytes; i += 2) {
    held |= (91 * places[packed.charCodeAt(i)] + places[packed.charCodeAt(i + 1)]) << bits;
    for (bits += 13; bits >= 8 && n < bytes; bits -= 8) {
      out[n++] = held & 255;
      held >>>= 8;
    }
  }
  return out;
}

// content is a body: none, bytes, or compressed ones that may be packed.
async function content(body) {
  if (!body || body instanceof Uint8Array) return body ?? new Uint8Array();
  const unzip = new DecompressionStream("gzip"), writer = unzip.writable.getWriter();
  const ignore = () => {}; // what fails is told by the reader
  writer.write(body.packed ? unpack(body) : body.zipped).catch(ignore);
  writer.close().catch(ignore);
  const chunks = [];
  let size = 0;
  for (const reader = unzip.readable.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  const out = new Uint8Array(size);
  for (let i = 0, at = 0; i < chunks.length; at += chunks[i++].length) out.set(chunks[i], at);
  return out;
}

// The program calls these, and sets call.
globalThis.answered = (id, status, body) => postMessage({ id, status, body }, [body.buffer]);
globalThis.told = (text) => postMessage({ event: JSON.parse(text) });

async function start({ wasm, simd }) {
  const program = await loadTatami(await content(wasm), await content(simd));
  await new Promise((listening) => {
    globalThis.listening = listening;
    program.run().then(() => postMessage({ failed: "the program ended" }));
  });
}

let last = Promise.resolve(); // calls keep their order, however long their bodies take
onmessage = ({ data }) => {
  last = last.then(async () => {
    if (data.start) await start(data.start);
    else if (data.carried) answered(data.id, 200, await content(data.carried));
    else call(data.id, data.address, data.kind, await content(data.body));
  }).catch((error) => postMessage({ failed: String(error) }));
};
