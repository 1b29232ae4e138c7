package learn

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/png" // in which a page sends drawings
	"slices"

	"tatami/datasets"
	"tatami/internal/web/answers"
	"tatami/nn"
)

// own are the drawings of classes that a page names.
type own struct {
	nn.Shape
	classes []string
	images  map[string][][]byte
}

// dataset is the drawings of the classes that have any.
func (o *own) dataset() *datasets.Dataset {
	d := &datasets.Dataset{Shape: o.Shape}
	for _, name := range o.classes {
		if len(o.images[name]) == 0 {
			continue
		}
		for _, pixels := range o.images[name] {
			d.Images = append(d.Images, pixels)
			d.Labels = append(d.Labels, len(d.Classes))
		}
		d.Classes = append(d.Classes, name)
	}
	return d
}

// addDrawing makes a drawing look like those of MNIST and gives its pixels.
func (s *Session) addDrawing(c *answers.Call) (any, error) {
	img, _, err := image.Decode(bytes.NewReader(c.Body))
	if err != nil {
		return nil, refuse("%v", err)
	}
	pixels, err := datasets.Digit(img, s.own.Shape)
	if err != nil {
		return nil, &answers.Refusal{Status: answers.Unprocessable, Text: err.Error()}
	}
	return map[string]any{"pixels": pixels}, nil // in base64
}

// takeOwn replaces all drawings by those of the page: it is the page that
// keeps them.
func (s *Session) takeOwn(c *answers.Call) (any, error) {
	var list []struct {
		Name   string   `json:"name"`
		Images [][]byte `json:"images"`
	}
	if err := json.Unmarshal(c.Body, &list); err != nil {
		return nil, refuse("drawings: %v", err)
	}
	o := own{Shape: s.own.Shape, images: map[string][][]byte{}}
	for _, class := range list {
		for _, pixels := range class.Images {
			if len(pixels) != o.Shape.Size() {
				return nil, refuse("a drawing has %d pixels, wanted %d", len(pixels), o.Shape.Size())
			}
		}
		if slices.Contains(o.classes, class.Name) {
			return nil, refuse("two classes are called %q", class.Name)
		}
		o.classes = append(o.classes, class.Name)
		o.images[class.Name] = class.Images
	}
	if len(o.classes) > 256 {
		return nil, refuse("there are %d classes, wanted at most 256", len(o.classes))
	}
	s.own = o
	return struct{}{}, nil
}
