package kernels

// Use switches to the instruction set called name until the function it returns is called.
func Use(name string) (restore func()) {
	before := active
	active, _ = choose(name)
	return func() { active = before }
}

// Choose tells which instruction set a value of TATAMI_ISA selects.
func Choose(name string) (string, error) {
	s, err := choose(name)
	return s.name, err
}

// NewWinogradTiles plans for tiles of side×side outputs, whatever costs less.
func NewWinogradTiles(c Convolution, side int) *Winograd {
	return newWinograd(c, func(h, w, channels, filters int) int { return side })
}
