package datasets

import (
	"math"
	"slices"

	"tatami/nn"
)

// samples are some of a source, as they are.
type samples struct {
	x, values nn.Tensor
	labels    []int
	index     []int
	row       []float32
}

// read fills s with the samples at the given positions.
func (s *samples) read(data Source, index []int) error {
	reshape(&s.x, len(index), data.Input())
	var t nn.Targets
	if target := data.Target(); target.Labels() {
		s.labels = slices.Grow(s.labels[:0], len(index))[:len(index)]
		t.Labels = s.labels
	} else {
		reshape(&s.values, len(index), target.Values)
		t.Values = &s.values
	}
	return data.Fill(&s.x, t, index)
}

func reshape(t *nn.Tensor, n int, shape nn.Shape) {
	t.N, t.Shape = n, shape
	t.Data = slices.Grow(t.Data[:0], n*shape.Size())[:n*shape.Size()]
}

// fill is [Epoch.Fill] of the samples at the given positions.
func (e *Epoch) fill(x *nn.Tensor, t nn.Targets, index []int) error {
	w := e.augment
	s := w.samples.Get().(*samples)
	defer w.samples.Put(s)
	data := e.loader.Data
	if w.Mixup == 0 {
		reshape(&s.x, len(index), w.Shape)
		if err := data.Fill(&s.x, t, index); err != nil {
			return err
		}
		for i, k := range index {
			w.distort(x.Sample(i), s.x.Sample(i), e.loader.Seed, e.number, k)
		}
		return nil
	}
	return e.mix(x, t, index, s)
}

// mix fills x and t with mixtures of two samples: each one given and another,
// both as they are distorted in this epoch.
func (e *Epoch) mix(x *nn.Tensor, t nn.Targets, index []int, s *samples) error {
	w, data := e.augment, e.loader.Data
	clear(t.Values.Data)
	for i, k := range index {
		rng := nn.NewStream(streamMixup, e.loader.Seed, e.number, uint64(k))
		share := beta(&rng, w.Mixup)
		other := int(rng.Uint64() >> 32 * uint64(data.Len()) >> 32)
		s.index = append(s.index[:0], k, other)
		if err := s.read(data, s.index); err != nil {
			return err
		}
		s.row = slices.Grow(s.row[:0], 2*w.Size())[:2*w.Size()]
		for j, part := range []float32{share, 1 - share} {
			mixed := s.row[j*w.Size():][:w.Size()]
			w.distort(mixed, s.x.Sample(j), e.loader.Seed, e.number, s.index[j])
			for p := range mixed {
				mixed[p] *= part
			}
			if s.values.N > 0 {
				for p, v := range s.values.Sample(j) {
					t.Values.Sample(i)[p] += part * v
				}
			} else {
				t.Values.Sample(i)[s.labels[j]] += part
			}
		}
		for p := range x.Sample(i) {
			x.Sample(i)[p] = s.row[p] + s.row[w.Size()+p]
		}
	}
	return nil
}

// beta draws from Beta(a, a), 0 < a <= 1 (Jöhnk 1964).
func beta(rng *nn.Stream, a float64) float32 {
	for {
		u, v := math.Pow(float64(rng.Float32()), 1/a), math.Pow(float64(rng.Float32()), 1/a)
		if sum := u + v; sum > 0 && sum <= 1 {
			return float32(u / sum)
		}
	}
}

// distort makes of src, which it may change, what sample k looks like in an
// epoch.
func (w *augmenter) distort(dst, src []float32, seed, epoch uint64, k int) {
	rng := nn.NewStream(streamPicture, seed, epoch, uint64(k))
	if w.Flip {
		once := nn.NewStream(streamFlip, seed, uint64(k))
		if once.Uint64()>>63 != epoch&1 {
			w.mirror(src)
		}
	}
	if w.Crop > 0 {
		w.crop(dst, src, whole(&rng, w.Crop), whole(&rng, w.Crop))
		if w.moves() {
			copy(src, dst)
		}
	}
	switch {
	case w.moves():
		w.apply(dst, src, nn.NewStream(streamAugment, seed, epoch, uint64(k)))
	case w.Crop == 0:
		copy(dst, src)
	}
	if w.Brightness > 0 {
		scaleAround(dst, 0, 1+symmetric(&rng)*w.Brightness)
	}
	if w.Contrast > 0 {
		scaleAround(dst, w.grey(dst), 1+symmetric(&rng)*w.Contrast)
	}
	if w.Erase > 0 && float64(rng.Float32()) < w.Erase {
		w.erase(dst, &rng)
	}
}

// mirror turns each row around.
func (w *augmenter) mirror(image []float32) {
	n := w.W * w.C
	for y := range w.H {
		row := image[y*n : (y+1)*n]
		for i, j := 0, n-w.C; i < j; i, j = i+w.C, j-w.C {
			for c := range w.C {
				row[i+c], row[j+c] = row[j+c], row[i+c]
			}
		}
	}
}

// crop moves src by whole pixels, reflected at its edges, whose own pixels come
// once.
func (w *augmenter) crop(dst, src []float32, down, right int) {
	n := w.W * w.C
	left, width := max(0, right), w.W-max(right, -right) // of dst, from src as it is
	for y := range w.H {
		from, to := src[reflected(y-down, w.H)*n:][:n], dst[y*n:(y+1)*n]
		copy(to[left*w.C:(left+width)*w.C], from[(left-right)*w.C:])
		for x := range w.W {
			if x < left || x >= left+width {
				copy(to[x*w.C:(x+1)*w.C], from[reflected(x-right, w.W)*w.C:])
			}
		}
	}
}

// reflected brings i, less than n beyond 0 to n-1, back there.
func reflected(i, n int) int {
	if i < 0 {
		return -i
	}
	return min(i, 2*(n-1)-i)
}

// grey is the mean of an image's luminance (ITU-R BT.601), or of all channels
// where they are not three.
func (w *augmenter) grey(image []float32) float64 {
	var sum [3]float64
	for i, v := range image {
		if w.C == 3 {
			sum[i%3] += float64(v)
		} else {
			sum[0] += float64(v)
		}
	}
	if w.C == 3 {
		return (0.299*sum[0] + 0.587*sum[1] + 0.114*sum[2]) / float64(w.H*w.W)
	}
	return sum[0] / float64(len(image))
}

// scaleAround multiplies the distance from a centre, within [0,1].
func scaleAround(values []float32, centre, by float64) {
	c, b := float32(centre), float32(by)
	for i, v := range values {
		values[i] = max(0, min(1, c+b*(v-c)))
	}
}

// erase makes a rectangle black. One that is too long for the image is drawn
// anew, ten times at most.
func (w *augmenter) erase(image []float32, rng *nn.Stream) {
	for range 10 {
		area := (0.02 + 0.31*float64(rng.Float32())) * float64(w.H*w.W)
		ratio := math.Exp(symmetric(rng) * math.Log(1/0.3))
		h, width := int(math.Round(math.Sqrt(area*ratio))), int(math.Round(math.Sqrt(area/ratio)))
		if h >= w.H || width >= w.W {
			continue
		}
		top, left := int(rng.Float32()*float32(w.H-h+1)), int(rng.Float32()*float32(w.W-width+1))
		for y := top; y < top+h; y++ {
			clear(image[(y*w.W+left)*w.C:][:width*w.C])
		}
		return
	}
}
