package datasets

import (
	"context"
	"fmt"
	"math"
	"os"

	"tatami/internal/files"
)

// Read reads the training and the test set in a folder, by what it holds: IDX
// files ([Folder]), CIFAR's binary files ([CIFAR]), or folders of pictures
// ([ImageFolder]). Options.Size, Color, TestShare and so on are for pictures.
func Read(ctx context.Context, dir string, o Options) (*Data, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read folder %s: %w", dir, files.Cause(err))
	}
	read := func(train, test *Dataset, err error) (*Data, error) {
		if err != nil {
			return nil, err
		}
		fit := o.Fit
		if fit == "" {
			fit = FitCover
		}
		return &Data{Train: train, Test: test, Fit: fit}, nil
	}
	folders := false
	for _, e := range entries {
		if idxName.MatchString(e.Name()) {
			return read(Folder(dir))
		}
		folders = folders || isFolder(dir+string(os.PathSeparator)+e.Name())
	}
	if cifarIn(dir) != nil {
		return read(CIFAR(dir))
	}
	if !folders {
		return nil, fmt.Errorf("folder %s holds no data: wanted a folder of pictures for each class, train and test with such folders, "+
			"IDX files like train-images-idx3-ubyte, or CIFAR's like data_batch_1.bin", dir)
	}
	return ImageFolder(ctx, dir, o)
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
