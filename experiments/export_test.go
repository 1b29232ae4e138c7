package experiments

// Round rounds to so many bits after the leading one.
func Round(bits int, x float32) float32 {
	y := []float32{0}
	rounding{bits}.round(y, []float32{x})
	return y[0]
}
