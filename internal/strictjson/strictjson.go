// Package strictjson reads JSON that others have written and that must mean
// one thing: encoding/json takes the last of two equal keys, and "Input" for
// "input".
package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tatami/internal/suggest"
)

// Unmarshal decodes exactly one JSON value into v. A key that appears twice in
// an object, a key that a struct does not have letter by letter, and anything
// after the value are errors; v may then have been written to.
func Unmarshal(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("JSON ends early")
		}
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return wrongType(e)
		}
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data after the JSON value")
	}
	// Decode has found the value well formed and not too deep.
	d = json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // of any size
	return checkKeys(d, reflect.TypeOf(v))
}

// within is an error that tells the key of the object it is in; those around it,
// of which there may be thousands, are not told.
type within struct{ error }

// checkKeys reads one value, which is decoded into t; nil is any type.
func checkKeys(d *json.Decoder, t reflect.Type) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer && !decodesItself(t) {
		t = t.Elem()
	}
	if t != nil && decodesItself(t) {
		t = nil
	}
	switch token {
	case json.Delim('['):
		for d.More() {
			if err := checkKeys(d, elementOf(t)); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		fields, closed := fieldsOf(t)
		seen := map[string]bool{}
		for d.More() {
			token, err := d.Token()
			if err != nil {
				return err
			}
			key := token.(string) // an object's key is nothing else
			if seen[key] {
				return fmt.Errorf("key %.99q appears twice", key)
			}
			seen[key] = true
			value, known := fields[key]
			if closed && !known {
				return fmt.Errorf("unknown key %.99q%s", key, suggest.DidYouMean(key, slices.Sorted(maps.Keys(fields))))
			}
			if !closed {
				value = elementOf(t)
			}
			if err := checkKeys(d, value); err != nil {
				if _, told := errors.AsType[within](err); !told {
					err = within{fmt.Errorf("%.99q: %w", key, err)}
				}
				return err
			}
		}
	default:
		return nil
	}
	_, err = d.Token() // the closing bracket
	return err
}

// decodesItself reports whether values of t, or pointers to them, do not leave
// their JSON to encoding/json.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// elementOf is the type of the values in a list or map, nil where t is neither.
func elementOf(t reflect.Type) reflect.Type {
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map) {
		return t.Elem()
	}
	return nil
}

// fieldsOf is a struct's fields by their keys; closed tells that t is a struct,
// which has no others.
func fieldsOf(t reflect.Type) (fields map[string]reflect.Type, closed bool) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, false
	}
	fields = map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields[name] = f.Type
	}
	return fields, true
}

// wrongType says what JSON has, and where and what it should have, without Go's
// names.
func wrongType(e *json.UnmarshalTypeError) error {
	found, wanted := e.Value, e.Type.String()
	if len(found) > 99 { // a number of any length
		found = found[:99] + "…"
	}
	switch kind := e.Type.Kind(); kind {
	case reflect.Int:
		wanted = "a whole number"
		if number, ok := strings.CutPrefix(e.Value, "number "); ok && strings.ContainsAny(number, ".eE") { // 1e9 is whole too
			wanted += ", in digits alone"
		} else if ok {
			wanted += fmt.Sprintf(" of at most %d bits", e.Type.Bits())
		}
	case reflect.Float32, reflect.Float64:
		wanted = "a number that " + kind.String() + " can hold"
	case reflect.Bool:
		wanted = "true or false"
	case reflect.String:
		wanted = "a string"
	case reflect.Slice:
		wanted = "a list"
	case reflect.Struct, reflect.Map:
		wanted = "an object"
	}
	if e.Field != "" {
		found = e.Field + " is " + found
	} else {
		found = "found " + found
	}
	return fmt.Errorf("%s, wanted %s", found, wanted)
}
