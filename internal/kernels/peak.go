package kernels

// peakRounds is how many rounds one call of a peak loop makes: about 20 µs.
const peakRounds = 1 << 13

// Peak multiplies and adds in registers with the named instruction set, which
// must be available, as fast as a core can, for about 20 µs, and returns the
// number of operations; a multiply-add counts as two. It is for measuring.
func Peak(name string) int {
	for _, s := range available() {
		if s.name == name {
			return s.peak()
		}
	}
	panic("kernels: Peak: no such instruction set")
}

// peakPortable keeps twelve values going, each multiplied and added to in turn.
func peakPortable() int {
	x, y := 1/float32(len(isaNames)), float32(len(isaNames))
	var a, b, c, d, e, f, g, h, i, j, k, l float32
	for range peakRounds {
		a, b, c, d = a*x+y, b*x+y, c*x+y, d*x+y
		e, f, g, h = e*x+y, f*x+y, g*x+y, h*x+y
		i, j, k, l = i*x+y, j*x+y, k*x+y, l*x+y
	}
	if a+b+c+d+e+f+g+h+i+j+k+l == 0 {
		panic("kernels: peak: nothing was added")
	}
	return 2 * 12 * peakRounds
}
