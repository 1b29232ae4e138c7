package kernels

// Offsets is a table of element offsets into a slice. It knows its extremes, so
// a kernel checks bounds once a call however long the table is. It never
// changes after NewOffsets. The zero value is the empty table.
type Offsets struct {
	list      []int32
	min, max  int
	ascending bool
	inQuads   int // length of the prefix made of runs of four consecutive offsets
}

// NewOffsets returns a table with a copy of list. Offsets may be negative as
// long as the sums which a kernel forms with them lie inside the slice.
func NewOffsets(list []int32) Offsets {
	return newOffsets(append([]int32(nil), list...))
}

// Stride returns the table 0, step, 2*step, … of n offsets. It panics when an
// offset does not fit in 32 bits.
func Stride(n, step int) Offsets {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i * step)
		if int(list[i]) != i*step {
			panic("kernels: offset does not fit in 32 bits")
		}
	}
	return newOffsets(list)
}

// newOffsets keeps list.
func newOffsets(list []int32) Offsets {
	o := Offsets{list: list, ascending: true}
	if len(list) == 0 {
		return o
	}
	o.min, o.max = int(list[0]), int(list[0])
	inQuad := true
	for i, v := range list {
		o.min = min(o.min, int(v))
		o.max = max(o.max, int(v))
		o.ascending = o.ascending && int(v) == o.max
		inQuad = inQuad && v == list[i&^3]+int32(i&3)
		if inQuad && i&3 == 3 {
			o.inQuads = i + 1
		}
	}
	return o
}

// Len is the number of offsets.
func (o Offsets) Len() int { return len(o.list) }

// First returns the table of the first n offsets, without copying: a plan made
// for many images serves fewer.
func (o Offsets) First(n int) Offsets {
	if !o.ascending || n == 0 {
		return newOffsets(o.list[:n:n])
	}
	o.list, o.max, o.inQuads = o.list[:n:n], int(o.list[n-1]), min(o.inQuads, n&^3)
	return o
}
