// loadTatami joins a program built with `GOOS=js GOARCH=wasm go build -tags simd`
// and the module of its kernels, which works on the program's own memory. It
// needs Go's own wasm_exec.js before it, and runs in a page, a worker or Node.
//
//	const program = await loadTatami(wasm, simd);
//	program.go.argv = ["tatami", "train"];
//	await program.run(); // until Go's main returns
//
// wasm and simd are the bytes of the two, or WebAssembly.Modules of them. A
// program built without the tag runs too; its simd may be left out.
"use strict";

globalThis.loadTatami = async (wasm, simd) => {
	const compiled = (code) => (code instanceof WebAssembly.Module ? code : WebAssembly.compile(code));
	const program = await compiled(wasm);
	const wanted = WebAssembly.Module.imports(program).filter((f) => f.module === "tatami");
	if (wanted.length > 0 && !simd) {
		throw new Error("loadTatami: the program was built with the tag simd and needs the module of its kernels");
	}

	// The program needs its imports first, and the kernels its memory: what is
	// imported hands over to the kernels once they are there. No kernel has more
	// arguments than are named here, and further ones are ignored.
	let kernels = {};
	const imports = {};
	for (const { name } of wanted) {
		imports[name] = (a, b, c, d, e, f, g, h, i, j, k, l, m, n) => kernels[name](a, b, c, d, e, f, g, h, i, j, k, l, m, n);
	}
	const go = new Go();
	const instance = await WebAssembly.instantiate(program, { ...go.importObject, tatami: imports });
	if (wanted.length > 0) {
		// Memory that grows later is the same object.
		kernels = (await WebAssembly.instantiate(await compiled(simd), { go: { mem: instance.exports.mem } })).exports;
		const missing = wanted.find(({ name }) => !kernels[name]);
		if (missing) {
			throw new Error(`loadTatami: the module of the kernels has no ${missing.name}; it belongs to another version`);
		}
	}
	return { go, instance, run: () => go.run(instance) };
};
