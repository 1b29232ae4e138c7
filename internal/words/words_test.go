package words_test

import (
	"testing"

	"tatami/internal/words"
)

func TestIn(t *testing.T) {
	layer := words.Text{EN: "layer %d", JA: "第 %d 層"}
	found := words.Text{EN: "%v: 5 %% of %s", JA: "%[2]s の 5 %%：%[1]v"}
	for _, c := range []struct{ got, want string }{
		{layer.In(words.English, 3), "layer 3"},
		{layer.In(words.Japanese, 3), "第 3 層"},
		{layer.In("", 3), "layer 3"},
		{layer.In("fr", 3), "layer 3"},
		{words.Text{EN: "5 %", JA: "5 %"}.In(words.Japanese), "5 %"},
		{found.In(words.English, "a", words.Text{EN: "training", JA: "訓練"}), "a: 5 % of training"},
		{found.In(words.Japanese, "a", words.Text{EN: "training", JA: "訓練"}), "訓練 の 5 %：a"},
		{found.In(words.Japanese, 7, layer.With(3)), "第 3 層 の 5 %：7"},
	} {
		if c.got != c.want {
			t.Errorf("%q, wanted %q", c.got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		flag string
		env  map[string]string
		want words.Language
	}{
		{"", nil, words.English},
		{"", map[string]string{"LANG": "ja_JP.UTF-8"}, words.Japanese},
		{"", map[string]string{"LANG": "ja"}, words.Japanese},
		{"", map[string]string{"LANG": "C.UTF-8"}, words.English},
		{"", map[string]string{"LANG": "jam_XX"}, words.English},
		{"", map[string]string{"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, words.English},
		{"", map[string]string{"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.eucJP"}, words.Japanese},
		{"", map[string]string{"LC_ALL": "C", "LC_MESSAGES": "ja_JP", "LANG": "ja_JP"}, words.English},
		{"", map[string]string{"LC_ALL": "", "LC_CTYPE": "en_US", "LANG": "ja_JP"}, words.Japanese},
		{"en", map[string]string{"LC_ALL": "ja_JP.UTF-8"}, words.English},
		{"ja", map[string]string{"LC_ALL": "C"}, words.Japanese},
	} {
		got, err := words.Choose(c.flag, func(name string) string { return c.env[name] })
		if err != nil || got != c.want {
			t.Errorf("--lang %q, %v: %q, %v; wanted %q", c.flag, c.env, got, err, c.want)
		}
	}
	if _, err := words.Choose("日本語", func(string) string { return "" }); err == nil || err.Error() != `language "日本語", wanted en or ja` {
		t.Errorf("an unknown language: %v", err)
	}
}
