package nn

// Predict returns what the last layer gives for each sample of x: numbers for a
// regression, probabilities for a network that ends in a softmax, as the named
// ones do. A classifier without one gives scores, the logits, of which
// [Sequential.Probabilities] makes probabilities. It may be called from many
// goroutines at once, and panics if x is not of the input's shape.
func (s *Sequential) Predict(x *Tensor) *Tensor {
	y := NewTensor(x.N, s.Output())
	s.PredictInto(y, x)
	return y
}

// prediction is what a call of PredictInto leaves for the next.
type prediction struct {
	pass *Pass
	x    Tensor
}

// PredictInto is [Sequential.Predict] into y, without allocation.
func (s *Sequential) PredictInto(y, x *Tensor) {
	if y.N != x.N || y.Shape != s.Output() {
		panic("nn: the outputs do not fit the network and its samples")
	}
	const atOnce = 64 // bounds the memory
	n := min(x.N, atOnce)
	p, _ := s.passes.Get().(*prediction)
	if p == nil || p.pass.config.Capacity < n {
		p = &prediction{pass: s.NewPass(PassConfig{Capacity: n})}
	}
	for i := 0; i < x.N; i += n {
		p.x.view(x, i, min(i+n, x.N))
		copy(y.Data[i*y.Size():], p.pass.Forward(&p.x).Data)
	}
	p.x = Tensor{} // the caller's memory
	s.passes.Put(p)
}

// Probabilities is [Sequential.Predict] for a classifier, whatever it ends in:
// a softmax over the channels is added unless the last layer gives
// probabilities itself, as Softmax does, and Sigmoid one for each class apart.
// A regression has none: call Predict.
func (s *Sequential) Probabilities(x *Tensor) *Tensor {
	y := s.Predict(x)
	if _, ok := s.layers[len(s.layers)-1].(Probable); ok {
		return y
	}
	for i := 0; i < len(y.Data); i += y.C {
		Softmax(y.Data[i:i+y.C], y.Data[i:i+y.C])
	}
	return y
}

// Probable marks a layer whose outputs are probabilities.
type Probable interface {
	Layer
	Probabilities()
}

// Argmax is the index of the largest value, the first of several: a class, if
// the values are a classifier's.
func Argmax(values []float32) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
