package words_test

import (
	"testing"

	"tatami/internal/words"
)

func TestSentences(t *testing.T) {
	s := words.NewSentences(
		words.Text{EN: "cannot read %s: %w", JA: "%s を読めません：%w"},
		words.Text{EN: "no such file", JA: "ファイルがありません"},
		words.Text{EN: "--%s is %s, wanted %v", JA: "--%s は %[3]vにしてください（%[2]s）"},
		words.Text{EN: "%s is %s, too low", JA: "%s が %s です"},
		words.Text{EN: "cannot tell %s from %s", JA: "%s と %s の違いがわかりません"},
		words.Text{EN: "--%s: %w", JA: "フラグ --%s：%w"},
		words.Text{EN: "0 or more", JA: "0 以上"},
		words.Text{EN: "lr", JA: "学習率"},
		words.Text{EN: "%d to %d", JA: "%d から %d"},
		words.Text{EN: "--%s is %v, wanted 100 %% of %[1]s", JA: "%[1]s の 100 %%（%[2]v）"},
		words.Text{EN: "name %q: %w", JA: "名前 %q：%w"},
	)
	for english, want := range map[string]string{
		"cannot read a b: no such file":                "a b を読めません：ファイルがありません",
		"--lr is -1, wanted 0 or more":                 "--lr は 0 以上にしてください（-1）",
		"--lr is -1, wanted 1 to 5":                    "--lr は 1 から 5にしてください（-1）",
		"--lr is -1, wanted 100 % of lr":               "lr の 100 %（-1）",
		"a.png: no such file":                          "a.png：ファイルがありません",
		"a.png: the moon is green":                     "a.png：英語のメッセージ：the moon is green",
		"the moon is green: no such file":              "英語のメッセージ：the moon is green: no such file",
		"cannot read a: the moon is green":             "a を読めません：英語のメッセージ：the moon is green",
		"--lr: rate 3 is -1, too low":                  "フラグ --lr：rate 3 が -1 です",
		"a.json: --lr is -1, wanted 0 or more":         "a.json：--lr は 0 以上にしてください（-1）",
		"a.json: x: rate 3 is -1, too low":             "a.json：x：rate 3 が -1 です",
		"cannot tell a: b from c":                      "a: b と c の違いがわかりません",
		`name "a: \"b\"": cannot read x: no such file`: `名前 "a: \"b\""：x を読めません：ファイルがありません`,
	} {
		if got := s.Japanese(english); got != want {
			t.Errorf("%s\nis %s\nwanted %s", english, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	got := words.Table([][]string{{"層", "数"}, {"Affine", "1,000"}, {"損失関数だ", "2"}}, 1)
	want := "層             数\nAffine      1,000\n損失関数だ      2\n"
	if got != want {
		t.Errorf("%s\nwanted\n%s", got, want)
	}
}

// A name cannot move a terminal's cursor, nor begin a line.
func TestShown(t *testing.T) {
	const name, want = "a\x1b[2Jb\nc\u009b\t猫é", `a\x1b[2Jb\nc\u009b\t猫é`
	if got := words.Shown(name); got != want {
		t.Errorf("%q is shown as %q, wanted %q", name, got, want)
	}
	rows := [][]string{{name, "1"}}
	if got := words.Table(rows); got != want+"  1\n" || rows[0][0] != name {
		t.Errorf("a table of %q is %q", rows, got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"one two three", []string{"one two", "three"}},
		{"一二三四、五", []string{"一二三", "四、五"}},
		{"one\ntwo", []string{"one", "two"}},
	} {
		got := words.Wrap(c.text, 7)
		if len(got) != len(c.want) {
			t.Fatalf("%q wraps to %q, wanted %q", c.text, got, c.want)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q wraps to %q, wanted %q", c.text, got, c.want)
			}
		}
	}
	if got := words.Fit("損失 1.5", 6); got != "損失 1" {
		t.Errorf("%q", got)
	}
}
