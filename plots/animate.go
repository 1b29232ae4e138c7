package plots

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"
	"time"

	"gonum.org/v1/plot/vg/draw"
)

// Animate writes figures of one size as a film that repeats, in GIF. Each is
// shown for the given time, the last four times as long.
func Animate(w io.Writer, delay time.Duration, frames ...Figure) error {
	if len(frames) == 0 {
		return errors.New("animation: no frames")
	}
	if delay < 20*time.Millisecond || delay > time.Minute {
		return fmt.Errorf("animation: %v a frame, wanted 20ms to 1m", delay)
	}
	for i, f := range frames {
		if f == nil {
			return fmt.Errorf("animation: frame %d of %d is nil", i+1, len(frames))
		}
	}
	width, height := frames[0].Size()
	if pixels := width.Dots(dpi) * height.Dots(dpi); !(width >= 1 && height >= 1 && pixels <= maxPixels) {
		return fmt.Errorf("animation: frames of %.4g × %.4g points", width, height)
	}
	// One palette for the film: its 256 commonest colours, to five bits a channel.
	counts := map[[3]uint8]int{}
	var drawn []*image.RGBA
	for i, f := range frames {
		if w, h := f.Size(); w != width || h != height {
			return fmt.Errorf("animation: frame %d is %.4g × %.4g points, the first %.4g × %.4g", i+1, w, h, width, height)
		}
		c := newRaster(width, height)
		f.Draw(draw.NewCanvas(c, width, height))
		for p := 0; p < len(c.pixels.Pix); p += 4 {
			counts[coarse(c.pixels.Pix[p:])]++
		}
		drawn = append(drawn, c.pixels)
	}
	colors := make([][3]uint8, 0, len(counts))
	for c := range counts {
		colors = append(colors, c)
	}
	slices.SortFunc(colors, func(a, b [3]uint8) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), slices.Compare(a[:], b[:]))
	})
	var palette color.Palette
	for _, c := range colors[:min(256, len(colors))] {
		palette = append(palette, color.RGBA{c[0]<<3 | c[0]>>2, c[1]<<3 | c[1]>>2, c[2]<<3 | c[2]>>2, 255})
	}
	nearest := map[[3]uint8]uint8{}
	for _, c := range colors {
		nearest[c] = uint8(palette.Index(color.RGBA{c[0]<<3 | c[0]>>2, c[1]<<3 | c[1]>>2, c[2]<<3 | c[2]>>2, 255}))
	}
	film := &gif.GIF{}
	for i, img := range drawn {
		frame := image.NewPaletted(img.Bounds(), palette)
		for p := range frame.Pix {
			frame.Pix[p] = nearest[coarse(img.Pix[4*p:])]
		}
		hundredths := int(delay / (10 * time.Millisecond))
		if i == len(drawn)-1 {
			hundredths *= 4
		}
		film.Image, film.Delay = append(film.Image, frame), append(film.Delay, hundredths)
	}
	if err := gif.EncodeAll(w, film); err != nil {
		return fmt.Errorf("animation of %d frames: %w", len(frames), err)
	}
	return nil
}

func coarse(rgba []uint8) [3]uint8 { return [3]uint8{rgba[0] >> 3, rgba[1] >> 3, rgba[2] >> 3} }
