// Package module builds tatami's programs for pages: WebAssembly that a page
// carries with it and runs in a worker.
package module

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tatami/internal/files"
	"tatami/internal/kernels/simd"
)

// A Program is one of the folders beside this file.
type Program string

// The programs.
const (
	Look  Program = "look"  // answers for models
	Learn Program = "learn" // trains, too
)

// folder is where the programs are in tatami's sources.
const folder = "internal/web/module"

// Module is a program that is built.
type Module struct {
	// WASM is the program, SIMD its kernels; both are compressed by gzip.
	WASM, SIMD []byte
	// Loader is a script that defines loadTatami, which runs the two.
	Loader string
}

// Build makes a program with the go command from tatami's sources in the given
// folder, or, where that is empty, in the module of the current folder. What
// this command has built once it finds again in the user's cache where there is
// no go command or no source, since it would build the same.
func Build(ctx context.Context, p Program, source string) (*Module, error) {
	cache, cacheErr := cacheOf(p)
	wasm, loader, err := build(ctx, p, source)
	if err == nil {
		if cacheErr == nil { // a cache that cannot be written is none
			_ = write(cache, wasm, loader)
		}
		return newModule(wasm, loader), nil
	}
	if source != "" || !errors.Is(err, errNothing) {
		return nil, err
	}
	if cacheErr == nil {
		if m, err := read(cache); err == nil {
			return m, nil
		}
	}
	return nil, err
}

// errNothing says that there is nothing to build with or from.
var errNothing = errors.New("the page's module cannot be built")

func build(ctx context.Context, p Program, source string) (wasm []byte, loader string, err error) {
	root, err := goCommand(ctx, "", "env", "GOROOT")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, "", fmt.Errorf("%w: there is no go command in PATH", errNothing)
	}
	if err != nil {
		return nil, "", err
	}
	if source == "" {
		if source, err = current(ctx); err != nil {
			return nil, "", err
		}
	} else if !isSource(source) {
		return nil, "", fmt.Errorf("--source %s: not the folder of tatami's sources, which has %s", source, folder)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, "", fmt.Errorf("the Go distribution lacks the loader of WebAssembly: %w", files.Cause(err))
	}
	dir, err := os.MkdirTemp("", "tatami-module-*")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "module.wasm")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", "browser,simd", "-ldflags", "-s -w", "-o", out}
	if p == Look { // a twentieth smaller; a single image takes no time either way
		args = append(args, "-gcflags=all=-l")
	}
	if _, err := goCommand(ctx, source, append(args, "./"+folder+"/"+string(p))...); err != nil {
		return nil, "", err
	}
	wasm, err = os.ReadFile(out)
	if err != nil {
		return nil, "", err
	}
	return Compress(wasm), string(text), nil
}

// newModule adds what does not depend on the go command.
func newModule(wasm []byte, loader string) *Module {
	return &Module{wasm, Compress(simd.Module), loader + simd.Loader}
}

// current is the folder of the module that the current folder is in, where that
// is tatami.
func current(ctx context.Context) (string, error) {
	mod, err := goCommand(ctx, "", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(strings.TrimSpace(mod))
	if !isSource(dir) {
		return "", fmt.Errorf("%w: the current folder is not in tatami's sources; name their folder with --source DIR", errNothing)
	}
	return dir, nil
}

func isSource(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(folder), string(Look)))
	return err == nil && info.IsDir()
}

// goCommand runs the go command and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = os.Environ()
	if args[0] == "build" {
		cmd.Env = append(cmd.Env, "GOOS=js", "GOARCH=wasm", "GOWORK=off")
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil && complaint.Len() > 0 {
		return "", fmt.Errorf("go %s: %s", args[0], strings.Join(strings.Fields(complaint.String()), " "))
	}
	if err != nil {
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return string(out), nil
}

// Compress compresses as browsers decompress.
func Compress(data []byte) []byte {
	level := gzip.BestCompression
	if len(data) > 16<<20 { // where it takes many seconds and gains a hundredth
		level = gzip.DefaultCompression
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	w.Write(data) // to memory
	w.Close()
	return b.Bytes()
}

// cacheOf is where this very command keeps a program.
func cacheOf(p Program) (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return filepath.Join(root, "tatami", string(p)+"-"+hex.EncodeToString(sum.Sum(nil)[:8])), nil
}

const (
	wasmFile   = "module.wasm.gz"
	loaderFile = "wasm_exec.js"
)

// write keeps a program in dir, in place of what other versions have left.
func write(dir string, wasm []byte, loader string) error {
	name, _, _ := strings.Cut(filepath.Base(dir), "-")
	if old, err := filepath.Glob(filepath.Join(filepath.Dir(dir), name+"-*")); err == nil {
		for _, other := range old {
			if other != dir {
				os.RemoveAll(other)
			}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range map[string][]byte{loaderFile: []byte(loader), wasmFile: wasm} {
		err := files.Write(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func read(dir string) (*Module, error) {
	wasm, err := os.ReadFile(filepath.Join(dir, wasmFile))
	if err != nil {
		return nil, err
	}
	loader, err := os.ReadFile(filepath.Join(dir, loaderFile))
	if err != nil {
		return nil, err
	}
	return newModule(wasm, string(loader)), nil
}
