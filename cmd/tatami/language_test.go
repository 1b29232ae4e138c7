package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"tatami/internal/words"
)

var (
	japaneseLetter = regexp.MustCompile(`[\p{Hiragana}\p{Katakana}\p{Han}]`)
	// sentence is English in Japanese output: three words in a row which are no
	// command line, list of names or file.
	sentence = regexp.MustCompile(`(?m)\b[a-z]+ (the|a|of|is|in|to|and|or|with|for|from|by|at|on|are|has|not) [a-z]+`)
)

// spoken is what a command says in the language of a locale.
func spoken(t *testing.T, dir, locale string, args ...string) outcome {
	t.Helper()
	return finish(t, command(dir, []string{"LC_ALL=" + locale, "TATAMI_ISA="}, args...))
}

// Sentences within sentences are whole in Japanese.
func TestJapaneseErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	trainQuietly(t, dir, "run", "--epochs", "1", "--net", "mlp")
	writeTestFile(t, filepath.Join(dir, "s.json"), []byte(`{"train": {"memory": "-1"}, "grid": {"lr": [1]}}`))
	writeTestFile(t, filepath.Join(dir, "net.json"), []byte(`{"input": {"H": 1e9}}`))
	for line, want := range map[string]string{
		"train --optimizer adam:beta1=2":                      `フラグ --optimizer：最適化手法 adam：beta1 に "2" は指定できません。指定できるのは、0 より大きく 1 より小さい数です`,
		"train --schedule step:every=0":                       `フラグ --schedule：スケジュール step：every に "0" は指定できません。指定できるのは、1 以上の整数です`,
		"train --data data --from run --freeze 99":            "--freeze は 99 ですが、2 までにしてください。第 3 層（Affine 3）は学習しなければなりません",
		"train --data data --class-weights cad=2":             `フラグ --class-weights：クラス "cad" はありません（使えるもの：0, 1, 2）`,
		"train --data data --quiet --optimizer sgd --lr 1e38": "損失が有限の数ではなくなりました",
		"train --data data --from nowhere":                    "nowhere を読めません：ファイルまたはフォルダーがありません",
		"sweep s.json":                                        `s.json の実行 0：--memory に "-1" は指定できません。指定できるのはバイト数（例：512M、2G）です`,
		"import run/model.safetensors":                        "run/model.safetensors：第 1 層（Convolution 5×5）に合うテンソルがありません（必要：weight [30 1 5 5], bias [30]、ファイルの中：なし）。余ったテンソル：\"",
		"summary net.json":                                    "net.json：構造：input.H が 1e9 になっています。ここに書けるのは、数字だけで書いた整数です",
	} {
		if o := spoken(t, dir, "ja_JP.UTF-8", strings.Fields(line)...); !strings.Contains(o.stderr, want) {
			t.Errorf("%s says %swanted %s", line, o.stderr, want)
		}
	}
}

// Everything that the command says is in the language of the locale, and in no
// other.
func TestLanguages(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred commands take seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	writeTestFile(t, filepath.Join(dir, "text.png"), []byte("no picture"))
	writeTestFile(t, filepath.Join(dir, "sweep.json"), []byte(`{"train": {"data": "data", "net": "mlp", "epochs": 1}, "grid": {"lr": [1, 1e38, 0.1, 0.2]}}`))
	writeTestFile(t, filepath.Join(dir, "wrong.json"), []byte(`{"grid": {"lr": [[]]}}`))
	var lines [][]string
	var walk func(c *cobra.Command, path []string)
	walk = func(c *cobra.Command, path []string) {
		lines = append(lines, append(path, "--help"))
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				walk(sub, append(path[:len(path):len(path)], sub.Name()))
			}
		}
	}
	walk(newRoot(words.English), nil)
	for _, line := range []string{
		"train --data data --net mlp --epochs 1 --overwrite --out run", "train --resume run", "train --data data --net mlp --out run",
		"eval run", "eval nowhere", "summary run", "summary best", "compare run --out c.html", "filters run --out f.png",
		"predict run text.png", "lr-find --data data --net mlp --steps 60 --overwrite", "serve run --addr x", "import text.png",
		"trian", "train --epoch 3", "train --epochs 0", "train --epochs x", "train --lr", "train extra", "eval", "version 2",
		"train --optimizer adamm", "train --optimizer adam:beta1=2", "train --schedule step:evry=3", "train --augment shift:0",
		"train --patience 2", "eval run --tta flop", "train --origin https://x.example", "train --bogus", "experiment run", "experiment run --chapter 99", "sweep sweep.json", "sweep wrong.json", "sweep sweep.json --task 9", "compare runs/sweep", "bench --json --compare x", "train --lang fr", "train --mpi", "ranks-watch run/checkpoint", "ranks-watch x",
	} {
		lines = append(lines, strings.Fields(line))
	}
	for _, line := range lines {
		name := strings.Join(line, " ")
		english := spoken(t, dir, "C", line...)
		if said := english.stdout + english.stderr; japaneseLetter.MatchString(said) {
			t.Errorf("%s says in English:\n%s", name, said)
		}
		o := spoken(t, dir, "ja_JP.UTF-8", line...)
		said := o.stdout + o.stderr
		if !japaneseLetter.MatchString(said) && said != "f.png\n" {
			t.Errorf("%s says in Japanese:\n%s", name, said)
		}
		if found := sentence.FindString(said); found != "" || strings.Contains(said, "英語のメッセージ") || strings.Contains(said, "%!") {
			t.Errorf("%s says %q in Japanese:\n%s", name, found, said)
		}
		if o.code != english.code {
			t.Errorf("%s: exit %d in Japanese, %d in English", name, o.code, english.code)
		}
	}
}
