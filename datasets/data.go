package datasets

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"tatami/internal/files"
)

// Kind is how the data in a folder are laid out.
type Kind string

// The layouts that [Read] knows.
const (
	KindIDX      Kind = "IDX"      // see [Folder]
	KindCIFAR    Kind = "CIFAR"    // see [CIFAR]
	KindPictures Kind = "pictures" // see [ImageFolder]
)

// KindOf tells by the names of its files what a folder holds.
func KindOf(dir string) (Kind, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("cannot read folder %s: %w", dir, files.Cause(err))
	}
	folders := false
	for _, e := range entries {
		if idxName.MatchString(e.Name()) && !e.IsDir() {
			return KindIDX, nil
		}
		folders = folders || isFolder(filepath.Join(dir, e.Name()))
	}
	switch {
	case cifarIn(dir) != nil:
		return KindCIFAR, nil
	case folders:
		return KindPictures, nil
	}
	return "", fmt.Errorf("folder %s holds no data: wanted a folder of pictures for each class, train and test with such folders, "+
		"IDX files like train-images-idx3-ubyte, or CIFAR's like data_batch_1.bin", dir)
}

// Read reads the training and the test set in a folder, whatever its [Kind]. Of
// the options Fit alone matters where it does not hold pictures.
func Read(ctx context.Context, dir string, o Options) (*Data, error) {
	kind, err := KindOf(dir)
	if err != nil {
		return nil, err
	}
	if kind == KindPictures {
		return ImageFolder(ctx, dir, o)
	}
	read := Folder
	if kind == KindCIFAR {
		read = CIFAR
	}
	train, test, err := read(dir)
	if err != nil {
		return nil, err
	}
	return &Data{Train: train, Test: test, Kind: kind, Fit: cmp.Or(o.Fit, FitCover)}, nil
}

// Statistics are the mean of each channel's values in [0,1] and their standard
// deviation, over all pixels of all images; a channel that never changes has
// deviation 0. They do not depend on the order of the images.
func Statistics(d *Dataset) (mean, deviation []float64) {
	sums, squares := make([]uint64, d.C), make([]uint64, d.C)
	for _, image := range d.Images {
		for i := 0; i < len(image); i += d.C {
			for c := range d.C {
				v := uint64(image[i+c])
				sums[c] += v
				squares[c] += v * v
			}
		}
	}
	n := float64(d.Len() * d.H * d.W)
	for c := range d.C {
		m := float64(sums[c]) / n
		mean = append(mean, m/255)
		deviation = append(deviation, math.Sqrt(max(float64(squares[c])/n-float64(m*m), 0))/255)
	}
	return mean, deviation
}

// Duplicates are the images of b that are in a too, to the last pixel: pairs of
// positions in a, the first there, and in b.
func Duplicates(a, b *Dataset) (pairs [][2]int) {
	first := make(map[[sha256.Size]byte]int, a.Len())
	for i, image := range a.Images {
		sum := sha256.Sum256(image)
		if _, seen := first[sum]; !seen {
			first[sum] = i
		}
	}
	for k, image := range b.Images {
		if i, ok := first[sha256.Sum256(image)]; ok {
			pairs = append(pairs, [2]int{i, k})
		}
	}
	return pairs
}
