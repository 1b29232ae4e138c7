package inspect

import (
	"context"
	"math"
	"slices"

	"tatami/datasets"
	"tatami/nn"
)

// Index finds the images of a dataset whose features are nearest to those of
// another image.
type Index struct {
	net      *Network
	data     *datasets.Dataset
	size     int
	features []float32
}

// indexBatch is the largest number of images whose features are computed at
// once.
const indexBatch = 100

// NewIndex computes the features of all images of data, calling progress, if
// it is there, with the number done. It ends early with ctx's error.
func NewIndex(ctx context.Context, net *Network, data *datasets.Dataset, progress func(done int)) (*Index, error) {
	size := net.FeatureSize()
	x := &Index{net: net, data: data, size: size, features: make([]float32, data.Len()*size)}
	var pass *nn.Pass
	atOnce := net.atOnce(indexBatch)
	if net.head != nil {
		pass = net.head.NewPass(nn.PassConfig{Capacity: atOnce})
	}
	for from := 0; from < data.Len(); from += atOnce {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+atOnce, data.Len())
		y := datasets.Tensor(data.Shape, data.Images[from:to]...)
		if pass != nil {
			y = pass.Forward(y)
		}
		copy(x.features[from*size:], y.Data)
		if progress != nil {
			progress(to)
		}
	}
	return x, nil
}

// Len is the number of images.
func (x *Index) Len() int { return x.data.Len() }

// Neighbour is an image of the dataset at some distance.
type Neighbour struct {
	Index    int
	Distance float64 // Euclidean, between features
}

// Nearest lists the k images nearest to the given one, the nearest first. It
// ends early with ctx's error.
func (x *Index) Nearest(ctx context.Context, image *nn.Tensor, k int) ([]Neighbour, error) {
	want := x.net.Features(image).Data
	k = min(k, x.Len())
	best := make([]Neighbour, 0, k+1)
	limit := float32(math.Inf(1)) // squared distance of the last of k
	for i := range x.Len() {
		if err := ctx.Err(); i%indexBatch == 0 && err != nil {
			return nil, err
		}
		d := squaredDistance(x.features[i*x.size:(i+1)*x.size], want, limit)
		if !(d < limit) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, float64(d), func(n Neighbour, d float64) int {
			if n.Distance <= d {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, Neighbour{i, float64(d)})
		if len(best) > k {
			best = best[:k]
		}
		if len(best) == k {
			limit = float32(best[k-1].Distance)
		}
	}
	for i := range best {
		best[i].Distance = math.Sqrt(best[i].Distance)
	}
	return best, nil
}

// squaredDistance gives up once it exceeds limit.
func squaredDistance(a, b []float32, limit float32) float32 {
	var sum float32
	for len(a) >= 16 && len(b) >= 16 {
		for i := range 16 {
			d := a[i] - b[i]
			sum += d * d
		}
		if sum > limit {
			return sum
		}
		a, b = a[16:], b[16:]
	}
	for i := range a {
		d := a[i] - b[i]
		sum += d * d
	}
	return sum
}
