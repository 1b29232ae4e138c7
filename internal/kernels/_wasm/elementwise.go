package main

import (
	"maps"
	"slices"
	"strings"
)

// each runs body for four elements at a time, and for each of the rest. Its
// pointers are parameters; those to codes are to bytes.
func (f *function) each(n local, pointers string, body func(t valtype, at map[string]local)) {
	at := map[string]local{}
	for _, name := range strings.Fields(pointers) {
		at[name] = f.param(name)
	}
	f.eachAt(n, at, body)
}

func (f *function) eachAt(n local, at map[string]local, body func(t valtype, at map[string]local)) {
	for _, t := range []valtype{v128, f32} {
		f.while(n, lanes(t), func() {
			body(t, at)
			f.advanceAll(at, lanes(t))
		})
	}
}

// advanceAll moves pointers on by so many elements.
func (f *function) advanceAll(at map[string]local, elements int) {
	for _, name := range slices.Sorted(maps.Keys(at)) {
		size := 4
		if name == "code" {
			size = 1
		}
		f.advance(at[name], elements*size)
	}
}

// eachAgain is eachAt for a body that writes nothing that it reads: the last four
// elements may be among those before.
func (f *function) eachAgain(n local, at map[string]local, body func(t valtype, at map[string]local)) {
	f.if_(f.less(f.get(n), f.int(4)), func() {
		f.while(n, 1, func() {
			body(f32, at)
			f.advanceAll(at, 1)
		})
	}, func() {
		f.loop(func(again func(value)) {
			body(v128, at)
			f.advanceAll(at, 4)
			f.advance(n, -4)
			for _, rest := range []int{1, 2, 3} {
				f.if_(f.equal(f.get(n), f.int(rest)), func() {
					f.advanceAll(at, rest-4)
					f.set(n, f.int(4))
				})
			}
			again(f.get(n))
		})
	})
}

func lanes(t valtype) int {
	if t == v128 {
		return 4
	}
	return 1
}

// elementwise makes the functions that take all elements alike.
func elementwise(m *module) {
	simple := func(name, signature, pointers, doc string, body func(f *function, load func(name string) value, t valtype) value) {
		names := strings.Fields(pointers)
		f := m.function(name, signature, "n = len("+names[0]+")", doc)
		f.each(f.param("n"), pointers, func(t valtype, at map[string]local) {
			f.get(at[names[0]])
			f.store(value(i32), body(f, func(name string) value { return f.load(t, f.get(at[name]), 0) }, t), 0)
		})
	}
	simple("add", "dst, src []float32", "dst src", "adds src to dst.", func(f *function, load func(string) value, _ valtype) value {
		return f.add(load("dst"), load("src"))
	})
	simple("sum", "y, a, b []float32", "y a b", "sets y = a + b.", func(f *function, load func(string) value, _ valtype) value {
		return f.add(load("a"), load("b"))
	})
	simple("sumReLU", "y, a, b []float32", "y a b", "sets y = max(a + b, 0).", func(f *function, load func(string) value, _ valtype) value {
		return f.relu(f.add(load("a"), load("b")))
	})
	simple("axpy", "dst []float32, s float32, src []float32", "dst src", "adds s*src to dst.", func(f *function, load func(string) value, t valtype) value {
		return f.add(load("dst"), f.mul(f.splat(t, f.get(f.param("s"))), load("src")))
	})
	simple("scale", "dst []float32, s float32", "dst", "multiplies dst by s.", func(f *function, load func(string) value, t valtype) value {
		return f.mul(load("dst"), f.splat(t, f.get(f.param("s"))))
	})
	simple("relu", "y, x []float32", "y x", "sets y = max(x, 0).", func(f *function, load func(string) value, _ valtype) value {
		return f.relu(load("x"))
	})
	simple("reluBackward", "dx, dy, y []float32", "dx dy y", "sets dx = dy, or 0 where y <= 0.", func(f *function, load func(string) value, t valtype) value {
		return f.choose(f.zero(t), load("dy"), f.most(load("y"), f.zero(t)))
	})
	simple("sigmoidBackward", "dx, dy, y []float32", "dx dy y", "sets dx = dy*y*(1 - y).", func(f *function, load func(string) value, t valtype) value {
		return f.mul(f.mul(load("dy"), load("y")), f.sub(f.float(t, 1), load("y")))
	})

	// x̂ is (x - mean)*inverse.
	hat := func(f *function, load func(string) value, t valtype) value {
		return f.mul(f.sub(load("x"), f.splat(t, f.get(f.param("mean")))), f.splat(t, f.get(f.param("inverse"))))
	}
	simple("standardize", "y, x, gamma, beta []float32, mean, inverse float32", "y x gamma beta", "sets y = gamma*x̂ + beta.", func(f *function, load func(string) value, t valtype) value {
		return f.add(f.mul(hat(f, load, t), load("gamma")), load("beta"))
	})
	simple("standardBackward", "dx, dy, x, gamma []float32, mean, inverse, shift, slope float32", "dx dy x gamma",
		"sets dx = inverse*(gamma*dy - shift - x̂*slope).", func(f *function, load func(string) value, t valtype) value {
			field := func(name string) value { return f.splat(t, f.get(f.param(name))) }
			d := f.keep(f.sub(f.mul(load("dy"), load("gamma")), field("shift")))
			f.set(d, f.sub(f.get(d), f.mul(hat(f, load, t), field("slope"))))
			return f.mul(f.get(d), field("inverse"))
		})

	f := m.function("fromBytes", "dst []float32, code []uint8, scale float32", "n = len(dst)", "sets dst = code*scale.")
	f.each(f.param("n"), "dst code", func(t valtype, at map[string]local) {
		to := f.get(at["dst"])
		f.store(to, f.mul(f.toFloat(f.loadCodes(t, f.get(at["code"]))), f.splat(t, f.get(f.param("scale")))), 0)
	})

	f = m.function("sumSquares", "x []float32", "n = len(x)", "returns the sum of squares, added up in float64.")
	f.result = f64
	sums := map[valtype][]local{v128: {f.local(v128), f.local(v128)}, f32: {f.local(f64)}}
	f.each(f.param("n"), "x", func(t valtype, at map[string]local) {
		x := f.keep(f.load(t, f.get(at["x"]), 0))
		for half, sum := range sums[t] {
			d := f.keep(f.double(x, half))
			square := f.keep(f.doubles(f.mul, mulDoubles, f.get(d), f.get(d)))
			f.set(sum, f.doubles(f.add, addDoubles, f.get(sum), f.get(square)))
		}
	})
	low, high, rest := sums[v128][0], sums[v128][1], sums[f32][0]
	f.set(low, f.vectorOp(addDoubles, f.get(low), f.get(high)))
	f.add(f.add(f.doubleLane(f.get(low), 0), f.doubleLane(f.get(low), 1)), f.get(rest))
}

// Instructions of vectors of two float64.
const (
	addDoubles = 0xf0
	mulDoubles = 0xf2
	toDoubles  = 0x5f // the first two lanes of float32
)

// doubles is an operation on float64, single or two in a vector.
func (f *function) doubles(single func(a, b value) value, vector int, a, b value) value {
	if valtype(a) == v128 {
		return f.vectorOp(vector, a, b)
	}
	return single(a, b)
}

// double makes a float32 a float64, or half of the four in a vector.
func (f *function) double(x local, half int) value {
	switch {
	case x.t == f32:
		f.get(x)
		f.byte(0xbb)
		return value(f64)
	case half == 0:
		return f.vectorOp(toDoubles, f.get(x))
	}
	return f.vectorOp(toDoubles, f.pick(f.get(x), f.get(x), [4]byte{2, 3, 2, 3}))
}

// doubleLane takes a float64 out of a vector.
func (f *function) doubleLane(v value, n int) value {
	f.want(v, v128)
	f.vector(0x21)
	f.byte(byte(n))
	return value(f64)
}

// toFloat makes integers floats.
func (f *function) toFloat(v value) value {
	if valtype(v) == v128 {
		return f.vectorOp(0xfb, v)
	}
	f.byte(0xb3)
	return value(f32)
}

// relu is v, or 0 where it is less; NaN stays.
func (f *function) relu(v value) value {
	x := f.keep(v)
	return f.choose(f.zero(x.t), f.get(x), f.less(f.get(x), f.zero(x.t)))
}
