package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mmcloughlin/avo/gotypes"

	"tatami/internal/kernels/winograd"
)

// neon writes the assembly of arm64, which avo does not know: instructions as
// text, those of vectors that Go's assembler lacks as words. Registers are given
// by number, vectors as in isa: values of a loop's body from 0 up, what is the
// same for the whole function from 31 down.
//
// There are no masks. The last lanes of a row are a vector that overlaps the one
// before in the tiles of a product, one lane at a time in loops, and elsewhere so
// many lanes; in all of them a lane is computed by the same instructions as in a
// full vector.
type neon struct {
	code, stubs bytes.Buffer
	sig         *gotypes.Signature
	general     []gpr // those that are free
}

const (
	neonName  = "NEON"
	neonLanes = 4
)

type (
	gpr int // a general register
	vec int // a vector register
	mem struct {
		base gpr
		at   int // bytes
	}
)

func (r gpr) String() string { return fmt.Sprintf("R%d", int(r)) }
func (m mem) String() string { return fmt.Sprintf("%d(%v)", m.at, m.base) }

// writeNEON writes the three files of arm64 to a folder.
func writeNEON(dir string) error {
	declareSteps()
	g := new(neon)
	g.product()
	g.dot()
	g.sparse()
	g.transpose()
	g.elementwise()
	g.sigmoid()
	g.rows()
	g.normalization()
	g.standardize()
	g.depthwise()
	g.pool("biasReLUMaxPool2", true)
	g.pool("maxPool2", false)
	g.unpool()
	g.optimizers()
	for _, t := range winograd.Small() {
		g.transform(t)
	}
	for _, t := range winograd.Large() {
		g.transform4(t)
	}
	g.peak()

	assembly := generated + "\n#include \"textflag.h\"\n" + g.code.String()
	if err := os.WriteFile(filepath.Join(dir, "kernels_arm64.s"), []byte(assembly), 0o644); err != nil {
		return err
	}
	if err := writeGo(filepath.Join(dir, "stubs_arm64.go"), []byte(generated+"\npackage kernels\n"+g.stubs.String())); err != nil {
		return err
	}
	return neonTables(filepath.Join(dir, "tables_arm64.go"))
}

// text opens a function.
func (g *neon) text(name, signature, doc string) {
	sig, err := gotypes.ParseSignature(signature)
	if err != nil {
		panic(err)
	}
	g.sig = sig
	g.general = nil
	for r := range gpr(27) { // 16 to 18 are the assembler's and the system's
		if r < 16 || r > 18 {
			g.general = append(g.general, r)
		}
	}
	name += neonName
	fmt.Fprintf(&g.code, "\n// func %s%s\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", name, strings.TrimPrefix(signature, "func"), name, sig.Bytes())
	fmt.Fprintf(&g.stubs, "\n// %s\n//\n//go:noescape\nfunc %s%s\n", strings.Join(docLines(name, doc), "\n// "), name, strings.TrimPrefix(signature, "func"))
}

func (g *neon) ret() { g.op("RET") }

// op writes an instruction of Go's assembler.
func (g *neon) op(format string, args ...any) { fmt.Fprintf(&g.code, "\t"+format+"\n", args...) }

func (g *neon) label(format string, args ...any) { fmt.Fprintf(&g.code, format+":\n", args...) }

// gp hands out a general register.
func (g *neon) gp() gpr {
	r := g.general[0]
	g.general = g.general[1:]
	return r
}

// free takes general registers back.
func (g *neon) free(list ...gpr) { g.general = append(list, g.general...) }

// address is the memory in which an argument or a part of one lies.
func (g *neon) address(c gotypes.Component) string {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr.Asm()
}

func (g *neon) param(name string) gotypes.Component { return g.sig.Params().Lookup(name) }

// arg loads an argument of 8 bytes.
func (g *neon) arg(name string) gpr {
	r := g.gp()
	g.op("MOVD %s, %v", g.address(g.param(name)), r)
	return r
}

// flag loads a bool.
func (g *neon) flag(c gotypes.Component) gpr {
	r := g.gp()
	g.op("MOVBU %s, %v", g.address(c), r)
	return r
}

// length loads how many elements a slice has.
func (g *neon) length(name string) gpr {
	r := g.gp()
	g.op("MOVD %s, %v", g.address(g.param(name).Len()), r)
	return r
}

// pointer loads where a slice begins.
func (g *neon) pointer(name string) gpr {
	r := g.gp()
	g.op("MOVD %s, %v", g.address(g.param(name).Base()), r)
	return r
}

// broadcast fills a register with a float32 argument or a field of one.
func (g *neon) broadcast(c gotypes.Component, v vec) {
	g.op("FMOVS %s, F%d", g.address(c), v)
	g.op("VDUP V%d.S[0], V%d.S4", v, v)
}

// constant fills a register with a word.
func (g *neon) constant(bits uint32, v vec) {
	r := g.gp()
	g.op("MOVD $%#x, %v", bits, r)
	g.op("VDUP %v, V%d.S4", r, v)
	g.free(r)
}

func (g *neon) zero(list ...vec) {
	for _, v := range list {
		g.do("eor", v, v, v)
	}
}

// load reads a vector, or one lane, the others becoming 0.
func (g *neon) load(m mem, v vec, lane bool) {
	if lane {
		g.op("FMOVS %v, F%d", m, v)
	} else {
		g.op("FMOVQ %v, F%d", m, v)
	}
}

// store writes a vector, or its first lane.
func (g *neon) store(v vec, m mem, lane bool) {
	if lane {
		g.op("FMOVS F%d, %v", v, m)
	} else {
		g.op("FMOVQ F%d, %v", v, m)
	}
}

// loadLanes reads so many lanes, the others becoming 0; storeLanes writes them.
func (g *neon) loadLanes(p gpr, v vec, lanes int) {
	switch lanes {
	case 1, 4:
		g.load(mem{p, 0}, v, lanes == 1)
	default:
		g.op("FMOVD (%v), F%d", p, v)
	}
	if lanes == 3 {
		third := g.third(p)
		g.op("VLD1 (%v), V%d.S[2]", third, v)
		g.free(third)
	}
}

func (g *neon) storeLanes(v vec, p gpr, lanes int) {
	switch lanes {
	case 1, 4:
		g.store(v, mem{p, 0}, lanes == 1)
	default:
		g.op("FMOVD F%d, (%v)", v, p)
	}
	if lanes == 3 {
		third := g.third(p)
		g.op("VST1 V%d.S[2], (%v)", v, third)
		g.free(third)
	}
}

// third is the place of the third lane.
func (g *neon) third(p gpr) gpr {
	r := g.gp()
	g.op("ADD $8, %v, %v", p, r)
	return r
}

// registers are n of them from v on, as loads and stores name them.
func registers(v vec, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("V%d.S4", int(v)+i)
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// goInstructions are the instructions of vectors that Go's assembler has: their
// names there and what lies in a vector, by their names in ARM's manual.
var goInstructions = map[string]struct{ name, of string }{
	"and":     {"VAND", "B16"},
	"orr":     {"VORR", "B16"},
	"eor":     {"VEOR", "B16"},
	"bit":     {"VBIT", "B16"}, // n where m is set
	"add":     {"VADD", "S4"},
	"sub":     {"VSUB", "S4"},
	"cmeq":    {"VCMEQ", "S4"},
	"fmla":    {"VFMLA", "S4"},
	"fmls":    {"VFMLS", "S4"},
	"fmla 2d": {"VFMLA", "D2"},
	"trn1":    {"VTRN1", "S4"},
	"trn2":    {"VTRN2", "S4"},
	"trn1 2d": {"VTRN1", "D2"},
	"trn2 2d": {"VTRN2", "D2"},
}

// words are those that it lacks, with registers 0.
var words = map[string]uint32{
	"bic":       0x4e601c00,
	"orn":       0x4ee01c00,
	"fadd":      0x4e20d400,
	"fadd 2d":   0x4e60d400,
	"faddp":     0x6e20d400, // neighbours in n, then those in m
	"faddp 2d":  0x6e60d400,
	"fsub":      0x4ea0d400,
	"fmul":      0x6e20dc00,
	"fdiv":      0x6e20fc00,
	"fmax":      0x4e20f400,
	"fmin":      0x4ea0f400,
	"fmla s[0]": 0x4f801000, // by the first lane of m
	"fcmeq":     0x4e20e400,
	"fcmgt":     0x6ea0e400,

	// Of one operand.
	"fcmle #0": 0x6ea0d800,
	"fcmlt #0": 0x4ea0e800,
	"fneg":     0x6ea0f800,
	"fsqrt":    0x6ea1f800,
	"frintn":   0x4e218800, // to the nearest, ties to even
	"fcvtns":   0x4e21a800, // to an integer likewise
	"ucvtf":    0x6e21d800,
	"fcvtl":    0x0e617800, // the lower two lanes to float64
	"fcvtl2":   0x4e617800, // the upper two
	"xtn 4h":   0x0e612800, // words to their lower halves
	"xtn 8b":   0x0e212800, // halves to bytes
	"uxtl 8h":  0x2f08a400, // and back
	"uxtl 4s":  0x2f10a400,
	"sshr #1":  0x4f3f0400,
	"shl #23":  0x4f375400,
}

// do writes an instruction of vectors: d = n op m, or what it says of d and n.
func (g *neon) do(name string, d, n vec, m ...vec) {
	if in, ok := goInstructions[name]; ok {
		g.op("%s V%d.%s, V%d.%s, V%d.%s", in.name, m[0], in.of, n, in.of, d, in.of)
		return
	}
	bits, ok := words[name]
	if !ok {
		panic("no instruction " + name)
	}
	bits |= uint32(n)<<5 | uint32(d)
	operands := fmt.Sprintf("v%d, v%d", d, n)
	if len(m) > 0 {
		bits |= uint32(m[0]) << 16
		operands += fmt.Sprintf(", v%d", m[0])
	}
	mnemonic, form, _ := strings.Cut(name, " ")
	g.op("%s", strings.TrimSpace(fmt.Sprintf("WORD $%#08x // %s %s %s", bits, mnemonic, operands, form)))
}

// peak multiplies and adds in registers, as fast as the processor can.
func (g *neon) peak() {
	g.text("peak", "func(rounds int)", fmt.Sprintf("makes %d multiply-adds of vectors a round, in registers.", neonPeakSums))
	for v := range vec(neonPeakSums + 2) {
		g.zero(v)
	}
	n := g.arg("rounds")
	g.label("round")
	for v := range vec(neonPeakSums) {
		g.do("fmla", v, neonPeakSums, neonPeakSums+1)
	}
	g.op("SUBS $1, %v", n)
	g.op("BNE round")
	g.ret()
}

// neonPeakSums is enough for four multiply-adds a cycle, each of four cycles.
const neonPeakSums = 16
