package kernels

// The optimizers' steps over one range of parameters w with gradient g. All of
// them first form
//
//	g' = scale*g + decay*w
//
// (scale averages or clips, decay is L2 weight decay) and leave g as it is.
// Moments too small to be normal numbers are set to 0: arithmetic on denormal
// numbers is many times slower, and after an epoch there are hundreds of
// thousands.

// SGDStep is what one step of SGD needs beside the parameters.
type SGDStep struct {
	LR    float32
	Decay float32
	Scale float32 // factor of the gradient; 1 takes it as it is
}

// SGD sets w -= lr*g'.
func SGD(w, g []float32, s SGDStep) {
	if len(w) != len(g) {
		panic("kernels: SGD: lengths differ")
	}
	for i, j := range chunks(len(w), 1, chunk) {
		active.sgd(w[i:j], g[i:j], s)
	}
}

// MomentumStep is what one step of Momentum needs beside the parameters.
type MomentumStep struct {
	LR, Mu   float32
	Decay    float32
	Scale    float32 // factor of the gradient; 1 takes it as it is
	Nesterov bool
}

// Momentum sets v = mu*v + g' and w -= lr*v, or with Nesterov
// w -= lr*(g' + mu*v). v starts at 0.
func Momentum(w, v, g []float32, s MomentumStep) {
	if len(w) != len(g) || len(v) != len(g) {
		panic("kernels: Momentum: lengths differ")
	}
	step := active.momentum
	if s.Nesterov {
		step = active.nesterov
	}
	for i, j := range chunks(len(w), 1, chunk) {
		step(w[i:j], v[i:j], g[i:j], s)
	}
}

// AdamStep is what one step of Adam needs beside the parameters.
type AdamStep struct {
	LR           float32
	Beta1, Beta2 float32
	Epsilon      float32
	Correction1  float32 // 1/(1-Beta1^t) in step t = 1, 2, …; formed in float64 from the float32 value of Beta1
	Correction2  float32 // 1/(1-Beta2^t), likewise
	Decay        float32
	Scale        float32 // factor of the gradient; 1 takes it as it is
	Decoupled    bool    // AdamW: decay moves w before the step (w -= LR*Decay*w) and stays out of the gradient
}

// Adam sets
//
//	m = β1*m + (1-β1)*g'
//	v = β2*v + (1-β2)*g'²
//	w -= lr * m*correction1 / (√(v*correction2) + ε)
//
// m and v start at 0.
func Adam(w, m, v, g []float32, s AdamStep) {
	if len(w) != len(g) || len(m) != len(g) || len(v) != len(g) {
		panic("kernels: Adam: lengths differ")
	}
	for i, j := range chunks(len(w), 1, chunk) {
		active.adam(w[i:j], m[i:j], v[i:j], g[i:j], s)
	}
}

// AdaGradStep is what one step of AdaGrad needs beside the parameters.
type AdaGradStep struct {
	LR, Epsilon float32
	Decay       float32
	Scale       float32 // factor of the gradient; 1 takes it as it is
}

// AdaGrad sets h += g'² and w -= lr*g'/(√h + eps). h starts at 0.
func AdaGrad(w, h, g []float32, s AdaGradStep) {
	if len(w) != len(g) || len(h) != len(g) {
		panic("kernels: AdaGrad: lengths differ")
	}
	for i, j := range chunks(len(w), 1, chunk) {
		active.adaGrad(w[i:j], h[i:j], g[i:j], s)
	}
}

// RMSpropStep is what one step of RMSprop needs beside the parameters.
type RMSpropStep struct {
	LR, Rho, Epsilon float32
	Decay            float32
	Scale            float32 // factor of the gradient; 1 takes it as it is
}

// RMSprop sets h = rho*h + (1-rho)*g'² and w -= lr*g'/(√h + eps). h starts at 0.
func RMSprop(w, h, g []float32, s RMSpropStep) {
	if len(w) != len(g) || len(h) != len(g) {
		panic("kernels: RMSprop: lengths differ")
	}
	for i, j := range chunks(len(w), 1, chunk) {
		active.rmsProp(w[i:j], h[i:j], g[i:j], s)
	}
}
