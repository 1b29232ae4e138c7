// Package datasets holds labelled images and hands them out in batches:
//
//   - a [Source] is samples of any kind with their targets;
//   - [Read] reads a training and a test set from a folder of any layout that it
//     knows: [ImageFolder], [CIFAR] or [Folder]; [MNIST] needs none;
//   - [Picture] makes a picture of any size an input of a model, as its [Fit] says;
//   - a [Dataset] is cut by Split, Subset and Limit, which copy no pixel;
//   - a [Loader] shuffles it, fills batches and distorts images on the way
//     ([Augmentation]), the same way for the same seed.
//
// Pixels stay bytes in memory, 47 MB for MNIST, and become floats in [0,1]
// batch by batch.
package datasets

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strconv"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Dataset is images of one shape, as bytes, with their labels.
type Dataset struct {
	nn.Shape          // of an image
	Images   [][]byte // H·W·C bytes each, in H, W, C order; subsets share them
	Labels   []int    // the class of each image
	Classes  []string // the name of each class
}

// Len is the number of images.
func (d *Dataset) Len() int { return len(d.Images) }

// Input implements [Source].
func (d *Dataset) Input() nn.Shape { return d.Shape }

// Target implements [Source].
func (d *Dataset) Target() Target { return Target{Classes: d.Classes} }

// Fill implements [Source]: pixels become floats in [0,1].
func (d *Dataset) Fill(x *nn.Tensor, t nn.Targets, index []int) error {
	for i, k := range index {
		toFloats(x.Sample(i), d.Images[k])
		t.Labels[i] = d.Labels[k]
	}
	return nil
}

// Check fails unless every image has its length and a label among the classes.
func (d *Dataset) Check() error {
	if images, labels := len(d.Images), len(d.Labels); images != labels {
		return fmt.Errorf("the data have %d labels, wanted %d, one an image", labels, images)
	}
	for i, label := range d.Labels {
		if label < 0 || label >= len(d.Classes) {
			return fmt.Errorf("image %d has label %d, wanted 0 to %d", i, label, len(d.Classes)-1)
		}
	}
	for i, image := range d.Images {
		if want := d.Size(); len(image) != want {
			return fmt.Errorf("image %d has %d bytes, wanted %d for %v", i, len(image), want, d.Shape)
		}
	}
	return nil
}

// Checksum is the CRC-32C of the labels and pixels, which takes some
// milliseconds for MNIST.
func (d *Dataset) Checksum() string {
	h := crc32.New(castagnoli)
	width := 1 // bytes a label
	if len(d.Classes) > 256 {
		width = 4
	}
	labels := make([]byte, 0, width*len(d.Labels))
	for _, label := range d.Labels {
		labels = append(labels, binary.LittleEndian.AppendUint32(nil, uint32(label))[:width]...)
	}
	h.Write(labels)
	for _, image := range d.Images {
		h.Write(image)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

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
		Labels:  make([]int, len(index)),
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
	streamPicture
	streamFlip
	streamMixup
	streamFolder
	streamHold
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// numbers names n classes "0", "1", and so on.
func numbers(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
