package train_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/optim"
	"tatami/train"
)

// BenchmarkPixels is a step of simple on pictures of 32×32 whose pixels are in
// memory, and in a temporary file; processors' time tells on a busy machine too.
func BenchmarkPixels(b *testing.B) {
	dir := b.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 4000 {
		img := image.NewRGBA(image.Rect(0, 0, 32, 32))
		for k := range 32 * 32 {
			img.SetRGBA(k%32, k/32, color.RGBA{byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), 255})
		}
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			b.Fatal(err)
		}
		toy.File(b, filepath.Join(dir, fmt.Sprint(i%10), fmt.Sprint(i, ".png")), file.Bytes())
	}
	for _, c := range []struct {
		name   string
		memory int64
	}{{"memory", 0}, {"file", 1}} {
		b.Run(c.name, func(b *testing.B) {
			d, err := datasets.ImageFolder(context.Background(), dir, datasets.Options{Memory: c.memory, Color: "rgb"})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			simple, err := networks.Find("simple")
			if err != nil {
				b.Fatal(err)
			}
			t := &train.Trainer{
				Net: toy.Network(b, d.Train.Shape, simple.Specs(10)...), Loss: layers.SoftmaxWithLoss{}, Rule: optim.Adam{}, Schedule: optim.Constant{Base: 0.001},
				Loader: &datasets.Loader{Data: d.Train, BatchSize: 100}, Epochs: 1 << 20, Steps: b.N,
			}
			b.ResetTimer()
			began := toy.CPU()
			if _, err := t.Fit(context.Background()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(toy.CPU()-began)/float64(b.N), "cpu-ns/op")
		})
	}
}
