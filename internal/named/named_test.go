package named_test

import (
	"testing"

	"tatami/internal/named"
	"tatami/optim"
)

func TestRule(t *testing.T) {
	for text, want := range map[string]optim.Rule{
		"sgd":                    optim.SGD{WeightDecay: 0.1},
		"momentum:momentum=0.5":  optim.Momentum{Momentum: 0.5, WeightDecay: 0.1},
		"nesterov":               optim.Nesterov{Momentum: 0.9, WeightDecay: 0.1},
		"adagrad":                optim.AdaGrad{Epsilon: 1e-10, WeightDecay: 0.1},
		"rmsprop:rho=0.9":        optim.RMSprop{Rho: 0.9, Epsilon: 1e-8, WeightDecay: 0.1},
		"adam:beta1=.7,beta2=.9": optim.Adam{Beta1: 0.7, Beta2: 0.9, Epsilon: 1e-8, WeightDecay: 0.1},
		"adamw:epsilon=1e-7":     optim.AdamW{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 0.1},
	} {
		if got, err := named.Rule(text, 0.1); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"adm":          `unknown optimizer "adm": did you mean "adam"? (valid: sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)`,
		"adam:beta1=1": `optimizer adam: beta1 is "1", wanted a number above 0 and below 1`,
		"adam:beta":    `optimizer adam: "beta", wanted name=value`,
		"sgd:x=1":      `optimizer sgd takes no parameters, found "x=1"`,
	} {
		if _, err := named.Rule(text, 0); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestSchedule(t *testing.T) {
	for text, want := range map[string]optim.Schedule{
		"constant":                  optim.Constant{Base: 0.1},
		"step":                      optim.StepDecay{Base: 0.1, Every: 300, Factor: 0.1},
		"step:every=600,factor=0.5": optim.StepDecay{Base: 0.1, Every: 600, Factor: 0.5},
		"exponential:factor=0.99":   optim.Exponential{Base: 0.1, Factor: 0.99},
		"cosine":                    optim.Cosine{Base: 0.1, Steps: 900},
		"cosine:floor=0.001":        optim.Cosine{Base: 0.1, Floor: 0.001, Steps: 900},
		"one-cycle:warmup=0.2":      optim.OneCycle{Max: 0.1, Steps: 900, WarmupFraction: 0.2, StartDivisor: 25, FinalDivisor: 1e4},
	} {
		got, err := named.Schedule(text, 0.1, 900)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"onecycle":          `unknown schedule "onecycle": did you mean "one-cycle"? (valid: constant, step, exponential, cosine, one-cycle)`,
		"step:evry=3":       `schedule step: unknown parameter "evry": did you mean "every"? (valid: every, factor)`,
		"step:every=0":      `schedule step: every is "0", wanted a whole number from 1 up`,
		"step:every=1.5":    `schedule step: every is "1.5", wanted a whole number from 1 up`,
		"step:factor=nan":   `schedule step: factor is "nan", wanted a positive number`,
		"step:factor=Inf":   `schedule step: factor is "Inf", wanted a positive number`,
		"cosine:floor":      `schedule cosine: "floor", wanted name=value`,
		"constant:x=1":      `schedule constant takes no parameters, found "x=1"`,
		"one-cycle:start=0": `schedule one-cycle: start is "0", wanted a number from 1 up`,
	} {
		if _, err := named.Schedule(text, 0.1, 900); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}
