// Runs ONNX files with onnxruntime, two threads, for the test of layers/onnx and
// for bench/onnx/compare:
//
//	node run.js check MODEL INPUT DIMS > OUTPUT
//	node run.js time MODEL DIMS SECONDS
//
// INPUT and OUTPUT are float32 in little-endian order, DIMS such as 100,1,28,28.
// time prints the seconds of one run, the median of as many as fit SECONDS.
const fs = require('fs');
const ort = require('onnxruntime-node');

async function main() {
  const [what, model] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(model, {intraOpNumThreads: 2, interOpNumThreads: 1});
  const name = session.inputNames[0];
  const rest = process.argv.slice(4);
  const numbers = text => text.split(',').map(Number);
  if (what === 'check') {
    const b = fs.readFileSync(rest[0]);
    const x = new ort.Tensor('float32', new Float32Array(b.buffer, b.byteOffset, b.length / 4), numbers(rest[1]));
    const y = (await session.run({[name]: x}))[session.outputNames[0]];
    process.stdout.write(Buffer.from(y.data.buffer, y.data.byteOffset, y.data.byteLength));
    return;
  }
  const dims = numbers(rest[0]);
  const x = new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)).fill(0.5), dims);
  const times = [];
  const end = performance.now() + 1000 * Number(rest[1]);
  for (let i = 0; i < 10 || performance.now() < end; i++) {
    const start = performance.now();
    await session.run({[name]: x});
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  console.log(times[times.length >> 1]);
}

main().catch(e => { console.error(e.message); process.exit(1); });
