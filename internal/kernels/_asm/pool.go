package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// constant fills a register with an integer.
func (s isa) constant(v int, r reg.VecPhysical) {
	t := GP32()
	MOVL(U32(v), t)
	if s.wide() {
		VPBROADCASTD(t, r)
		return
	}
	VMOVD(t, r.AsX())
	VPBROADCASTD(r.AsX(), r)
}

// pool makes biasReLUMaxPool2 and maxPool2.
func (s isa) pool(name string, bias bool) {
	signature := "func(y []float32, code []uint8, row0, row1 []float32, windows, channels int)"
	streams := []stream{{"y", 4}, {"code", 1}, {"row0", 4}, {"row0", 4}, {"row1", 4}, {"row1", 4}}
	if bias {
		signature = "func(y []float32, code []uint8, row0, row1, bias []float32, windows int)"
		streams = append(streams, stream{"bias", 4})
	}
	s.text(name, signature, "pools the windows of two rows.")
	r := s.regs
	v, code, b := r[0:4], r[4], r[5]
	where, nan := r[6], r[7] // masks, without mask registers
	numbers := r[9:14]       // 1 to 4, from place 1
	zero := r[14]
	s.zero(zero)
	for i := 1; i <= 4; i++ {
		s.constant(i, numbers[i])
	}
	var channels reg.GPVirtual
	if bias {
		channels = length("bias")
	} else {
		channels = Load(Param("channels"), GP64()).(reg.GPVirtual)
	}
	ptr := pointers(streams)
	LEAQ(Mem{Base: ptr[3], Index: channels, Scale: 4}, ptr[3])
	LEAQ(Mem{Base: ptr[5], Index: channels, Scale: 4}, ptr[5])
	left := Load(Param("windows"), GP64())

	Label("window")
	s.loopAt("window", channels, ptr, streams, 1, true, func(at []Mem, u int, tail bool) {
		for i := range 4 {
			s.load(at[2+i], v[i], tail)
		}
		if bias {
			s.load(at[6], b, tail)
			for i := range 4 {
				VADDPS(b, v[i], v[i])
			}
		}
		s.zero(code)
		for i := 1; i < 4; i++ {
			if s.wide() {
				VCMPPS(U8(greater), v[0], v[i], reg.K2)
				VCMPPS(U8(unordered), v[i], v[i], reg.K3)
				KORW(reg.K2, reg.K3, reg.K2)
				VMOVAPS(v[i], reg.K2, v[0])
				VMOVDQA32(numbers[i], reg.K2, code)
			} else {
				VCMPPS(U8(greater), v[0], v[i], where)
				VCMPPS(U8(unordered), v[i], v[i], nan)
				VORPS(where, nan, where)
				VBLENDVPS(where, v[i], v[0], v[0])
				VBLENDVPS(where, numbers[i], code, code)
			}
		}
		if bias {
			if s.wide() {
				VCMPPS(U8(lessEqual), zero, v[0], reg.K2)
				VMOVAPS(zero, reg.K2, v[0])
				VMOVDQA32(numbers[4], reg.K2, code)
			} else {
				VCMPPS(U8(lessEqual), zero, v[0], where)
				VBLENDVPS(where, zero, v[0], v[0])
				VBLENDVPS(where, numbers[4], code, code)
			}
		}
		s.store(v[0], at[0], tail)
		s.storeCodes(code, where, at[1], channels, tail)
	})
	for i, st := range streams[:6] {
		step := Mem{Base: ptr[i], Index: channels, Scale: uint8(st.size)}
		if i >= 2 {
			step.Scale = 8
		}
		LEAQ(step, ptr[i])
	}
	DECQ(left)
	JNZ(LabelRef("window"))
	s.end()
}

// storeCodes writes the low byte of each lane. channels tells AVX2 the length of the tail.
func (s isa) storeCodes(code, spare reg.VecPhysical, to Mem, channels reg.GPVirtual, tail bool) {
	if s.wide() {
		if tail {
			VPMOVDB(code, reg.K1, to)
		} else {
			VPMOVDB(code, to)
		}
		return
	}
	VEXTRACTI128(U8(1), code, spare.AsX())
	VPACKUSDW(spare.AsX(), code.AsX(), code.AsX())
	VPACKUSWB(code.AsX(), code.AsX(), code.AsX())
	if !tail {
		VMOVQ(code.AsX(), to)
		return
	}
	bytes, p, n := GP64(), GP64(), GP64()
	VMOVQ(code.AsX(), bytes)
	LEAQ(to, p)
	MOVQ(channels, n)
	ANDQ(U8(7), n)
	Label("code")
	MOVB(bytes.As8(), Mem{Base: p})
	SHRQ(U8(8), bytes)
	INCQ(p)
	DECQ(n)
	JNZ(LabelRef("code"))
}

// loadCodes reads bytes into lanes.
func (s isa) loadCodes(from Mem, code reg.VecPhysical, channels reg.GPVirtual, tail bool) {
	switch {
	case !tail:
		VPMOVZXBD(from, code)
	case s.wide():
		VPMOVZXBD_Z(from, reg.K1, code)
	default:
		bytes, b, p, n := GP64(), GP64(), GP64(), GP64()
		XORQ(bytes, bytes)
		LEAQ(from, p)
		MOVQ(channels, n)
		ANDQ(U8(7), n)
		Label("code")
		SHLQ(U8(8), bytes)
		MOVBQZX(Mem{Base: p, Index: n, Scale: 1, Disp: -1}, b)
		ORQ(b, bytes)
		DECQ(n)
		JNZ(LabelRef("code"))
		VMOVQ(bytes, code.AsX())
		VPMOVZXBD(code.AsX(), code)
	}
}

func (s isa) unpool() {
	s.text("unpool2", "func(dx0, dx1, dy []float32, code []uint8, windows, channels int)", "spreads the gradients of windows over two rows.")
	streams := []stream{{"dy", 4}, {"code", 1}, {"dx0", 4}, {"dx0", 4}, {"dx1", 4}, {"dx1", 4}}
	r := s.regs
	dy, code, out := r[0], r[1], r[2:6]
	numbers := r[10:14]
	for i := range numbers {
		s.constant(i, numbers[i])
	}
	channels := Load(Param("channels"), GP64()).(reg.GPVirtual)
	ptr := pointers(streams)
	LEAQ(Mem{Base: ptr[3], Index: channels, Scale: 4}, ptr[3])
	LEAQ(Mem{Base: ptr[5], Index: channels, Scale: 4}, ptr[5])
	left := Load(Param("windows"), GP64())

	Label("window")
	s.loopAt("window", channels, ptr, streams, 1, true, func(at []Mem, u int, tail bool) {
		s.load(at[0], dy, tail)
		s.loadCodes(at[1], code, channels, tail)
		for i := range 4 {
			if s.wide() {
				VPCMPEQD(numbers[i], code, reg.K2)
				VMOVAPS_Z(dy, reg.K2, out[i])
			} else {
				VPCMPEQD(numbers[i], code, out[i])
				VANDPS(dy, out[i], out[i])
			}
			s.store(out[i], at[2+i], tail)
		}
	})
	for i, st := range streams {
		step := Mem{Base: ptr[i], Index: channels, Scale: uint8(st.size)}
		if i >= 2 {
			step.Scale = 8
		}
		LEAQ(step, ptr[i])
	}
	DECQ(left)
	JNZ(LabelRef("window"))
	s.end()
}
