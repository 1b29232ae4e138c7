// Package datasets holds labelled images and hands them out in batches:
//
//   - [MNIST] and [Folder] read a training and a test set, [Digit] makes any
//     picture look like MNIST's;
//   - a [Dataset] is cut by Split, Subset and Limit, which copy no pixel;
//   - a [Loader] shuffles it, fills batches and distorts images on the way
//     ([Augmentation]), the same way for the same seed.
//
// Pixels stay bytes in memory, 47 MB for MNIST, and become floats in [0,1]
// batch by batch.
package datasets

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Dataset is images of one shape, as bytes, with their labels.
type Dataset struct {
	nn.Shape          // of an image
	Images   [][]byte // H·W·C bytes each, in H, W, C order; subsets share them
	Labels   []uint8  // the class of each image
	Classes  []string // the name of each class
}

// Len is the number of images.
func (d *Dataset) Len() int { return len(d.Images) }

// String tells how many images of which shape and how many classes there are.
func (d *Dataset) String() string {
	return fmt.Sprintf("%d images of %v in %d classes", d.Len(), d.Shape, len(d.Classes))
}

// Subset is the images at the given positions, in that order. It shares their
// pixels with d and panics on a position outside of d.
func (d *Dataset) Subset(index []int) *Dataset {
	s := &Dataset{
		Shape:   d.Shape,
		Images:  make([][]byte, len(index)),
		Labels:  make([]uint8, len(index)),
		Classes: d.Classes,
	}
	for i, k := range index {
		s.Images[i], s.Labels[i] = d.Images[k], d.Labels[k]
	}
	return s
}

// Limit is the first n images, or all when there are fewer.
func (d *Dataset) Limit(n int) *Dataset {
	n = min(n, d.Len())
	return &Dataset{d.Shape, d.Images[:n:n], d.Labels[:n:n], d.Classes}
}

// Split draws n images at random, without replacement, to be held out and
// returns them apart from the rest. One seed always draws the same. It fails
// when either part would be empty.
func (d *Dataset) Split(n int, seed uint64) (rest, held *Dataset, err error) {
	if n < 1 || n >= d.Len() {
		return nil, nil, fmt.Errorf("cannot hold out %d of %d images: wanted 1 to %d", n, d.Len(), d.Len()-1)
	}
	source := nn.NewStream(streamSplit, seed)
	order := rand.New(&source).Perm(d.Len())
	return d.Subset(order[n:]), d.Subset(order[:n]), nil
}

// Tensor is a batch of images of H·W·C bytes each, as floats in [0,1].
func Tensor(shape nn.Shape, images ...[]byte) *nn.Tensor {
	x := nn.NewTensor(len(images), shape)
	for i, image := range images {
		toFloats(x.Sample(i), image)
	}
	return x
}

// toFloats maps the bytes 0 to 255 to [0,1].
func toFloats(dst []float32, src []byte) { kernels.FromBytes(dst, src, 1.0/255) }

// Streams of random numbers are keyed by their use first.
const (
	streamSplit uint64 = iota + 1
	streamOrder
	streamAugment
	streamFolder
	streamHold
)

// numbers names n classes "0", "1", and so on.
func numbers(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
