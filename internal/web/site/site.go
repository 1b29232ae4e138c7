// Package site writes pages that need no server of tatami's as files, with the
// programs, models and data that they carry.
package site

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/web/answers"
	"tatami/internal/web/learn"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
)

// Publish writes the page that answers for models, of their files. source is the
// folder of tatami's sources, empty for the current one's module.
func Publish(ctx context.Context, out, source string, paths []string) error {
	var models []page.NamedFile
	var check answers.Models
	for i, name := range run.ModelNames(paths) {
		m, err := run.LoadModel(paths[i])
		if err != nil {
			return err
		}
		if err := check.Add(name, m); err != nil {
			return fmt.Errorf("%s: %w", paths[i], err)
		}
		data, err := os.ReadFile(paths[i])
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", paths[i], files.Cause(err))
		}
		models = append(models, page.NamedFile{Name: name, Data: data})
	}
	m, err := module.Build(ctx, module.Look, source)
	if err != nil {
		return err
	}
	return files.Write(out, func(w io.Writer) error { return page.Publish(w, m, models) })
}

// Learn writes the page that trains on the data of a folder, at most so many
// images unless limit is 0: one file, or a folder where out is the name of one. It
// returns the page's file.
func Learn(ctx context.Context, out, data string, limit int, source string) (string, error) {
	packed, err := pack(data, limit)
	if err != nil {
		return "", err
	}
	m, err := module.Build(ctx, module.Learn, source)
	if err != nil {
		return "", err
	}
	if !IsFolder(out) {
		return out, files.Write(out, func(w io.Writer) error { return page.Learn(w, m, packed) })
	}
	beside := filepath.Join(out, "learn")
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return "", fmt.Errorf("cannot make folder %s: %w", beside, files.Cause(err))
	}
	for _, f := range page.LearnFiles(m, packed) {
		err := files.Write(filepath.Join(beside, f.Name), func(w io.Writer) error {
			_, err := w.Write(f.Data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	index := filepath.Join(out, "index.html") // last, so that it never stands without them
	return index, files.Write(index, page.LearnBeside)
}

// IsFolder reports whether a name ends as a folder's.
func IsFolder(name string) bool {
	return strings.HasSuffix(name, "/") || strings.HasSuffix(name, string(filepath.Separator))
}

// LearnFiles are what the page of a server asks for, by name.
func LearnFiles(ctx context.Context, data, source string) (map[string][]byte, error) {
	m, err := module.Build(ctx, module.Learn, source)
	if err != nil {
		return nil, err
	}
	packed, err := pack(data, 0)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, f := range page.LearnFiles(m, packed) {
		all[f.Name] = f.Data
	}
	return all, nil
}

// pack is what a learning page learns from, compressed.
func pack(data string, limit int) ([]byte, error) {
	d, err := (&run.Settings{Data: data}).Load(run.Reading{})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	training, test := d.Train, d.Test
	if training.C != 1 {
		return nil, fmt.Errorf("%s has images of %v, wanted grey ones", data, training.Shape)
	}
	if limit > 0 {
		training = training.Limit(limit)
	}
	packed, err := learn.Pack(training, test)
	if err != nil {
		return nil, err
	}
	return module.Compress(packed), nil
}
