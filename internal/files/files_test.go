package files_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"tatami/internal/files"
)

// What cannot be written leaves the earlier file and nothing beside it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	write := func(text string, err error) error {
		return files.Write(path, func(w io.Writer) error {
			io.WriteString(w, text)
			return err
		})
	}
	for _, text := range []string{"first", "second"} {
		if err := write(text, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write("third", errors.New("no more")); err == nil || err.Error() != "cannot write "+path+": no more" {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(path); string(got) != "second" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
	if err := write("fourth", nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v, wanted as it was", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	err := files.Write(filepath.Join(path, "below"), func(io.Writer) error { return nil })
	if err == nil || !strings.HasPrefix(err.Error(), "cannot write "+filepath.Join(path, "below")+": ") || strings.Contains(err.Error(), ".below") {
		t.Errorf("error %v, wanted one without a temporary name", err)
	}
}

// A link stays a link. What is no regular file is not replaced by one, not even
// by those who may: the socket here stands for a device.
func TestWriteThroughLinks(t *testing.T) {
	dir := t.TempDir()
	path, link, folder, socket := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "folder"), filepath.Join(dir, "socket")
	if err := os.WriteFile(path, []byte("first"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Skip(err)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "second")
		return err
	}
	if err := files.Write(link, write); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != "file" {
		t.Errorf("the link names %q, %v", to, err)
	}
	if got, _ := os.ReadFile(path); string(got) != "second" {
		t.Errorf("the file has %q", got)
	}
	others := []string{folder}
	if l, err := net.Listen("unix", socket); err == nil && runtime.GOOS != "windows" {
		defer l.Close()
		others = append(others, socket)
	}
	for _, path := range others {
		if err := files.Write(path, write); err == nil || err.Error() != "cannot write "+path+": not a regular file" {
			t.Errorf("error %v", err)
		}
	}
}

// What a killed Write leaves is removed where the caller knows the file, and
// nothing else is.
func TestRemoveUnfinished(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".run.json123", ".other.json123", ".run.json", "run.json123", "run.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files.RemoveUnfinished(dir, func(name string) bool { return name == "run.json" })
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{".other.json123", ".run.json", "run.json", "run.json123"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, wanted %q", left, want)
	}
}
