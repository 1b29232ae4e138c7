// Command look is the program in a page that tatami publish writes: it answers
// for models as tatami serve does.
package main

import (
	"bytes"

	"tatami/internal/web/answers"
	"tatami/internal/web/module/calls"
	"tatami/layers"
	"tatami/nn"
)

func main() {
	var models answers.Models
	for all := calls.Listen(); ; {
		c := all.Next()
		if c.Path == "/model" {
			c.Reply(nil, add(&models, c))
			continue
		}
		c.Reply(models.Answer(c))
	}
}

// add takes a model's file.
func add(models *answers.Models, c *answers.Call) error {
	m, err := nn.Decode(bytes.NewReader(c.Body), int64(len(c.Body)), layers.Catalog())
	if err != nil {
		return err
	}
	return models.Add(c.Query.Get("name"), m)
}
