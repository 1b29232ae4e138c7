package strictjson_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"tatami/internal/strictjson"
)

type inner struct{ Units int }

type outer struct {
	inner
	Input  inner           `json:"input"`
	Layers []*inner        `json:"layers,omitempty"`
	More   map[string]bool `json:"more"`
	Raw    json.RawMessage `json:"raw"`
	When   time.Time       `json:"when"`
	Any    any             `json:"any"`
	Secret int             `json:"-"`
}

func TestUnmarshal(t *testing.T) {
	var v outer
	text := `{"Units":1,"input":{"Units":2},"layers":[{"Units":3},null],"more":{"a":true,"A":false},` +
		`"raw":{"anything":[{}]},"when":"2016-09-24T00:00:00Z","any":{"x":[1,{"y":2}]}}`
	if err := strictjson.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	if v.Units != 1 || v.Input.Units != 2 || v.Layers[0].Units != 3 || v.Layers[1] != nil ||
		!reflect.DeepEqual(v.More, map[string]bool{"a": true, "A": false}) || v.When.Year() != 2016 {
		t.Errorf("read as %+v", v)
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		``:                        "JSON ends early",
		`{"input":`:               "JSON ends early",
		`[]`:                      "found array, wanted an object",
		`{} {}`:                   "data after the JSON value",
		`{"input":{"Units":1.5}}`: "input.Units is number 1.5, wanted a whole number",
		`{"input":{"Units":1e9}}`: "input.Units is number 1e9, wanted a whole number, in digits alone",
		`{"input":{"Units":99999999999999999999}}`: "wanted a whole number of at most 64 bits",
		`{"Input":{"Units":1}}`:                    `unknown key "Input": did you mean "input"?`,
		`{"input":{"units":1}}`:                    `"input": unknown key "units": did you mean "Units"?`,
		`{"layers":[{"Units":1,"D":2}]}`:           `unknown key "D"`,
		`{"Secret":1}`:                             `unknown key "Secret"`,
		`{"input":{},"input":{}}`:                  `key "input" appears twice`,
		`{"more":{"a":true,"a":true}}`:             `key "a" appears twice`,
		`{"raw":{"x":{"a":1,"a":1}}}`:              `key "a" appears twice`,
		`{"any":[{"a":1},{"a":1,"a":1}]}`:          `key "a" appears twice`,
		`{"layers":[` + deep(20_000) + `]}`:        "depth",
	} {
		err := strictjson.Unmarshal([]byte(text), new(outer))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, wanted %s", text, err, want)
		}
	}
}

// deep is lists within lists.
func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
