package main

// peakSums is how many sums a peak loop keeps going.
const peakSums = 12

// peak makes the loop that multiplies and adds vectors as fast as a core can. It
// returns a sum, since what nobody reads need not be computed.
func peak(m *module) {
	f := m.function("peak", "rounds int32, x, y float32", "", "multiplies sums by x and adds y, and returns one of them.")
	f.result = f64
	x, y := f.keep(f.splat(v128, f.get(f.param("x")))), f.keep(f.splat(v128, f.get(f.param("y"))))
	var sums []local
	for range peakSums {
		sums = append(sums, f.local(v128))
	}
	f.while(f.param("rounds"), 1, func() {
		for _, sum := range sums {
			f.set(sum, f.add(f.mul(f.get(sum), f.get(x)), f.get(y)))
		}
	})
	for _, sum := range sums[1:] {
		f.set(sums[0], f.add(f.get(sums[0]), f.get(sum)))
	}
	f.double(f.keep(f.lane(f.get(sums[0]), 0)), 0)
}
