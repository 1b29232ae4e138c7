package main

import (
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"tatami/internal/kernels/winograd"
)

// toPoints reports whether points come out: then the points ±p are two rows, sum and difference of a part in even
// powers of p and one in odd powers. Otherwise they are two columns, of which each row needs the sum or the difference.
func (m matrix) toPoints() bool { return len(m) == 6 }

// groups are the rows which are computed together, for what they have in common.
func (m matrix) groups() [][]int {
	switch len(m) {
	case 6:
		return [][]int{{0}, {1, 2}, {3, 4}, {5}}
	case 4:
		return [][]int{{0, 2}, {1, 3}}
	}
	return [][]int{{0}, {1}, {2}}
}

// factors are the coefficients other than 0 and ±1.
func (m matrix) factors() []float64 {
	var list []float64
	for _, c := range slices.Concat(m...) {
		if c != 0 && math.Abs(c) != 1 && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// products writes the instructions of a sum of products: mul sets to = c·a, fma adds c·a to it; sub sets to = a - b.
type products[V any] struct {
	add, sub func(a, b, to V)
	mul, fma func(c float64, a, to V)
}

// combineGroup multiplies a column by a group of rows of the matrix. term gives the register of an entry, which it may
// have to read to the one proposed; done gets the results, each in its own of the registers to, or where an entry is. A
// result is done with before the next is written, so they may be results' of spare.
func combineGroup[V any](do products[V], m matrix, group []int, term func(k int, to V) V, to []V, spare [3]V, done func(i int, v V)) {
	sum := func(c []float64, term func(k int, to V) V, of func(k int) bool, to V) V {
		var sum V
		empty := true
		for _, ones := range []bool{false, true} {
			for k, c := range c {
				one := math.Abs(c) == 1
				switch {
				case c == 0 || !of(k) || one != ones:
				case empty && one: // no sum of ones begins with -1
					sum, empty = term(k, to), false
				case empty:
					do.mul(c, term(k, to), to)
					sum, empty = to, false
				case !one:
					do.fma(c, term(k, spare[0]), to)
				default:
					op := do.add
					if c < 0 {
						op = do.sub
					}
					op(sum, term(k, spare[0]), to)
					sum = to
				}
			}
		}
		return sum
	}
	all := func(int) bool { return true }
	if m.toPoints() {
		if len(group) == 1 {
			done(0, sum(m[group[0]], term, all, to[0]))
			return
		}
		even := sum(m[group[0]], term, func(k int) bool { return k%2 == 0 }, to[1])
		odd := sum(m[group[0]], term, func(k int) bool { return k%2 == 1 }, spare[1])
		do.add(even, odd, to[0])
		done(0, to[0])
		do.sub(even, odd, to[1])
		done(1, to[1])
		return
	}
	op := do.add
	if m[group[0]][1] != m[group[0]][2] {
		op = do.sub
	}
	for i, k := range []int{1, 3} {
		first := term(k, spare[1+i])
		op(first, term(k+1, spare[0]), spare[1+i])
	}
	paired := func(k int, to V) V {
		if k == 1 || k == 3 {
			return spare[1+k/2]
		}
		return term(k, to)
	}
	for i, row := range group {
		done(i, sum(m[row], paired, func(k int) bool { return k != 2 && k != 4 }, to[i]))
	}
}

// results are the registers for a group's results of which each is stored at once.
func results[V any](m matrix, spare [3]V) []V {
	if m.toPoints() {
		return []V{spare[2], spare[0]}
	}
	return []V{spare[0], spare[0]}
}

// transform4 makes one of the functions for tiles of 4×4 pixels, as transform does. A group of rows at a time, columns
// come first: what is half done has registers 0 to 11.
func (s isa) transform4(t winograd.Transform) {
	m := matrix(t.Matrix)
	in := len(m[0])
	table := s.factorTable(t.Name, m)
	s.text(t.Name, ofSquares, t.Doc)
	dst, start, tiles := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("tiles"), GP64())
	steps := func(name string) [6]reg.Register {
		one, three, five := Load(Param(name), GP64()), GP64(), GP64()
		LEAQ(Mem{Base: one, Index: one, Scale: 2}, three)
		LEAQ(Mem{Base: one, Index: one, Scale: 4}, five)
		return [6]reg.Register{nil, one, one, three, one, five}
	}
	at := func(p reg.Register, steps [6]reg.Register, k int) Mem {
		switch k {
		case 0:
			return Mem{Base: p}
		case 2, 4:
			return Mem{Base: p, Index: steps[k], Scale: uint8(k)}
		}
		return Mem{Base: p, Index: steps[k], Scale: 1}
	}
	srcRow, dstCol := steps("srcRow"), steps("dstCol")
	constant := make(map[float64]Op)
	for i, c := range m.factors() {
		constant[c] = table.Offset(s.bytes() * i)
		if s.wide() {
			VMOVUPS(constant[c], s.regs[31-i])
			constant[c] = s.regs[31-i]
		}
	}
	do := products[reg.VecPhysical]{
		add: func(a, b, to reg.VecPhysical) { VADDPS(b, a, to) },
		sub: func(a, b, to reg.VecPhysical) { VSUBPS(b, a, to) },
		mul: func(c float64, a, to reg.VecPhysical) { VMULPS(constant[c], a, to) },
		fma: func(c float64, a, to reg.VecPhysical) { VFMADD231PS(constant[c], a, to) },
	}

	Label("tile")
	from, to, left := GP64(), GP64(), Load(Param("n"), GP64()).(reg.GPVirtual)
	MOVQ(start, from)
	MOVQ(dst, to)
	spare := [3]reg.VecPhysical(s.regs[12:15])
	body := func(tail bool) {
		for _, group := range m.groups() {
			column, row := GP64(), GP64()
			MOVQ(from, column)
			var lines [2][6]reg.VecPhysical
			for j := range in {
				read := func(k int, to reg.VecPhysical) reg.VecPhysical {
					s.load(at(column, srcRow, k), to, tail)
					return to
				}
				combineGroup(do, m, group, read, []reg.VecPhysical{s.regs[j], s.regs[6+j]}, spare, func(i int, v reg.VecPhysical) { lines[i][j] = v })
				if j < in-1 {
					ADDQ(argument("srcCol"), column)
				}
			}
			MOVQ(to, row)
			above := 0
			for l, i := range group {
				for ; above < i; above++ {
					ADDQ(argument("dstRow"), row)
				}
				line := func(k int, _ reg.VecPhysical) reg.VecPhysical { return lines[l][k] }
				for _, columns := range m.groups() {
					combineGroup(do, m, columns, line, results(m, spare), spare, func(j int, v reg.VecPhysical) {
						place := at(row, dstCol, columns[j])
						if t.Adds {
							s.load(place, s.regs[11], tail)
							VADDPS(s.regs[11], v, v)
						}
						s.store(v, place, tail)
					})
				}
			}
		}
	}
	s.eachSquare(left, []reg.GPVirtual{from, to}, body, dst, start, tiles)
}

// factorTable holds a vector of each factor.
func (s isa) factorTable(name string, m matrix) Mem {
	table := GLOBL(name+s.name+"Factors", RODATA|NOPTR)
	at := 0
	for _, c := range m.factors() {
		for range s.lanes {
			DATA(at, U32(math.Float32bits(float32(c))))
			at += 4
		}
	}
	return table
}
