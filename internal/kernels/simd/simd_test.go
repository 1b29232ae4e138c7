//go:build !js

package simd_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"tatami/internal/kernels/simd"
)

// TestLoader: what cannot run together says so, and hands no program out.
func TestLoader(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: the loader needs node in PATH")
	}
	file := t.TempDir() + "/simd.wasm"
	if err := os.WriteFile(file, simd.Module, 0o644); err != nil {
		t.Fatal(err)
	}
	// A program that imports a kernel of the given name, and has a memory.
	const script = `
		globalThis.Go = class { importObject = {}; run() {} };
		const text = (s) => [s.length, ...Buffer.from(s)];
		const section = (id, ...content) => [id, content.length, ...content];
		const program = (name) => new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, 1, 0x60, 0, 0),
			...section(2, 1, ...text("tatami"), ...text(name), 0, 0), ...section(5, 1, 0, 1), ...section(7, 1, ...text("mem"), 2, 0)]);
		const simd = require("fs").readFileSync(process.argv[1]);
		(async () => {
			for (const [name, module] of [["add", simd], ["add"], ["none", simd], ["add", new Uint8Array([1])]]) {
				await loadTatami(program(name), module).then((p) => console.log(typeof p.run), (err) => console.log(err.message));
			}
		})();`
	out, err := exec.Command(node, "-e", simd.Loader+script, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	want := []string{"function", "needs the module of its kernels", "has no none", "lacks vectors"}
	if len(lines) != len(want) {
		t.Fatalf("node says %q", lines)
	}
	for i, part := range want {
		if !strings.Contains(lines[i], part) {
			t.Errorf("load %d: %q, want %q in it", i, lines[i], part)
		}
	}
}
