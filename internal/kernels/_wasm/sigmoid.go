package main

// e^x = 2^n·e^r with |r| ≤ ln(2)/2, and e^r = 1 + r + r²·(…): minimax coefficients
// from Cephes, the highest power first.
var exponential = []float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1}

const (
	log2E = 1.44269504088896341 // 1/ln 2
	ln2Hi = 0.693359375         // ln 2 in two parts, the first of few bits
	ln2Lo = -2.12194440e-4
	most  = 104 // beyond it float32 has no other value of e^x than 0 and infinity
)

// sigmoid makes the function of that name. A single element takes all lanes.
func sigmoid(m *module) {
	f := m.function("sigmoid", "y, x []float32", "n = len(y)", "sets y = 1/(1 + exp(-x)).")
	x, power, half, e := f.local(v128), f.local(v128), f.local(v128), f.local(v128)
	constant := func(c float32) value { return f.float(v128, c) }
	f.each(f.param("n"), "y x", func(t valtype, at map[string]local) {
		if t == v128 {
			f.set(x, f.load(v128, f.get(at["x"]), 0))
		} else {
			f.set(x, f.loadSplat(v128, f.get(at["x"]), 0))
		}
		f.set(x, f.sub(constant(0), f.get(x)))
		f.set(x, f.vectorOp(lesser, f.get(x), constant(most))) // the order of operands lets NaN through
		f.set(x, f.vectorOp(greater, f.get(x), constant(-most)))
		f.set(power, f.vectorOp(nearest, f.mul(f.get(x), constant(log2E))))
		f.set(x, f.sub(f.get(x), f.mul(f.get(power), constant(ln2Hi))))
		f.set(x, f.sub(f.get(x), f.mul(f.get(power), constant(ln2Lo))))
		f.set(e, constant(exponential[0]))
		for _, c := range exponential[1:] {
			f.set(e, f.add(f.mul(f.get(e), f.get(x)), constant(c)))
		}
		// 2^n in two steps: one has no room for all exponents.
		f.set(power, f.vectorOp(toInts, f.get(power)))
		f.set(half, f.shift(shiftRight, f.get(power), 1))
		f.set(power, f.vectorOp(subInts, f.get(power), f.get(half)))
		for _, p := range []local{half, power} {
			f.set(e, f.mul(f.get(e), f.shift(shiftLeft, f.vectorOp(addInts, f.get(p), f.codes(v128, 127)), 23)))
		}
		f.set(e, f.div(constant(1), f.add(constant(1), f.get(e))))
		to := f.get(at["y"])
		if t == v128 {
			f.store(to, f.get(e), 0)
		} else {
			f.store(value(i32), f.lane(f.get(e), 0), 0)
		}
	})
}

// shift moves the bits of integers.
func (f *function) shift(op int, v value, bits int) value {
	f.want(v, v128)
	f.int(bits)
	f.vector(op)
	return v
}
