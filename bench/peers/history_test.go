//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const past = `date,commit,machine,network,figure,value,ratio
1,a,near,simple,epoch to PyTorch,0.6,6
1,a,near,simple,images/s to PyTorch,200000,7
2,b,far,simple,epoch to PyTorch,0.9,9
3,c,near,simple,epoch to PyTorch,0.7,5
`

func TestSlower(t *testing.T) {
	for last, want := range map[string]string{
		"4,d,near,simple,epoch to PyTorch,0.9,4.7\n4,d,near,simple,images/s to PyTorch,100000,6\n": "slower: simple, epoch to PyTorch: ×4.70, and ×6.00 at a on 1",
		"4,d,near,simple,epoch to PyTorch,0.9,4.9\n":                                               "", // within what runs differ by
		"4,d,near,deep,epoch to PyTorch,9,1\n":                                                     "", // not seen before
		"4,d,busy,simple,epoch to PyTorch,9,1\n":                                                   "", // nor on such a machine
		"4,d,near,simple,epoch to PyTorch,0.9\n":                                                   "wrong number of fields",
		"4,d,near,simple,epoch to PyTorch,0.9,many\n":                                              `line 6: strconv.ParseFloat: parsing "many"`,
	} {
		file := filepath.Join(t.TempDir(), "performance.csv")
		if err := os.WriteFile(file, []byte(past+last), 0o644); err != nil {
			t.Fatal(err)
		}
		switch err := slower(file); {
		case want == "" && err != nil:
			t.Errorf("after %q: %v", last, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("after %q: %v, wanted %q", last, err, want)
		}
	}
}
