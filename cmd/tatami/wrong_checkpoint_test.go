package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tatami/internal/safetensors"
)

// A checkpoint that cannot be gone on from is left as it is.
func TestWrongCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	whole := readTestFile(t, dir, "run", "checkpoint")
	replaced := func(old, new string) []byte {
		if !bytes.Contains(whole, []byte(old)) {
			t.Fatalf("the checkpoint has no %s", old)
		}
		data := bytes.Replace(whole, []byte(old), []byte(new), 1)
		f, err := safetensors.Accept{Types: []string{safetensors.F64}}.Decode(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return data
		}
		var sealed bytes.Buffer
		f.Seal()
		if err := safetensors.Encode(&sealed, f); err != nil {
			t.Fatal(err)
		}
		return sealed.Bytes()
	}
	for i, c := range []struct {
		data []byte
		want string
	}{
		{nil, "not a safetensors file"},
		{whole[:len(whole)/2], "cut short"},
		{append(bytes.Clone(whole[:len(whole)-9]), "123456789"...), "damaged"},
		{readTestFile(t, dir, "run", "model.safetensors"), "not a checkpoint"},
		{bytes.Replace(whole, []byte(`\"epochs\":1`), []byte(`\"epochs\":2`), 1), "damaged"},
		{replaced(`\"optimizer\":\"adam\"`, `\"optimizer\":\"ada*\"`), `unknown optimizer "ada*"`},
		{replaced(`\"epochs\":1`, `\"epochs\":0`), "epochs is 0"},
		{replaced(`\"shards\":4`, `\"shards\":5`), "4 shards"},
		{replaced(`\"batch\":100`, `\"batch\":"10`), ""},
		{replaced(`\"Correct\":`, `\"Correkt\":`), "progress"},
		{replaced(`\"Step\":3,\"Loss\"`, `\"Step\":4,\"Loss\"`), "history.steps"},
		{replaced(`moment.1`, `moment.7`), "moment"},
	} {
		name := fmt.Sprint("wrong", i)
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		writeTestFile(t, filepath.Join(dir, name, "checkpoint"), c.data)
		untouched(t, filepath.Join(dir, name), func() {
			tatami(t, dir, "train", "--resume", name).refuses(t, 1, name+"/checkpoint", c.want)
		})
	}
	tatami(t, dir, "train", "--resume", "nowhere").refuses(t, 1, "cannot read nowhere/checkpoint")
	tatami(t, dir, "train", "--resume", "data").refuses(t, 1, "cannot read data/checkpoint")
	tatami(t, dir, "train", "--resume", "").refuses(t, 2, "--resume")
	finish(t, command(dir, []string{"TATAMI_ISA=portable"}, "train", "--data", "data", "--out", "other", "--quiet", "--epochs", "1"))
	if o := finish(t, command(dir, nil, "version")); !strings.HasSuffix(o.stdout, " portable\n") {
		tatami(t, dir, "train", "--resume", "other").refuses(t, 1, "other/checkpoint", "instruction set portable")
	}
	os.RemoveAll(filepath.Join(dir, "data"))
	untouched(t, filepath.Join(dir, "run"), func() {
		tatami(t, dir, "train", "--resume", "run").refuses(t, 1, "data", "no such file")
	})
}
