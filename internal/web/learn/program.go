package learn

import (
	"fmt"
	"reflect"
	"strings"

	"tatami/datasets"
	"tatami/internal/named"
	"tatami/internal/web/answers"
	"tatami/nn"
)

// program gives the Go program that trains the network of a page.
func (s *Session) program(c *answers.Call) (any, error) {
	set, err := parse(c)
	if err != nil {
		return nil, err
	}
	_, specs, err := s.specs(set)
	if err != nil {
		return nil, err
	}
	text, err := Program(set, specs)
	if err != nil {
		return nil, refuse("%v", err)
	}
	return map[string]string{"text": text}, nil
}

// Program is a Go program that trains a network with these settings.
func Program(set *Settings, specs []nn.Spec) (string, error) {
	rule, err := named.Rule(set.Optimizer, 0)
	if err != nil {
		return "", err
	}
	augment, err := datasets.ParseAugmentation(set.Augment)
	if err != nil {
		return "", err
	}
	data := "datasets.MNIST()"
	if set.Data == "own" {
		data = `datasets.Folder("drawings") // four files in the layout of MNIST`
	}
	limit := ""
	if set.Images > 0 {
		limit = fmt.Sprintf("\ttraining = training.Limit(%d)\n", set.Images)
	}
	if set.Shuffled {
		limit += `	rand.New(rand.NewPCG(` + fmt.Sprint(set.Seed) + `, 1)).Shuffle(training.Len(), func(i, k int) { // false labels
		training.Labels[i], training.Labels[k] = training.Labels[k], training.Labels[i]
	})
`
	}
	schedule := fmt.Sprintf("optim.Constant{Base: %g}", set.Rate)
	if set.Schedule == oneCycle {
		schedule = fmt.Sprintf("optim.OneCycle{Max: %g, Steps: %d * loader.Batches()}", set.Rate, set.Epochs)
	}
	loader := fmt.Sprintf("&datasets.Loader{Data: training, BatchSize: %d, Seed: %d", set.Batch, set.Seed)
	if augment != (datasets.Augmentation{}) {
		loader += ", Augment: " + literal(augment)
	}
	var stack strings.Builder
	for _, spec := range specs {
		fmt.Fprintf(&stack, "\t\t%s,\n", literal(spec))
	}
	return fmt.Sprintf(`package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"tatami/datasets"
	"tatami/layers"
	"tatami/nn"
	"tatami/optim"
	"tatami/train"
)

func main() {
	training, test, err := %s
	if err != nil {
		log.Fatal(err)
	}
%s	net, err := nn.NewSequential(training.Shape, rand.New(rand.NewPCG(%d, 0)),
%s	)
	if err != nil {
		log.Fatal(err)
	}
	loader := %[6]s}
	trainer := &train.Trainer{
		Net: net, Loss: layers.SoftmaxWithLoss{}, Test: test, Epochs: %[5]d, Seed: %[3]d,
		Loader: loader, Rule: %[7]s,
		Schedule: %[8]s,
	}
	history, err := trainer.Fit(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	last := history.Epochs[len(history.Epochs)-1]
	fmt.Printf("test accuracy %%.2f %%%%\n", 100*last.TestAccuracy)
	if err := nn.Save("model.safetensors", &nn.Model{Sequential: net, Classes: training.Classes}); err != nil {
		log.Fatal(err)
	}
}
`, data, limit, set.Seed, stack.String(), set.Epochs, loader, literal(rule), schedule), nil
}

// literal is v as Go writes it, fields at their zero value left out.
func literal(v any) string {
	rv := reflect.ValueOf(v)
	var items []string
	switch rv.Kind() {
	case reflect.Struct:
		for i := range rv.NumField() {
			if f := rv.Field(i); rv.Type().Field(i).IsExported() && !f.IsZero() {
				items = append(items, rv.Type().Field(i).Name+": "+literal(f.Interface()))
			}
		}
	case reflect.Slice:
		for i := range rv.Len() {
			items = append(items, literal(rv.Index(i).Interface()))
		}
	default:
		return fmt.Sprintf("%#v", v)
	}
	return rv.Type().String() + "{" + strings.Join(items, ", ") + "}"
}
