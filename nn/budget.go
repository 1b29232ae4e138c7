package nn

import (
	"fmt"
	"math"
)

// Cost is what an answer to one sample takes.
type Cost struct {
	// Work is counted in multiply-adds, and what else takes as long as those
	// do without vectors.
	Work int
	// Bytes are those of every layer's output and of what layers need besides,
	// without the parameters.
	Bytes int
}

// Costly is a Spec whose layer takes more than its multiply-adds and its output
// tell: windows that it looks through, copies of its input.
type Costly interface {
	Spec
	// ExtraCost is that of one sample of shape in.
	ExtraCost(in Shape) Cost
}

// Cost is what the network takes for one sample, counted from the layers as
// described; sums that no int holds are the largest int.
func (s *Sequential) Cost() Cost {
	total := Cost{Bytes: bytesOf(s.input)}
	in := s.input
	for i, l := range s.layers {
		out := l.OutShape()
		work := multiplyAdds(l)
		if _, inner := sequences(l); len(inner) > 0 {
			work = 0
			for _, s := range inner {
				total = total.plus(s.Cost())
			}
		}
		total = total.plus(Cost{work, bytesOf(out)}).plus(Cost{Work: workOfValue * out.Size()})
		if c, ok := s.specs[i].(Costly); ok {
			total = total.plus(c.ExtraCost(in))
		}
		in = out
	}
	return total
}

// workOfValue is that of writing an output: the slowest functions, such as
// GELU, take some 20 ns.
const workOfValue = 10

func bytesOf(s Shape) int { return 4 * s.Size() }

func (c Cost) plus(d Cost) Cost {
	sum := func(a, b int) int {
		if b < 0 || a > math.MaxInt-b { // negative: a product that no int holds
			return math.MaxInt
		}
		return a + b
	}
	return Cost{sum(c.Work, d.Work), sum(c.Bytes, d.Bytes)}
}

// AnswerCost is what a network may take for one sample unless its user allows
// more: seconds of a slow core, where DeepConvNet takes milliseconds. So a file
// of a few bytes cannot ask for hours.
func AnswerCost() Cost { return Cost{Work: 1_000_000_000, Bytes: 256 << 20} }

// Within fails if the network takes more than most for one sample.
func (s *Sequential) Within(most Cost) error {
	c := s.Cost()
	if c.Work > most.Work {
		return fmt.Errorf("the network takes %s operations for one sample, wanted at most %s", thousands(c.Work), thousands(most.Work))
	}
	if c.Bytes > most.Bytes {
		return fmt.Errorf("the network takes %s bytes of memory for one sample, wanted at most %s", thousands(c.Bytes), thousands(most.Bytes))
	}
	return nil
}
