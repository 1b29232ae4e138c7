// What Go's own wasm_exec_node.js does, by loadTatami.
"use strict";

const fs = require("fs");
const path = require("path");
const { execFileSync } = require("child_process");

globalThis.require = require;
globalThis.fs = fs;
globalThis.path = path;
globalThis.crypto ??= require("crypto").webcrypto;

const goroot = process.env.GOROOT || execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
require(path.join(goroot, "lib", "wasm", "wasm_exec.js"));
require("./load.js");

loadTatami(fs.readFileSync(process.argv[2]), fs.readFileSync(path.join(__dirname, "simd.wasm"))).then((program) => {
	const go = program.go;
	go.argv = process.argv.slice(2);
	go.env = Object.assign({ TMPDIR: require("os").tmpdir() }, process.env);
	go.exit = process.exit;
	process.on("exit", (code) => { // Node exits when no event is pending: a deadlock, which Go then reports
		if (code === 0 && !go.exited) {
			go._pendingEvent = { id: 0 };
			go._resume();
		}
	});
	return program.run();
}).catch((err) => {
	console.error(err);
	process.exit(1);
});
