// Runs a program in a worker as Node would: what it prints goes to the server,
// and files of the server's folder can be read.
"use strict";

importScripts("wasm_exec.js", "load.js");

const ask = (method, path, body) => {
	const request = new XMLHttpRequest();
	request.open(method, path, false);
	request.overrideMimeType("text/plain; charset=x-user-defined"); // bytes as they are
	request.send(body);
	return request.status === 200 ? Uint8Array.from(request.responseText, (c) => c.charCodeAt(0)) : null;
};

const decoder = new TextDecoder();
const opened = new Map();
const missing = () => Object.assign(new Error("no such file"), { code: "ENOENT" });
const state = (size) => ({
	dev: 0, ino: 0, mode: 0o100444, nlink: 1, uid: 0, gid: 0, rdev: 0, size, blksize: 4096, blocks: 0,
	atimeMs: 0, mtimeMs: 0, ctimeMs: 0, isDirectory: () => false,
});
Object.assign(fs, {
	writeSync(fd, bytes) {
		ask("POST", "print", bytes);
		return bytes.length;
	},
	open(path, flags, mode, done) {
		const bytes = ask("GET", "file?path=" + encodeURIComponent(path));
		if (!bytes) return done(missing());
		const fd = 3 + opened.size;
		opened.set(fd, { bytes, at: 0 });
		done(null, fd);
	},
	read(fd, buffer, offset, length, position, done) {
		const file = opened.get(fd);
		const at = position ?? file.at;
		const part = file.bytes.subarray(at, at + length);
		buffer.set(part, offset);
		file.at = at + part.length;
		done(null, part.length);
	},
	fstat: (fd, done) => done(null, state(opened.get(fd).bytes.length)),
	close: (fd, done) => done(null),
	stat(path, done) {
		const bytes = ask("GET", "file?path=" + encodeURIComponent(path));
		bytes ? done(null, state(bytes.length)) : done(missing());
	},
});
fs.lstat = fs.stat;
process.cwd = () => "/";

(async () => {
	try {
		const bytes = async (path) => (await fetch(path)).arrayBuffer();
		const program = await loadTatami(await bytes("program.wasm"), await bytes("simd.wasm"));
		const { args, env } = await (await fetch("start")).json();
		program.go.argv = ["program", ...args];
		program.go.env = env;
		program.go.exit = (code) => ask("POST", "exit?code=" + code);
		await program.run();
	} catch (err) {
		ask("POST", "print", new TextEncoder().encode(err.stack + "\n"));
		ask("POST", "exit?code=2");
	}
})();
