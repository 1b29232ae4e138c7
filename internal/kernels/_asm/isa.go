package main

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Vector registers are always given by number: avo's allocator hands registers
// 16 to 31 even to instructions that can only name the first 16. What each is
// for:
//
//   - The mask of the tail is K1, or Y15 without AVX-512, from setTail on until
//     the function ends. Comparisons with AVX-512 take K2 and up.
//   - What is the same for the whole function, as arguments and constants, goes
//     down from register 14. (Normalization, whose bodies are short, has it from
//     8 up.)
//   - Values of a loop's body go up from register 0; vector u of a body with k
//     values takes k*u and up.
//   - In tiles of a product the sums go up from register 0, row after row. The
//     value of a is in the last register below the mask, the vectors of b below
//     it; with quads 24 to 27 hold b, 28 four values of a, 29 and 30 what is
//     shuffled out of them.
//   - In tiles of dots a column of a follows the sums, then one vector of b. At
//     the end 31 holds the upper half of a sum.
//   - A Winograd transform reads a square's entry k, j to 16+k*in+j, or without
//     AVX-512, column after column, row k to 4+k; half done are 0 to 3, done 8
//     and up. One for tiles of 4×4 has half done rows in 0 to 5 and 6 to 11, and
//     three registers above for what lies between.
//
// isa is what the generators need to know of an instruction set. Vector registers are always given by number: avo's
// allocator hands registers 16 to 31 even to instructions that can only name the first 16.
type isa struct {
	name  string
	lanes int
	regs  []reg.VecPhysical
}

var avx512 = isa{
	name:  "AVX512",
	lanes: 16,
	regs: []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	},
}

// avx2 keeps Y15 for the mask of the tail.
var avx2 = isa{
	name:  "AVX2",
	lanes: 8,
	regs: []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	},
}

func (s isa) wide() bool { return s.lanes == 16 }

// cacheLine is what memory and caches hand over at a time, in bytes. A prefetch
// reads it ahead into the second-level cache, and may lie beyond all memory.
const cacheLine = 64

// prefetchRows is the number of rows from which a tile has multiplications
// enough to hide prefetches.
const prefetchRows = 4

// bytes is the size of a vector.
func (s isa) bytes() int { return 4 * s.lanes }

// tailMasks is 8 words of zeros between words of ones: a window on it is the AVX2 mask of any count of first lanes, or
// of last ones.
var tailMasks Mem

func declareTailMasks() {
	tailMasks = GLOBL("tailMasks", RODATA|NOPTR)
	for i := range 24 {
		v := U32(0)
		if i/8 != 1 {
			v = U32(0xffffffff)
		}
		DATA(4*i, v)
	}
}

// setTail makes the mask of the first n lanes, n at most one vector: K1, or Y15.
func (s isa) setTail(n reg.GPVirtual) {
	if s.wide() {
		m := GP32()
		MOVL(U32(0xffffffff), m)
		BZHIL(n.As32(), m, m)
		KMOVW(m, reg.K1)
		return
	}
	base, back := GP64(), GP64()
	LEAQ(tailMasks.Offset(32), base)
	MOVQ(n, back)
	NEGQ(back)
	VMOVUPS(Mem{Base: base, Index: back, Scale: 4}, reg.Y15)
}

// load reads a vector, or with tail set its first lanes, the others becoming 0.
func (s isa) load(m Mem, to Op, tail bool) {
	switch {
	case !tail:
		VMOVUPS(m, to)
	case s.wide():
		VMOVUPS_Z(m, reg.K1, to)
	default:
		VMASKMOVPS(m, reg.Y15, to)
	}
}

// store writes a vector, or with tail set its first lanes.
func (s isa) store(from Op, m Mem, tail bool) {
	switch {
	case !tail:
		VMOVUPS(from, m)
	case s.wide():
		VMOVUPS(from, reg.K1, m)
	default:
		VMASKMOVPS(from, reg.Y15, m)
	}
}

// storeFirst writes the first count lanes, which are not all, and loses the register: where it is done often, as a masked
// store of AVX2 takes as long as a dozen others.
func storeFirst(label string, from reg.VecPhysical, to Mem, count Op) {
	x, p := from.AsX(), GP64()
	LEAQ(to, p)
	part := func(n int, write func()) {
		rest := fmt.Sprintf("%s_below%d", label, n)
		TESTQ(U32(n), count)
		JZ(LabelRef(rest))
		write()
		Label(rest)
	}
	part(4, func() {
		VMOVUPS(x, Mem{Base: p})
		VEXTRACTF128(U8(1), from, x)
		ADDQ(U8(16), p)
	})
	part(2, func() {
		VMOVLPS(x, Mem{Base: p})
		VPSRLDQ(U8(8), x, x)
		ADDQ(U8(8), p)
	})
	part(1, func() { VMOVSS(x, Mem{Base: p}) })
}

// zero clears a register.
func (s isa) zero(r reg.VecPhysical) {
	if s.wide() {
		VPXORD(r, r, r)
		return
	}
	VXORPS(r, r, r)
}

// broadcast fills a register with a float32 argument.
func (s isa) broadcast(param string, r reg.VecPhysical) { VBROADCASTSS(argument(param), r) }

// argument is the memory in which an argument lies.
func argument(param string) Mem { return address(Param(param)) }

// address is the memory in which an argument or a part of one lies.
func address(c gotypes.Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// declareSteps makes the step structs known that signatures name. Avo looks
// names up in a package that it would have to load, or else among Go's own. The
// fields are those of the structs in package kernels; vet compares the two.
func declareSteps() {
	declare := func(name string, kind types.BasicKind, last string, floats ...string) {
		var fields []*types.Var
		for _, f := range floats {
			fields = append(fields, types.NewField(token.NoPos, nil, f, types.Typ[types.Float32], false))
		}
		fields = append(fields, types.NewField(token.NoPos, nil, last, types.Typ[kind], false))
		t := types.NewTypeName(token.NoPos, nil, name, nil)
		types.NewNamed(t, types.NewStruct(fields, nil), nil)
		types.Universe.Insert(t)
	}
	declare("SGDStep", types.Float32, "Scale", "LR", "Decay")
	declare("MomentumStep", types.Bool, "Nesterov", "LR", "Mu", "Decay", "Scale")
	declare("AdamStep", types.Bool, "Decoupled", "LR", "Beta1", "Beta2", "Epsilon", "Correction1", "Correction2", "Decay", "Scale")
	declare("AdaGradStep", types.Float32, "Scale", "LR", "Epsilon", "Decay")
	declare("RMSpropStep", types.Float32, "Scale", "LR", "Rho", "Epsilon", "Decay")
}

// text opens a function; the names it gives parameters are those of the portable
// twin.
func (s isa) text(name, signature, doc string) {
	TEXT(name+s.name, NOSPLIT, signature)
	Doc(docLines(name+s.name, doc)...)
	Pragma("noescape")
}

// docLines are the lines of a function's comment.
func docLines(name, doc string) []string {
	var lines []string
	line := name
	for _, word := range strings.Fields(doc) {
		if len(line)+len(word) > 75 {
			lines, line = append(lines, line), word
			continue
		}
		line += " " + word
	}
	return append(lines, line)
}
