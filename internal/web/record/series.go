package record

import (
	"math"
	"slices"
)

// series is a growing list of a bounded number of rows, evenly from the first
// to the last: when it is full, every second row goes, and from then on only
// every second one stays when the next comes.
type series[T any] struct {
	rows       []T
	most       int // 0: any number
	every      int // of the added rows this many make one that stays; 0: 1
	added      int
	generation int // counts how often rows went
}

func (s *series[T]) add(row T) {
	rows := s.rows[:s.settled():s.settled()] // readers may hold the old ones
	if len(rows) == len(s.rows) && s.most > 0 && len(rows) >= s.most {
		kept := rows[:0:0]
		for i := 0; i < len(rows); i += 2 {
			kept = append(kept, rows[i])
		}
		rows = kept
		s.every = 2 * max(1, s.every)
		s.generation++
	}
	s.rows = append(rows, row)
	s.added++
}

// settled is the number of rows that stay: the last one goes with the next
// unless its turn has come.
func (s *series[T]) settled() int { return min(len(s.rows), (s.added-1)/max(1, s.every)+1) }

// since is what a reader at m lacks, nil if nothing, and moves m on.
func (s *series[T]) since(m *mark) *Part[T] {
	if m.generation == s.generation && m.added == s.added {
		return nil
	}
	from := m.rows
	if m.generation != s.generation {
		from = 0
	}
	*m = mark{s.generation, s.settled(), s.added}
	return &Part[T]{from, slices.Clip(s.rows[from:])}
}

// curve is the losses and accuracies of all updates, as means over so many
// updates that there are never more than twice curveRows.
type curve struct {
	rows       []Point
	every      int
	generation int

	// Of the row that is not complete.
	count, known   int
	loss, accuracy float64
}

const curveRows = 500

func (c *curve) add(loss, accuracy float64) {
	if c.every == 0 {
		c.every = 1
	}
	c.loss += loss
	if !math.IsNaN(accuracy) {
		c.accuracy += accuracy
		c.known++
	}
	if c.count++; c.count < c.every {
		return
	}
	c.rows = append(c.rows, Point{Number(c.loss / float64(c.count)), Number(c.accuracy / float64(c.known))})
	c.count, c.known, c.loss, c.accuracy = 0, 0, 0, 0
	if len(c.rows) == 2*curveRows {
		merged := make([]Point, 0, 2*curveRows)
		for i := 0; i < len(c.rows); i += 2 {
			a, b := c.rows[i], c.rows[i+1]
			merged = append(merged, Point{(a[0] + b[0]) / 2, meanKnown(a[1], b[1])})
		}
		c.rows, c.every = merged, 2*c.every
		c.generation++
	}
}

func meanKnown(a, b Number) Number {
	switch {
	case math.IsNaN(float64(a)):
		return b
	case math.IsNaN(float64(b)):
		return a
	}
	return (a + b) / 2
}

func (c *curve) since(m *mark) *Points {
	part := (&series[Point]{rows: c.rows, added: len(c.rows), generation: c.generation}).since(m)
	if part == nil {
		return nil
	}
	return &Points{max(1, c.every), *part}
}
