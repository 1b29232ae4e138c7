package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A stream is an array argument which a loop walks, with the size of its elements.
type stream struct {
	param string
	size  int
}

func floats(params ...string) []stream {
	var list []stream
	for _, p := range params {
		list = append(list, stream{p, 4})
	}
	return list
}

// loop runs body over the elements of all streams, as many as the first has:
// several vectors at a time, then single ones, then a masked tail. body is given
// the vector's place in each stream and its number among several, to choose
// registers by.
func (s isa) loop(label string, streams []stream, unroll int, body func(at []Mem, u int, tail bool)) {
	n := length(streams[0].param)
	ptr := pointers(streams)
	s.loopAt(label, n, ptr, streams, unroll, false, body)
}

// pointers loads where the streams begin.
func pointers(streams []stream) []reg.GPVirtual {
	ptr := make([]reg.GPVirtual, len(streams))
	for i, st := range streams {
		ptr[i] = Load(Param(st.param).Base(), GP64()).(reg.GPVirtual)
	}
	return ptr
}

// length loads how many elements a slice has.
func length(param string) reg.GPVirtual {
	return Load(Param(param).Len(), GP64()).(reg.GPVirtual)
}

// loopAt is loop with the streams' pointers at hand. It keeps n and the pointers. A body that may do the same elements
// again, as one that reads nothing that it writes, spares AVX2 the masks: the last whole vector takes the tail with it.
func (s isa) loopAt(label string, n reg.GPVirtual, ptr []reg.GPVirtual, streams []stream, unroll int, again bool, body func(at []Mem, u int, tail bool)) {
	i, end := GP64(), GP64()
	at := func(u int) []Mem {
		list := make([]Mem, len(streams))
		for k, st := range streams {
			list[k] = Mem{Base: ptr[k], Index: i, Scale: uint8(st.size), Disp: st.size * s.lanes * u}
		}
		return list
	}
	XORQ(i, i)
	if unroll > 1 {
		MOVQ(n, end)
		SUBQ(Imm(uint64(s.lanes*unroll)), end)
		JL(LabelRef(label + "_single"))
		Label(label + "_many")
		for u := range unroll {
			body(at(u), u, false)
		}
		ADDQ(Imm(uint64(s.lanes*unroll)), i)
		CMPQ(i, end)
		JLE(LabelRef(label + "_many"))
	}
	Label(label + "_single")
	MOVQ(n, end)
	SUBQ(U8(s.lanes), end)
	CMPQ(i, end)
	JG(LabelRef(label + "_tail"))
	Label(label + "_one")
	body(at(0), 0, false)
	ADDQ(U8(s.lanes), i)
	CMPQ(i, end)
	JLE(LabelRef(label + "_one"))
	Label(label + "_tail")
	MOVQ(n, end)
	SUBQ(i, end)
	JZ(LabelRef(label + "_done"))
	if again && !s.wide() {
		CMPQ(n, U8(s.lanes))
		JL(LabelRef(label + "_few"))
		MOVQ(n, i)
		SUBQ(U8(s.lanes), i)
		body(at(0), 0, false)
		JMP(LabelRef(label + "_done"))
		Label(label + "_few")
	}
	s.setTail(end)
	body(at(0), 0, true)
	Label(label + "_done")
}

func elementwise(s isa) {
	r := s.regs
	constant := r[14] // below Y15 and out of the way of the bodies

	s.text("add", "func(dst, src []float32)", "adds src to dst.")
	s.loop("add", floats("dst", "src"), 4, func(at []Mem, u int, tail bool) {
		s.load(at[0], r[2*u], tail)
		if tail {
			s.load(at[1], r[2*u+1], tail)
			VADDPS(r[2*u+1], r[2*u], r[2*u])
		} else {
			VADDPS(at[1], r[2*u], r[2*u])
		}
		s.store(r[2*u], at[0], tail)
	})
	s.end()

	s.text("axpy", "func(dst []float32, s float32, src []float32)", "adds s*src to dst.")
	s.broadcast("s", constant)
	s.loop("axpy", floats("dst", "src"), 4, func(at []Mem, u int, tail bool) {
		s.load(at[0], r[2*u], tail)
		s.load(at[1], r[2*u+1], tail)
		VFMADD231PS(r[2*u+1], constant, r[2*u])
		s.store(r[2*u], at[0], tail)
	})
	s.end()

	s.text("scale", "func(dst []float32, s float32)", "multiplies dst by s.")
	s.broadcast("s", constant)
	s.loop("scale", floats("dst"), 4, func(at []Mem, u int, tail bool) {
		s.load(at[0], r[u], tail)
		VMULPS(r[u], constant, r[u])
		s.store(r[u], at[0], tail)
	})
	s.end()

	s.text("relu", "func(y, x []float32)", "sets y = max(x, 0).")
	s.zero(constant)
	s.loop("relu", floats("y", "x"), 4, func(at []Mem, u int, tail bool) {
		s.load(at[1], r[u], tail)
		s.relu(r[u], constant)
		s.store(r[u], at[0], tail)
	})
	s.end()

	for _, relu := range []bool{false, true} {
		name, doc := "sum", "sets y = a + b."
		if relu {
			name, doc = "sumReLU", "sets y = max(a + b, 0)."
		}
		s.text(name, "func(y, a, b []float32)", doc)
		s.zero(constant)
		s.loop(name, floats("y", "a", "b"), 4, func(at []Mem, u int, tail bool) {
			s.load(at[1], r[2*u], tail)
			s.load(at[2], r[2*u+1], tail)
			VADDPS(r[2*u+1], r[2*u], r[2*u])
			if relu {
				s.relu(r[2*u], constant)
			}
			s.store(r[2*u], at[0], tail)
		})
		s.end()
	}

	s.text("reluBackward", "func(dx, dy, y []float32)", "sets dx = dy, and 0 where y <= 0.")
	s.zero(constant)
	s.loop("reluBackward", floats("dx", "dy", "y"), 4, func(at []Mem, u int, tail bool) {
		dy, y := r[2*u], r[2*u+1]
		s.load(at[2], y, tail)
		s.load(at[1], dy, tail)
		if s.wide() {
			VCMPPS(Imm(notLessEqual), constant, y, reg.K2)
			VMOVAPS_Z(dy, reg.K2, dy)
		} else {
			VCMPPS(Imm(notLessEqual), constant, y, y)
			VANDPS(y, dy, dy)
		}
		s.store(dy, at[0], tail)
	})
	s.end()

	s.text("fromBytes", "func(dst []float32, src []byte, s float32)", "sets dst = float32(src)*s. Without AVX-512 their length is a multiple of 8.")
	s.broadcast("s", constant)
	s.loop("fromBytes", []stream{{"dst", 4}, {"src", 1}}, 4, func(at []Mem, u int, tail bool) {
		if tail && !s.wide() {
			return
		}
		if tail {
			VPMOVZXBD_Z(at[1], reg.K1, r[u])
		} else {
			VPMOVZXBD(at[1], r[u])
		}
		VCVTDQ2PS(r[u], r[u])
		VMULPS(r[u], constant, r[u])
		s.store(r[u], at[0], tail)
	})
	s.end()

	s.sumSquares()
}

// Predicates of VCMPPS.
const (
	lessEqual    = 2
	unordered    = 3
	notLessEqual = 6
	greater      = 0x1e
)

// relu replaces negative values of x. The order of VMAXPS's operands lets NaN through.
func (s isa) relu(x, zero reg.VecPhysical) { VMAXPS(x, zero, x) }

// end leaves a function. Without VZEROUPPER the SSE code that follows would be slow.
func (s isa) end() {
	VZEROUPPER()
	RET()
}

// sumSquares keeps four vectors of float64 sums.
func (s isa) sumSquares() {
	s.text("sumSquares", "func(x []float32) float64", "adds up the squares of x, a multiple of 32 elements.")
	x := Load(Param("x").Base(), GP64())
	n := length("x")
	r := s.regs
	for i := range 4 {
		s.zero(r[i])
	}
	half := s.lanes / 2
	Label("many")
	for i := range 32 / half {
		VCVTPS2PD(Mem{Base: x, Disp: 4 * half * i}, r[4+i])
		VFMADD231PD(r[4+i], r[4+i], r[i%4])
	}
	ADDQ(U8(128), x)
	SUBQ(U8(32), n)
	JNZ(LabelRef("many"))
	VADDPD(r[2], r[0], r[0])
	VADDPD(r[3], r[1], r[1])
	VADDPD(r[1], r[0], r[0])
	if s.wide() {
		VEXTRACTF64X4(Imm(1), reg.Z0, reg.Y1)
		VADDPD(reg.Y1, reg.Y0, reg.Y0)
	}
	VEXTRACTF128(Imm(1), reg.Y0, reg.X1)
	VADDPD(reg.X1, reg.X0, reg.X0)
	VHADDPD(reg.X0, reg.X0, reg.X0)
	Store(reg.X0, ReturnIndex(0))
	s.end()
}
