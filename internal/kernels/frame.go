package kernels

// box is the size of an image.
type box struct{ h, w, c int }

func (b box) len() int { return b.h * b.w * b.c }

// of is image n of a batch.
func (b box) of(batch []float32, n int) []float32 { return batch[n*b.len():][:b.len()] }

// frame lays images of one size, one after another, into a larger room of
// zeros: row i of the image at top+i·stepH and column j at left+j·stepW, where
// that is inside.
type frame struct {
	image, room  box
	top, left    int
	stepH, stepW int
}

func (f frame) trivial() bool {
	return f.top == 0 && f.left == 0 && f.stepH == 1 && f.stepW == 1 && f.room == f.image
}

// len is the length of the room, none if images stay where they are.
func (f frame) len() int {
	if f.trivial() {
		return 0
	}
	return f.room.len()
}

// clear makes an empty room at the start of scratch, and returns the rest too.
func (f frame) clear(scratch []float32) (room, rest []float32) {
	room, rest = scratch[:f.len()], scratch[f.len():]
	clear(room)
	return room, rest
}

// lay puts the image x in the room, or returns x if that would change nothing.
func (f frame) lay(room, x []float32) []float32 {
	if f.trivial() {
		return x
	}
	c := f.image.c
	for i := range f.image.h {
		row := f.top + i*f.stepH
		if row < 0 || row >= f.room.h {
			continue
		}
		from := x[i*f.image.w*c:][:f.image.w*c]
		if f.stepW == 1 && f.left >= 0 && f.left+f.image.w <= f.room.w {
			copy(room[(row*f.room.w+f.left)*c:], from)
			continue
		}
		for j := range f.image.w {
			if column := f.left + j*f.stepW; column >= 0 && column < f.room.w {
				copy(room[(row*f.room.w+column)*c:], from[j*c:][:c])
			}
		}
	}
	return room
}
