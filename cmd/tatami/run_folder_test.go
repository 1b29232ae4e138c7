package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Where a model is wanted the folder of its run will do.
func TestRunFolderAsModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "runs/first.one", "--epochs", "1", "--net", "mlp")
	for _, args := range [][]string{{"eval"}, {"summary"}, {"predict", "runs/first.one/loss.png"}, {"filters", "--out", "f.png"}} {
		said := func(model string) string {
			o := tatami(t, dir, append([]string{args[0], model}, args[1:]...)...)
			doubt := args[0] == "predict" && strings.HasPrefix(o.stderr, args[1]+": the model is unsure")
			if o.code != 0 || o.stderr != "" && !doubt {
				t.Fatalf("%s %s: exit %d\n%s", args[0], model, o.code, o.stderr)
			}
			return o.stdout
		}
		if folder, file := said("runs/first.one"), said("runs/first.one/model.safetensors"); folder != file || folder == "" {
			t.Errorf("%s prints\n%s\nof the folder and\n%s\nof the file", args[0], folder, file)
		}
	}
}
