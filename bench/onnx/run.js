// Runs ONNX files with onnxruntime, for the test of layers/onnx and
// for bench/onnx/compare:
//
//	node run.js check {MODEL INPUT DIMS OUTPUT}...
//	node run.js time MODEL DIMS SECONDS
//
// INPUT and OUTPUT are float32 in little-endian order, DIMS such as 100,1,28,28.
// time prints the seconds of one run on two threads, the median of as many as fit SECONDS.
const fs = require('fs');
const ort = require('onnxruntime-node');

const open = (model, threads) => ort.InferenceSession.create(model, {intraOpNumThreads: threads, interOpNumThreads: 1});
const numbers = text => text.split(',').map(Number);

async function check([model, input, dims, output, ...rest]) {
  const session = await open(model, 1);
  const b = fs.readFileSync(input);
  const x = new ort.Tensor('float32', new Float32Array(b.buffer, b.byteOffset, b.length / 4), numbers(dims));
  const y = (await session.run({[session.inputNames[0]]: x}))[session.outputNames[0]];
  fs.writeFileSync(output, Buffer.from(y.data.buffer, y.data.byteOffset, y.data.byteLength));
  if (rest.length > 0) await check(rest);
}

async function main() {
  const [what, ...rest] = process.argv.slice(2);
  if (what === 'check') return check(rest);
  const session = await open(rest.shift(), 2);
  const dims = numbers(rest[0]);
  const x = new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)).fill(0.5), dims);
  const times = [];
  const end = performance.now() + 1000 * Number(rest[1]);
  for (let i = 0; i < 10 || performance.now() < end; i++) {
    const start = performance.now();
    await session.run({[session.inputNames[0]]: x});
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  console.log(times[times.length >> 1]);
}

main().catch(e => { console.error(e.message); process.exit(1); });
