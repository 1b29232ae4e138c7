// The page's side of a module that runs in a worker and answers as a server
// would.

// part is what the page carries under a name, packed, which the worker unpacks;
// undefined if it does not carry it.
export function part(name) {
  const e = document.getElementById(`part-${name}`);
  return e && { packed: e.textContent, bytes: Number(e.dataset.bytes) };
}

export class Module {
  #worker; #waiting = new Map(); #calls = 0; #failed;

  // script is the worker's source; wasm and simd, the program and its kernels, are
  // packed, or compressed as {zipped: bytes}. told is called with what the program
  // says unasked.
  constructor(script, wasm, simd, told) {
    this.#worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    this.#worker.onmessage = ({ data }) => {
      if (data.event) told?.(data.event);
      else if (data.failed) this.#fail(data.failed);
      else {
        this.#waiting.get(data.id)?.resolve(new Response(data.body, { status: data.status }));
        this.#waiting.delete(data.id);
      }
    };
    this.#worker.onerror = (e) => this.#fail(e.message);
    this.#worker.postMessage({ start: { wasm, simd } });
  }

  #fail(text) {
    this.#failed = new TypeError(text); // as fetch does where there is no server
    for (const { reject } of this.#waiting.values()) reject(this.#failed);
    this.#waiting.clear();
  }

  // unpack gives the bytes of what the page carries compressed.
  async unpack(part) {
    return new Uint8Array(await (await this.#ask({ carried: part })).arrayBuffer());
  }

  // fetch answers as that of the browser does. A body may be packed, too.
  async fetch(address, { body, headers } = {}) {
    if (body !== undefined && !body.packed && !body.zipped) body = new Uint8Array(await new Response(body).arrayBuffer());
    return this.#ask({ address, kind: headers?.["Content-Type"] ?? "", body });
  }

  #ask(message) {
    if (this.#failed) throw this.#failed;
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...message });
    });
  }
}
