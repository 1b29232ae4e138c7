package record

import "testing"

// A full series is even: the rows of a run stand at equal distances, the last
// one apart, and readers of any rhythm have them all.
func TestSeriesIsEven(t *testing.T) {
	s := series[int]{most: 8}
	var often, seldom mark
	var have, late []int
	read := func(m *mark, to *[]int) {
		if p := s.since(m); p != nil {
			*to = append((*to)[:p.From:p.From], p.Rows...)
		}
	}
	for i := range 1000 {
		s.add(i)
		read(&often, &have)
		if i%37 == 0 {
			read(&seldom, &late)
		}
		if p := s.since(&often); p != nil {
			t.Fatalf("row %d comes twice: %v", i, p)
		}
		if last := s.rows[len(s.rows)-1]; last != i || len(s.rows) > 8 || i > 8 && len(s.rows) < 4 {
			t.Fatalf("after row %d there are %v", i, s.rows)
		}
		for k := range len(s.rows) - 2 {
			if step := s.rows[1] - s.rows[0]; s.rows[k+1]-s.rows[k] != step || s.rows[0] != 0 {
				t.Fatalf("rows %v are not even", s.rows)
			}
		}
	}
	read(&seldom, &late)
	for i, v := range s.rows {
		if have[i] != v || late[i] != v || len(have) != len(s.rows) || len(late) != len(s.rows) {
			t.Fatalf("readers have %v and %v of %v", have, late, s.rows)
		}
	}
}
