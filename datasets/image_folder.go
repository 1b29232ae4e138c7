package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"tatami/internal/files"
	"tatami/nn"
)

// Options say how data are read; those of pictures in folders do not matter to
// other layouts. The zero value will do.
type Options struct {
	// Height and Width are what pictures become. Where they are 0 it is the
	// pictures' own size, if all have one and no side is above 64, and else 32×32.
	Height, Width int
	// Fit is how; "" is [FitCover].
	Fit Fit
	// Color is "rgb" or "gray"; "" is what the pictures are: gray if no format
	// among them has colours.
	Color string
	// TestShare is the share of each class that is held out for the test set
	// where no folder holds one; 0 is 0.2.
	TestShare float64
	// Seed draws what is held out, and the order.
	Seed uint64
	// SkipBroken leaves out pictures that cannot be read.
	SkipBroken bool
	// Memory is how many bytes of pixels are kept in memory; more of them go to
	// a temporary file. 0 is half of what is free.
	Memory int64
	// Progress is told how many of the pictures have been read, by one goroutine
	// at a time. It may be nil.
	Progress func(done, all int)
}

// Data is a training and a test set, and what was met in reading them.
type Data struct {
	Train, Test *Dataset
	Kind        Kind
	// TrainFiles and TestFiles name the pictures, where they are files of their own.
	TrainFiles, TestFiles []string
	// Fit is how a picture is made like those of the data.
	Fit Fit
	// Split is whether the test set was held out of the same folder.
	Split bool
	// Hidden and Other count files that were left out: those whose name begins
	// with a dot, and those that are not named like a picture.
	Hidden, Other int
	// Broken are the pictures that were left out, each an error that names one.
	Broken []error
	// Sizes counts the pictures of each size, right way up, before they were
	// fitted; nil where that was not looked at.
	Sizes map[[2]int]int // height, width

	stores []*store
	links  int // to folders, followed so far
}

// Close frees the temporary files of the data, if any. Their images must not be
// used any more. What is not closed goes with the program.
func (d *Data) Close() error {
	var errs []error
	for _, s := range d.stores {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

const defaultTestShare = 0.2

// What the sides of pictures may be.
const (
	maxFitted  = 4096
	ownSide    = 64 // a larger one is not kept unless asked for
	usualSide  = 32
	maxClasses = 1024 // pictures of results show so many
	maxLinks   = 4096 // to folders: some dozens, one after another, can lead to millions
)

func (o *Options) check() error {
	if (o.Height == 0) != (o.Width == 0) || o.Height < 0 || o.Width < 0 || o.Height > maxFitted || o.Width > maxFitted {
		return fmt.Errorf("pictures of %d×%d pixels, wanted 1 to %d a side", o.Height, o.Width, maxFitted)
	}
	if o.Fit == "" {
		o.Fit = FitCover
	}
	if _, err := ParseFit(string(o.Fit)); err != nil {
		return err
	}
	if o.Color != "" && o.Color != "rgb" && o.Color != "gray" {
		return fmt.Errorf("color %q, wanted rgb or gray", o.Color)
	}
	if o.Fit == FitDigit {
		if o.Color == "rgb" {
			return errors.New("digits are gray, wanted no color rgb beside fit digit")
		}
		o.Color = "gray"
	}
	if o.TestShare == 0 {
		o.TestShare = defaultTestShare
	}
	if !(o.TestShare > 0 && o.TestShare < 1) {
		return fmt.Errorf("a test share of %g, wanted more than 0 and less than 1", o.TestShare)
	}
	if o.Memory == 0 {
		o.Memory = freeMemory() / 2
	}
	return nil
}

// ImageFolder reads pictures (PNG, JPEG, GIF, BMP, WebP) whose class is the
// folder that they are in, at any depth:
//
//	DIR/train/cat/1.jpg   DIR/test/cat/2.jpg   (or val, or valid)
//
// or DIR/cat/1.jpg alone, of which a share of each class is held out. Classes
// are named and ordered by their folders; there may be 1,024. Files with other
// names are counted and left out, and so is what stands beside train and test.
//
// All pictures are decoded once, by all processors, and fitted to one size.
// Both sets are in an order that Options.Seed draws, so that a part of one has all
// classes. A picture that cannot be read is an error that names it.
func ImageFolder(ctx context.Context, dir string, o Options) (*Data, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d := &Data{Kind: KindPictures, Fit: o.Fit}
	train, test, classes, err := d.list(dir, &o)
	if err != nil {
		return nil, err
	}
	r := &folderReader{Options: o, data: d, all: len(train) + len(test), pixels: semaphore.NewWeighted(2 * maxPixels)}
	if o.Height == 0 || o.Color == "" {
		r.all *= 2 // they are gone through twice

		heads := make([]*imageHead, len(train)+len(test)) // nil: broken
		both, err := r.each(ctx, slices.Concat(train, test), func(i int, p picture) (err error) {
			heads[i], err = readHeadOf(p.path)
			return err
		})
		if err != nil {
			return nil, err
		}
		r.choose(heads, both)
		keep := func(list []picture, from int) (whole []picture) {
			for i, p := range list {
				if heads[from+i] != nil {
					whole = append(whole, p)
				}
			}
			return whole
		}
		train, test = keep(train, 0), keep(test, len(train))
		r.all = r.done + len(train) + len(test)
	}
	shape := nn.Shape{H: r.Height, W: r.Width, C: 3}
	if r.Color == "gray" {
		shape.C = 1
	}
	left := r.Memory
	read := func(list []picture) (*Dataset, []string, error) {
		s, err := newStore(len(list), shape.Size(), left)
		if err != nil {
			return nil, nil, err
		}
		d.stores = append(d.stores, s)
		if s.file == nil {
			left -= int64(len(s.pixels))
		}
		whole, err := r.each(ctx, list, func(i int, p picture) error {
			pixels, err := r.fitted(ctx, p.path, shape)
			if err != nil {
				return err
			}
			if err := s.set(i, pixels); err != nil {
				return notBroken{err}
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		if err := s.whole(len(list)); err != nil {
			return nil, nil, err
		}
		set := &Dataset{Shape: shape, Classes: classes}
		var paths []string
		for _, i := range whole {
			set.Images = append(set.Images, s.image(i))
			set.Labels = append(set.Labels, list[i].class)
			paths = append(paths, list[i].path)
		}
		return set, paths, nil
	}
	if d.Train, d.TrainFiles, err = read(train); err == nil {
		d.Test, d.TestFiles, err = read(test)
	}
	if err == nil {
		err = r.checkWhole(dir)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// picture is a file and its class.
type picture struct {
	path  string
	class int
}

// readHeadOf reads the head of a file.
func readHeadOf(path string) (*imageHead, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := readHead(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, files.Cause(err))
	}
	return h, nil
}

// folderReader reads lists of pictures.
type folderReader struct {
	Options
	data *Data
	// pixels bounds those of the pictures that are decoded at once, since there
	// may be many processors.
	pixels *semaphore.Weighted

	lock      sync.Mutex
	done, all int
}

// fitted is the picture in a file as a sample of that shape.
func (r *folderReader) fitted(ctx context.Context, path string, shape nn.Shape) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head, err := readHead(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, files.Cause(err))
	}
	size := int64(head.Width) * int64(head.Height)
	if err := r.pixels.Acquire(ctx, size); err != nil {
		return nil, notBroken{err}
	}
	defer r.pixels.Release(size)
	img, err := head.decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, files.Cause(err))
	}
	pixels, err := r.Fit.Pixels(img, shape)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return pixels, nil
}

// notBroken is an error that is no picture's fault.
type notBroken struct{ error }

func (e notBroken) Unwrap() error { return e.error }

// each does something for each picture, by all processors, and returns the
// positions of those that are whole. The first error in the list's order is
// returned, unless broken pictures are skipped.
func (r *folderReader) each(ctx context.Context, list []picture, do func(i int, p picture) error) (whole []int, err error) {
	failed := make([]error, len(list))
	var at int
	var group errgroup.Group
	for range min(runtime.GOMAXPROCS(0), max(len(list), 1)) {
		group.Go(func() error {
			for {
				r.lock.Lock()
				i := at
				at++
				r.lock.Unlock()
				if i >= len(list) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				failed[i] = do(i, list[i])
				_, hopeless := errors.AsType[notBroken](failed[i])
				r.lock.Lock()
				r.done++
				if r.Progress != nil {
					r.Progress(r.done, r.all)
				}
				if failed[i] != nil && (!r.SkipBroken || hopeless) {
					at = len(list) // those before are at work, and may be the first
				}
				r.lock.Unlock()
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, err := range failed {
		hopeless, ok := errors.AsType[notBroken](err)
		switch {
		case err == nil:
			whole = append(whole, i)
		case ok:
			return nil, hopeless.error
		case !r.SkipBroken:
			return nil, err
		default:
			r.data.Broken = append(r.data.Broken, err)
		}
	}
	return whole, nil
}

// choose sets the size and the colour that were not given.
func (r *folderReader) choose(heads []*imageHead, whole []int) {
	r.data.Sizes = map[[2]int]int{}
	grey := true
	for _, i := range whole {
		w, h := heads[i].size()
		r.data.Sizes[[2]int{h, w}]++
		grey = grey && isGrey(heads[i].ColorModel)
	}
	if r.Color == "" {
		r.Color = "rgb"
		if grey {
			r.Color = "gray"
		}
	}
	if r.Height == 0 {
		r.Height, r.Width = usualSide, usualSide
		for size := range r.data.Sizes {
			if len(r.data.Sizes) == 1 && max(size[0], size[1]) <= ownSide {
				r.Height, r.Width = size[0], size[1]
			}
		}
	}
}

// checkWhole fails if the broken pictures left a class or a set without any.
func (r *folderReader) checkWhole(dir string) error {
	if len(r.data.Broken) == 0 {
		return nil
	}
	count := make([]int, len(r.data.Train.Classes))
	for _, l := range r.data.Train.Labels {
		count[l]++
	}
	if i := slices.Index(count, 0); i >= 0 {
		return fmt.Errorf("%s: no picture of class %s can be read, such as %w", dir, r.data.Train.Classes[i], r.data.Broken[0])
	}
	if r.data.Test.Len() == 0 {
		return fmt.Errorf("%s: no test picture can be read, such as %w", dir, r.data.Broken[0])
	}
	return nil
}

// The folders of a test set beside train, the first that is there.
var testFolders = []string{"test", "val", "valid"}

// list finds the pictures of both sets, in a drawn order.
func (d *Data) list(dir string, o *Options) (train, test []picture, classes []string, err error) {
	trainDir, testDir := dir, ""
	if isFolder(filepath.Join(dir, "train")) {
		trainDir = filepath.Join(dir, "train")
		for _, name := range testFolders {
			if path := filepath.Join(dir, name); testDir == "" && isFolder(path) {
				testDir = path
			}
		}
	}
	if train, classes, err = d.walk(trainDir); err != nil {
		return nil, nil, nil, err
	}
	if testDir != "" {
		var others []string
		if test, others, err = d.walk(testDir); err != nil {
			return nil, nil, nil, err
		}
		for _, c := range others {
			if !slices.Contains(classes, c) {
				return nil, nil, nil, fmt.Errorf("%s has a class %s that %s does not have, wanted the same classes in both", testDir, c, trainDir)
			}
		}
		for _, c := range classes {
			if !slices.Contains(others, c) {
				return nil, nil, nil, fmt.Errorf("%s has no class %s, wanted the classes of %s", testDir, c, trainDir)
			}
		}
	}
	for _, name := range append([]string{"train"}, testFolders...) {
		if slices.Contains(classes, name) && testDir == "" {
			return nil, nil, nil, fmt.Errorf("%s is no class's folder, wanted %s and %s side by side with the classes' folders in them",
				filepath.Join(trainDir, name), filepath.Join(dir, "train"), filepath.Join(dir, "test"))
		}
	}
	if len(classes) < 2 {
		return nil, nil, nil, fmt.Errorf("%s has one class, %s, wanted a folder for each of two or more", trainDir, classes[0])
	}
	if len(classes) > maxClasses {
		return nil, nil, nil, fmt.Errorf("%s has %d classes, wanted at most %d", trainDir, len(classes), maxClasses)
	}
	if testDir == "" {
		d.Split = true
		if train, test, err = hold(train, classes, trainDir, o); err != nil {
			return nil, nil, nil, err
		}
	}
	for i, list := range [][]picture{train, test} {
		source := nn.NewStream(streamFolder, o.Seed, uint64(i))
		rand.New(&source).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return train, test, classes, nil
}

// hold draws the test set out of each class.
func hold(all []picture, classes []string, dir string, o *Options) (train, test []picture, err error) {
	for len(all) > 0 {
		class := all[0].class
		n := slices.IndexFunc(all, func(p picture) bool { return p.class != class })
		if n < 0 {
			n = len(all)
		}
		if n < 2 {
			return nil, nil, fmt.Errorf("%s has one picture, wanted two or more: some are held out for the test",
				filepath.Join(dir, classes[class]))
		}
		held := max(1, min(n-1, int(math.Round(o.TestShare*float64(n)))))
		source := nn.NewStream(streamHold, o.Seed, uint64(class))
		for k, i := range rand.New(&source).Perm(n) {
			if k < held {
				test = append(test, all[i])
			} else {
				train = append(train, all[i])
			}
		}
		all = all[n:]
	}
	return train, test, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// walk finds the pictures in the folders of classes, class by class.
func (d *Data) walk(dir string) (list []picture, classes []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read folder %s: %w", dir, files.Cause(err))
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
			d.Hidden++
		case !isFolder(path):
			d.Other++
		case strings.ContainsFunc(e.Name(), unicode.IsControl):
			return nil, nil, fmt.Errorf("folder %q has a control character in its name, wanted the name of a class", path)
		default:
			before := len(list)
			if list, err = d.class(list, path, len(classes), nil); err != nil {
				return nil, nil, err
			}
			if len(list) == before {
				return nil, nil, fmt.Errorf("%s holds no pictures (PNG, JPEG, GIF, BMP or WebP)", path)
			}
			classes = append(classes, e.Name())
		}
	}
	if len(classes) == 0 {
		return nil, nil, fmt.Errorf("%s holds no folders of pictures, wanted one for each class", dir)
	}
	return list, classes, nil
}

// class adds the pictures in a folder, to which the folders above lead.
func (d *Data) class(list []picture, dir string, class int, above []fs.FileInfo) ([]picture, error) {
	here, err := os.Stat(dir)
	if err == nil {
		for _, a := range above {
			if os.SameFile(a, here) {
				return nil, fmt.Errorf("folder %s leads back to one that it is in, wanted no links in circles", dir)
			}
		}
	}
	entries, readErr := os.ReadDir(dir)
	if err == nil {
		err = readErr
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read folder %s: %w", dir, files.Cause(err))
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
			d.Hidden++
		case isFolder(path):
			if e.Type()&fs.ModeSymlink != 0 {
				if d.links++; d.links > maxLinks {
					return nil, fmt.Errorf("folder %s is reached by more links than %d, wanted fewer links to folders", path, maxLinks)
				}
			}
			if list, err = d.class(list, path, class, append(above, here)); err != nil {
				return nil, err
			}
		case !named(path):
			d.Other++
		case strings.ContainsFunc(e.Name(), unicode.IsControl):
			return nil, fmt.Errorf("file %q has a control character in its name, wanted one that can be shown", path)
		default:
			list = append(list, picture{path, class})
		}
	}
	return list, nil
}

// named tells whether a file is named like a picture.
func named(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp":
		return true
	}
	return false
}
