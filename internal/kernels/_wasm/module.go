package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// valtype is the type of a value in WebAssembly.
type valtype byte

const (
	i32  valtype = 0x7f
	f32  valtype = 0x7d
	f64  valtype = 0x7c
	v128 valtype = 0x7b // four lanes of float32, two of float64, or integers
)

// module gathers functions that work on an imported memory.
type module struct{ functions []*function }

// A function is written in the order in which a stack machine runs: a Go
// expression such as f.add(f.get(x), f.mul(f.get(y), f.get(z))) emits its
// operands from left to right and then itself.
type function struct {
	name, doc string
	signature string // in Go
	params    []param
	result    valtype // 0: none
	locals    []valtype
	code      bytes.Buffer
	depth     int // of blocks around
}

// param is a parameter: its name, its type in Go, and what Go hands over.
type param struct {
	name, kind, from string
	local
}

// A local is a variable of a function.
type local struct {
	index int
	t     valtype
}

// A value is one that the code so far has left on the stack.
type value valtype

// goTypes are the types that parameters may have in Go.
var goTypes = map[string]valtype{
	"*float32": i32, "*float64": i32, "*uint8": i32, "*int32": i32, "*uint64": i32, "int32": i32, "bool": i32, "float32": f32,
}

// function begins a function with the signature of its operation in Go, or with
// addresses where that differs. A slice is handed over as its address alone, so
// lengths are given by "name = expression, …"; the step of an optimizer is
// handed over field by field.
func (m *module) function(name, signature, lengths, doc string) *function {
	f := &function{name: name, doc: doc, signature: signature}
	put := func(name, kind, from string) {
		t, ok := goTypes[kind]
		if !ok {
			panic(f.name + ": no type " + kind)
		}
		f.params = append(f.params, param{name, kind, from, local{len(f.params), t}})
	}
	for _, p := range parameters(signature) {
		fields, isStep := steps[p.kind]
		switch element, isSlice := strings.CutPrefix(p.kind, "[]"); {
		case isStep:
			for _, field := range strings.Fields(fields) {
				kind := "float32"
				if field == "Decoupled" {
					kind = "bool"
				}
				put(field, kind, p.name+"."+field)
			}
		case isSlice:
			put(p.name, "*"+element, "unsafe.SliceData("+p.name+")")
		case p.kind == "int":
			put(p.name, "int32", "int32("+p.name+")")
		default:
			put(p.name, p.kind, p.name)
		}
	}
	for _, length := range strings.Split(lengths, ", ") {
		if name, from, ok := strings.Cut(length, " = "); ok {
			put(name, "int32", "int32("+from+")")
		}
	}
	m.functions = append(m.functions, f)
	return f
}

// param is the parameter of that name.
func (f *function) param(name string) local {
	for _, p := range f.params {
		if p.name == name {
			return p.local
		}
	}
	panic(f.name + ": no parameter " + name)
}

// local declares a variable; it begins at 0.
func (f *function) local(t valtype) local {
	f.locals = append(f.locals, t)
	return local{len(f.params) + len(f.locals) - 1, t}
}

// keep declares a variable and sets it.
func (f *function) keep(v value) local {
	l := f.local(valtype(v))
	f.set(l, v)
	return l
}

func (f *function) want(v value, t valtype) {
	if valtype(v) != t {
		panic(fmt.Sprintf("%s: a value of type %#x where %#x is wanted", f.name, byte(v), byte(t)))
	}
}

func (f *function) get(l local) value {
	f.byte(0x20)
	f.leb(l.index)
	return value(l.t)
}

func (f *function) set(l local, v value) {
	f.want(v, l.t)
	f.byte(0x21)
	f.leb(l.index)
}

// int is a constant.
func (f *function) int(n int) value {
	f.byte(0x41)
	f.signed(n)
	return value(i32)
}

// float is a constant, in all lanes of a vector.
func (f *function) float(t valtype, x float32) value {
	bits := binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))
	if t == v128 {
		f.vector(0x0c)
		bits = bytes.Repeat(bits, 4)
	} else {
		f.byte(0x43)
	}
	f.code.Write(bits)
	return value(t)
}

// zero is 0 of any type of floats.
func (f *function) zero(t valtype) value {
	if t == f64 {
		f.byte(0x44)
		f.code.Write(make([]byte, 8))
		return value(t)
	}
	return f.float(t, 0)
}

// bytes is a constant vector.
func (f *function) bytes(b [16]byte) value {
	f.vector(0x0c)
	f.code.Write(b[:])
	return value(v128)
}

func (f *function) byte(b ...byte) { f.code.Write(b) }
func (f *function) leb(n int)      { f.code.Write(binary.AppendUvarint(nil, uint64(n))) }

func (f *function) signed(n int) {
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0 {
			f.byte(b)
			return
		}
		f.byte(b | 0x80)
	}
}

// vector emits an instruction of vectors.
func (f *function) vector(op int) {
	f.byte(0xfd)
	f.leb(op)
}

// ops are an operation's instructions for each type, 0 where there is none.
type ops struct{ i32, f32, f64, v128 int }

// twice are the operations on two values of one type; vectors hold float32.
func (f *function) twice(o ops, a, b value) value {
	f.want(b, valtype(a))
	f.emit(o, a)
	return a
}

func (f *function) emit(o ops, a value) {
	op := map[valtype]int{i32: o.i32, f32: o.f32, f64: o.f64, v128: o.v128}[valtype(a)]
	switch {
	case op == 0:
		panic(f.name + ": no such operation on this type")
	case valtype(a) == v128:
		f.vector(op)
	default:
		f.byte(byte(op))
	}
}

func (f *function) add(a, b value) value      { return f.twice(ops{0x6a, 0x92, 0xa0, 0xe4}, a, b) }
func (f *function) sub(a, b value) value      { return f.twice(ops{0x6b, 0x93, 0xa1, 0xe5}, a, b) }
func (f *function) mul(a, b value) value      { return f.twice(ops{0x6c, 0x94, 0xa2, 0xe6}, a, b) }
func (f *function) div(a, b value) value      { return f.twice(ops{0, 0x95, 0, 0xe7}, a, b) }
func (f *function) quotient(a, b value) value { return f.twice(ops{i32: 0x6d}, a, b) }
func (f *function) and(a, b value) value      { return f.twice(ops{0x71, 0, 0, 0x4e}, a, b) }
func (f *function) or(a, b value) value       { return f.twice(ops{0x72, 0, 0, 0x50}, a, b) }

// least is the lesser of a number and a constant.
func (f *function) least(n local, most int) value {
	return f.choose(f.get(n), f.int(most), f.less(f.get(n), f.int(most)))
}

// shl multiplies an integer by a power of two.
func (f *function) shl(a value, bits int) value {
	f.int(bits)
	f.byte(0x74)
	return a
}

func (f *function) sqrt(a value) value {
	f.emit(ops{0, 0x91, 0x9f, 0xe3}, a)
	return a
}

func (f *function) abs(a value) value {
	f.emit(ops{0, 0x8b, 0, 0xe0}, a)
	return a
}

// Comparisons give 1 or 0, for vectors all bits of a lane or none.
func (f *function) compared(o ops, a, b value) value {
	f.twice(o, a, b)
	if valtype(a) == v128 {
		return a
	}
	return value(i32)
}

func (f *function) less(a, b value) value   { return f.compared(ops{0x48, 0x5d, 0, 0x43}, a, b) }
func (f *function) more(a, b value) value   { return f.compared(ops{0x4a, 0x5e, 0, 0x44}, a, b) }
func (f *function) atMost(a, b value) value { return f.compared(ops{0x4c, 0x5f, 0, 0x45}, a, b) }
func (f *function) differ(a, b value) value { return f.compared(ops{0x47, 0x5c, 0, 0x42}, a, b) }
func (f *function) equal(a, b value) value  { return f.compared(ops{0x46, 0x5b, 0, 0x41}, a, b) }

// equalCodes compares integers.
func (f *function) equalCodes(a, b value) value {
	if valtype(a) == v128 {
		return f.vectorOp(0x37, a, b)
	}
	return f.equal(a, b)
}

// choose is a where the condition holds and b elsewhere.
func (f *function) choose(a, b, condition value) value {
	f.want(b, valtype(a))
	if valtype(condition) == v128 {
		f.want(a, v128)
		f.vector(0x52)
	} else {
		f.byte(0x1b)
	}
	return a
}

// splat fills all lanes with a number; a single one stays what it is.
func (f *function) splat(t valtype, a value) value {
	f.want(a, f32)
	if t == v128 {
		f.vector(0x13)
	}
	return value(t)
}

// lane takes a float32 out.
func (f *function) lane(a value, n int) value {
	f.want(a, v128)
	f.vector(0x1f)
	f.byte(byte(n))
	return value(f32)
}

// Instructions for vectorOp and shift.
const (
	lesser     = 0xea // the second where it is less, else the first
	greater    = 0xeb
	nearest    = 0x6a
	andNot     = 0x4f // what is in the first and not in the second
	swizzle    = 0x0e // bytes of the first by the indices in the second, 0 beyond
	addBytes   = 0x6e
	addInts    = 0xae
	subInts    = 0xb1
	toInts     = 0xf8
	shiftLeft  = 0xab
	shiftRight = 0xac // signed
	addDoubles = 0xf0
	mulDoubles = 0xf2
	toDoubles  = 0x5f // the first two lanes of float32
)

// vectorOp emits an instruction that takes vectors and gives one.
func (f *function) vectorOp(op int, operands ...value) value {
	for _, v := range operands {
		f.want(v, v128)
	}
	f.vector(op)
	return value(v128)
}

// pick takes four lanes out of the eight of a and b.
func (f *function) pick(a, b value, lanes [4]byte) value {
	f.vectorOp(0x0d, a, b)
	for _, n := range lanes {
		f.byte(4*n, 4*n+1, 4*n+2, 4*n+3)
	}
	return a
}

// codes is an integer, in all lanes of a vector.
func (f *function) codes(t valtype, n byte) value {
	if t == i32 || t == f32 {
		return f.int(int(n))
	}
	return f.bytes([16]byte{0: n, 4: n, 8: n, 12: n})
}

// loadCodes loads bytes as integers, one or four.
func (f *function) loadCodes(t valtype, at value) value {
	f.want(at, i32)
	if t != v128 {
		f.byte(0x2d)
		f.memory(0)
		return value(i32)
	}
	f.vector(0x5c)
	f.memory(0)
	f.vector(0x89)
	f.vector(0xa9)
	return value(v128)
}

// storeCodes stores the low bytes of integers.
func (f *function) storeCodes(at, codes value) {
	f.want(at, i32)
	if valtype(codes) != v128 {
		f.byte(0x3a)
		f.memory(0)
		return
	}
	f.bytes([16]byte{0, 4, 8, 12})
	f.vector(0x0e)
	f.vector(0x5a)
	f.memory(0)
	f.byte(0)
}

// memory emits an access so many bytes behind an address.
func (f *function) memory(offset int) {
	f.leb(0) // no alignment is promised
	f.leb(offset)
}

func (f *function) load(t valtype, at value, offset int) value {
	f.want(at, i32)
	switch t {
	case i32:
		f.byte(0x28)
	case f32:
		f.byte(0x2a)
	case f64:
		f.byte(0x2b)
	default:
		f.vector(0x00)
	}
	f.memory(offset)
	return value(t)
}

// loadSplat loads a float32 into all lanes.
func (f *function) loadSplat(t valtype, at value, offset int) value {
	if t == f32 {
		return f.load(f32, at, offset)
	}
	f.want(at, i32)
	f.vector(0x09)
	f.memory(offset)
	return value(v128)
}

// loadFirst loads 1 to 3 floats into a vector, the other lanes being 0.
func (f *function) loadFirst(n int, pointer local, offset int) value {
	if n == 3 {
		f.get(pointer)
	}
	f.get(pointer)
	f.vector(map[int]int{1: 0x5c, 2: 0x5d, 3: 0x5d}[n])
	f.memory(offset)
	if n == 3 {
		f.vector(0x56)
		f.memory(offset + 8)
		f.byte(2)
	}
	return value(v128)
}

func (f *function) store(at, v value, offset int) {
	f.want(at, i32)
	switch valtype(v) {
	case f32:
		f.byte(0x38)
	case f64:
		f.byte(0x39)
	case v128:
		f.vector(0x0b)
	default:
		panic(f.name + ": no store of this type")
	}
	f.memory(offset)
}

// loop runs body, and again where that calls again and the condition holds.
func (f *function) loop(body func(again func(condition value))) {
	f.byte(0x03, 0x40)
	f.depth++
	depth := f.depth
	body(func(condition value) {
		f.want(condition, i32)
		f.byte(0x0d)
		f.leb(f.depth - depth)
	})
	f.depth--
	f.byte(0x0b)
}

// if_ runs then if the condition holds, and otherwise the other, if there is one.
func (f *function) if_(condition value, then func(), other ...func()) {
	f.want(condition, i32)
	f.byte(0x04, 0x40)
	f.depth++
	then()
	for _, o := range other {
		f.byte(0x05)
		o()
	}
	f.depth--
	f.byte(0x0b)
}

// while runs body as long as n is at least step, and takes step off it each time.
func (f *function) while(n local, step int, body func()) {
	enough := func() value { return f.atMost(f.int(step), f.get(n)) }
	f.if_(enough(), func() {
		f.loop(func(again func(value)) {
			body()
			f.advance(n, -step)
			again(enough())
		})
	})
}

// advance adds to an integer.
func (f *function) advance(n local, by int) { f.set(n, f.add(f.get(n), f.int(by))) }

// move adds a variable to an integer.
func (f *function) move(n, by local) { f.set(n, f.add(f.get(n), f.get(by))) }

// encode writes the module in the binary format.
func (m *module) encode() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, content []byte) {
		out = append(out, id)
		out = binary.AppendUvarint(out, uint64(len(content)))
		out = append(out, content...)
	}
	name := func(b []byte, s string) []byte {
		return append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	count := binary.AppendUvarint(nil, uint64(len(m.functions)))
	types, indices, exports, code := bytes.Clone(count), bytes.Clone(count), bytes.Clone(count), bytes.Clone(count)
	for i, f := range m.functions {
		types = append(types, 0x60)
		types = binary.AppendUvarint(types, uint64(len(f.params)))
		for _, p := range f.params {
			types = append(types, byte(p.t))
		}
		if f.result == 0 {
			types = append(types, 0)
		} else {
			types = append(types, 1, byte(f.result))
		}
		indices = binary.AppendUvarint(indices, uint64(i))
		exports = name(exports, f.name)
		exports = append(exports, 0)
		exports = binary.AppendUvarint(exports, uint64(i))

		body := f.declared()
		body = append(body, f.code.Bytes()...)
		body = append(body, 0x0b)
		code = binary.AppendUvarint(code, uint64(len(body)))
		code = append(code, body...)
	}
	section(1, types)
	imports := name(name([]byte{1}, "go"), "mem")
	section(2, append(imports, 2, 0, 0)) // a memory of any size
	section(3, indices)
	section(7, exports)
	section(10, code)
	return out
}

// declared are the declarations of the locals, in runs of one type.
func (f *function) declared() []byte {
	var runs, n = []byte(nil), 0
	for i := 0; i < len(f.locals); n++ {
		j := i
		for j < len(f.locals) && f.locals[j] == f.locals[i] {
			j++
		}
		runs = binary.AppendUvarint(runs, uint64(j-i))
		runs = append(runs, byte(f.locals[i]))
		i = j
	}
	return append(binary.AppendUvarint(nil, uint64(n)), runs...)
}
