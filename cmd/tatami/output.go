package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tatami/internal/run"
	"tatami/plots"
)

// say prints a line, and fails where that cannot be done.
func say(line string) error {
	_, err := fmt.Println(line)
	return err
}

// checkPicture refuses a name whose ending is no format of pictures.
func checkPicture(path string) error {
	if !slices.Contains([]string{".png", ".svg", ".pdf"}, strings.ToLower(filepath.Ext(path))) {
		return wrongUsage("cannot draw %s: wanted a name that ends in .png, .svg or .pdf", path)
	}
	return nil
}

// savePicture writes a picture and says where.
func savePicture(path string, f plots.Figure) error {
	if err := plots.Save(path, f); err != nil {
		return err
	}
	return say(path)
}

// checkPage refuses a name that is no page's, or the page of a run.
func checkPage(path string) error {
	if !strings.EqualFold(filepath.Ext(path), ".html") {
		return wrongUsage("--out is %s, wanted a name that ends in .html", path)
	}
	return checkRun(path)
}

// checkRun refuses a file of a run.
func checkRun(path string) error {
	if run.IsOfRun(path) {
		return wrongUsage("--out is %s, a file of the run in that folder: wanted another name", path)
	}
	return nil
}

// checkInput refuses to write what is read.
func checkInput(flag, out, input string) error {
	if sameFile(input, out) {
		return wrongUsage("--%s is %s, which is to be read: wanted another name", flag, out)
	}
	return nil
}

// checkOutside refuses to write below the folders of a data set, where a picture
// would be taken for one of its own.
func checkOutside(out, dir string) error {
	folder, err := filepath.Abs(filepath.Dir(out))
	if err != nil {
		return err
	}
	for parent := filepath.Dir(folder); parent != folder; parent = filepath.Dir(folder) {
		if sameFile(parent, dir) {
			return wrongUsage("--out is %s, among the pictures of %s: wanted a name outside", out, dir)
		}
		folder = parent
	}
	return nil
}

// sameFile reports whether both paths lead to one file that exists.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
