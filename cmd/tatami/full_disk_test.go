package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// On a full disk an earlier run stays as it was, and so do all other files.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	// A small disk of its own, which ends with the shell.
	const script = `
mkdir disk && mount -t tmpfs -o size=2m none disk && cp -r run disk/run || exit 77
cat /dev/zero >disk/rest 2>/dev/null
for args in "train --data data --net mlp --quiet --out disk/new" "train --data data --net mlp --quiet --out disk/run --overwrite --seed 2" \
	"filters run/model.safetensors --out disk/run/loss.png" "filters run/model.safetensors --out disk/f.pdf"; do
	"$0" $args
	echo $?
done
ls -A disk disk/new
diff -r run disk/run && echo as it was
for args in "summary mlp" "data data" "lr-find --data data --net mlp --steps 50 --out lr.png"; do
	"$0" $args >/dev/full
	echo $?
done
`
	c := command(dir, nil, "-Urm", "sh", "-c", script, os.Args[0])
	var err error
	if c.Path, err = exec.LookPath("unshare"); err != nil {
		t.Skip("there is no unshare: ", err)
	}
	o := finish(t, c)
	if o.code == 77 || strings.HasPrefix(o.stderr, "unshare:") {
		t.Skipf("no disk can be made here: %s", o.stderr)
	}
	full := ": no space left on device\n"
	wantErr := "tatami: cannot write disk/new/checkpoint" + full + "tatami: cannot write disk/run/checkpoint" + full +
		"tatami: cannot write disk/run/loss.png" + full + "tatami: cannot write disk/f.pdf" + full + strings.Repeat("tatami: write /dev/stdout"+full, 3)
	want := "1\n1\n1\n1\ndisk:\nnew\nrest\nrun\n\ndisk/new:\nas it was\n1\n1\n1\n"
	if o.stdout != want || o.stderr != wantErr {
		t.Errorf("printed\n%s%s\nwanted\n%s%s", o.stdout, o.stderr, want, wantErr)
	}
}
