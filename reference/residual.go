package reference

// Residual is the end of a residual block (He and others 2016; the book's
// section 8.2.4), whose body has made f of the same input that the shortcut
// brings as s, be it x itself:
//
//	y = f(x) + s(x)
//
// The way back hands dy to both as it is, and dx is the sum, a Residual again,
// of what comes back from them.
func Residual(f, s *Tensor) (y *Tensor) {
	y = f.like()
	for k := range y.Data {
		y.Data[k] = f.Data[k] + s.Data[k]
	}
	return y
}
