package main

// steps are the fields of the steps of optimizers, as package kernels has them;
// all are float32 but Decoupled. The compiler compares the names.
var steps = map[string]string{
	"SGDStep":      "LR Decay Scale",
	"MomentumStep": "LR Mu Decay Scale",
	"AdamStep":     "LR Beta1 Beta2 Epsilon Correction1 Correction2 Decay Scale Decoupled",
	"AdaGradStep":  "LR Epsilon Decay Scale",
	"RMSpropStep":  "LR Rho Epsilon Decay Scale",
}

// A step is what the steps of optimizers have in common: its methods are values
// of the element, or the elements, of type t.
type step struct {
	*function
	t  valtype
	at map[string]local
	d  local // scale*gradient + decay*w
}

func (s *step) field(name string) value { return s.splat(s.t, s.get(s.param(name))) }
func (s *step) load(name string) value  { return s.function.load(s.t, s.get(s.at[name]), 0) }

// rest is 1 minus a field.
func (s *step) rest(name string) value { return s.sub(s.float(s.t, 1), s.field(name)) }

// flush keeps a moment and stores it, 0 where it is too small to be a normal
// number.
func (s *step) flush(name string, v value) local {
	x := s.keep(v)
	s.set(x, s.choose(s.zero(s.t), s.get(x), s.less(s.abs(s.get(x)), s.float(s.t, 0x1p-126))))
	s.store(s.get(s.at[name]), s.get(x), 0)
	return x
}

// byRoot is lr*d/(√h + eps).
func (s *step) byRoot(h local) value {
	return s.div(s.mul(s.field("LR"), s.get(s.d)), s.add(s.sqrt(s.get(h)), s.field("Epsilon")))
}

// optimizers makes the steps, with the arithmetic of the portable ones.
func optimizers(m *module) {
	// update sets w to what body gives.
	update := func(name, moments, kind, doc string, body func(s *step) value) {
		signature := "w, "
		pointers := "w "
		for _, moment := range moments {
			signature += string(moment) + ", "
			pointers += string(moment) + " "
		}
		f := m.function(name, signature+"g []float32, s "+kind, "n = len(w)", doc)
		decay := f.param("Decay")
		if kind == "AdamStep" {
			decay = f.local(f32)
			f.set(decay, f.choose(f.zero(f32), f.get(f.param("Decay")), f.get(f.param("Decoupled"))))
		}
		f.each(f.param("n"), pointers+"g", func(t valtype, at map[string]local) {
			s := &step{function: f, t: t, at: at}
			s.d = f.keep(f.add(f.mul(s.field("Scale"), s.load("g")), f.mul(f.splat(t, f.get(decay)), s.load("w"))))
			w := f.keep(body(s))
			f.store(f.get(at["w"]), f.get(w), 0)
		})
	}
	update("sgd", "", "SGDStep", "is a step of SGD.", func(s *step) value {
		return s.sub(s.load("w"), s.mul(s.field("LR"), s.get(s.d)))
	})
	for _, name := range []string{"momentum", "nesterov"} {
		update(name, "v", "MomentumStep", "is a step of Momentum.", func(s *step) value {
			u := s.flush("v", s.add(s.mul(s.field("Mu"), s.load("v")), s.get(s.d)))
			if name == "nesterov" {
				s.set(u, s.add(s.get(s.d), s.mul(s.field("Mu"), s.get(u))))
			}
			return s.sub(s.load("w"), s.mul(s.field("LR"), s.get(u)))
		})
	}
	update("adam", "mv", "AdamStep", "is a step of Adam.", func(s *step) value {
		m := s.flush("m", s.add(s.mul(s.field("Beta1"), s.load("m")), s.mul(s.rest("Beta1"), s.get(s.d))))
		v := s.flush("v", s.add(s.mul(s.field("Beta2"), s.load("v")), s.mul(s.rest("Beta2"), s.mul(s.get(s.d), s.get(s.d)))))
		shrink := s.splat(s.t, s.choose(
			s.sub(s.float(f32, 1), s.mul(s.get(s.param("LR")), s.get(s.param("Decay")))), s.float(f32, 1), s.get(s.param("Decoupled"))))
		kept := s.mul(shrink, s.load("w"))
		return s.sub(kept, s.div(s.mul(s.field("LR"), s.mul(s.get(m), s.field("Correction1"))),
			s.add(s.sqrt(s.mul(s.get(v), s.field("Correction2"))), s.field("Epsilon"))))
	})
	update("adaGrad", "h", "AdaGradStep", "is a step of AdaGrad.", func(s *step) value {
		h := s.flush("h", s.add(s.load("h"), s.mul(s.get(s.d), s.get(s.d))))
		return s.sub(s.load("w"), s.byRoot(h))
	})
	update("rmsProp", "h", "RMSpropStep", "is a step of RMSprop.", func(s *step) value {
		h := s.flush("h", s.add(s.mul(s.field("Rho"), s.load("h")), s.mul(s.rest("Rho"), s.mul(s.get(s.d), s.get(s.d)))))
		return s.sub(s.load("w"), s.byRoot(h))
	})
}
