// Command _asm writes the assembly of package kernels, and the tables of what
// there is. Run it through go generate in the folder above.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"

	. "github.com/mmcloughlin/avo/build"
)

var sets = []isa{avx512, avx2}

func main() {
	path := flag.String("tables", "", "`file` to write the tables for the Go side to")
	arm64 := flag.String("arm64", "", "`folder` to write the files of arm64 to, instead of those of amd64")
	flag.Parse()
	if *arm64 != "" {
		done(writeNEON(*arm64))
		return
	}
	ConstraintExpr("!purego")
	declareTailMasks()
	declarePooledPlaces()
	declareSigmoidTable()
	declareSteps()
	transpose()
	windowPixels()
	for _, s := range sets {
		for _, p := range s.pooledShapes() {
			for _, rows := range slices.Compact(slices.Clone(p.rows)) {
				s.pooled(p.kernel, rows)
			}
		}
		product(s)
		dot(s)
		sparse(s)
		elementwise(s)
		sigmoid(s)
		normalization(s)
		standardize(s)
		depthwise(s)
		rows(s)
		s.pool("biasReLUMaxPool2", true)
		s.pool("maxPool2", false)
		s.unpool()
		optimizers(s)
		winogradTransforms(s)
		peak(s)
	}
	Generate()
	done(tables(*path))
}

// done ends the program after an error.
func done(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
