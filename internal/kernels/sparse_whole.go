//go:build (arm64 && !purego) || (wasm && simd)

package kernels

// run computes rows of v vectors, the last of which has tail lanes: where those
// are not all, lane by lane.
func (s sparse) run(v int, c []float32, crow []int32, list []uint64, room int, n []int32, b []float32, _, _, tail int, add bool) {
	whole := v
	if tail < int(s) {
		whole--
	}
	at, end := 0, (v-1)*int(s)+tail
	for step := 0; at < end; at += step {
		for v > whole-at/int(s) {
			v /= 2
		}
		step = max(v*int(s), 1)
		sparseRun(v, c[at:], crow, list, room, n, b[at:], add)
	}
}
