package files

import (
	"encoding/json"
	"io"
)

// EncodeJSON writes v as JSON to be read by people too: a line a value.
func EncodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
