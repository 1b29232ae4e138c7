// SimpleConvNet in TensorFlow.js, in Node without its native library, as in a
// page without WebGL: one image and a step of training, on each backend.
"use strict";

const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const path = require("path");

wasm.setWasmPaths(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + path.sep);

const median = async (n, f) => {
	await f();
	const times = [];
	for (let i = 0; i < n; i++) {
		const start = performance.now();
		await f();
		times.push(performance.now() - start);
	}
	return times.sort((a, b) => a - b)[n >> 1];
};

(async () => {
	for (const [backend, steps] of [["wasm", 3], ["cpu", 1]]) {
		await tf.setBackend(backend);
		const net = tf.sequential({
			layers: [
				tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 30, kernelSize: 5, activation: "relu" }),
				tf.layers.maxPooling2d({ poolSize: 2 }),
				tf.layers.flatten(),
				tf.layers.dense({ units: 100, activation: "relu" }),
				tf.layers.dense({ units: 10, activation: "softmax" }),
			],
		});
		net.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
		const image = tf.zeros([1, 28, 28, 1]);
		const one = await median(backend === "wasm" ? 50 : 3, async () => {
			const y = net.predict(image);
			await y.data();
			y.dispose();
		});
		console.log(`${backend}: one image ${one.toFixed(2)} ms`);
		const x = tf.randomUniform([100, 28, 28, 1]);
		const y = tf.oneHot(tf.randomUniform([100], 0, 10, "int32"), 10);
		try {
			const step = await median(steps, () => net.trainOnBatch(x, y));
			console.log(`${backend}: a step of 100 images ${step.toFixed(0)} ms, an epoch of 60,000 ${((step * 600) / 1000).toFixed(0)} s`);
		} catch (err) {
			console.log(`${backend}: no step: ${err.message.split("\n")[0]}`);
		}
	}
})();
