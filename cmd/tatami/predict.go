package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/nn"
)

// prediction is what predict says of one image.
type prediction struct {
	Image         string    `json:"image"`
	Label         string    `json:"label"`
	Probability   float64   `json:"probability"`
	Classes       []string  `json:"classes"`
	Probabilities []float32 `json:"probabilities"`
}

func newPredict() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "predict MODEL IMAGE…",
		Short: "Say what digits pictures show (PNG, JPEG or GIF of any size)",
		Args:  arguments(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := run.LoadModel(args[0])
			if err != nil {
				return err
			}
			var all []prediction
			for _, path := range args[1:] {
				x, err := readDigit(path, m.Input())
				if err != nil {
					return err
				}
				p := prediction{Image: path, Classes: classNames(m), Probabilities: m.Predict(x).Data}
				for _, v := range p.Probabilities {
					if v != v {
						return fmt.Errorf("%s: damaged: it gives %s the probability %g", args[0], path, v)
					}
				}
				best := ranking(p.Probabilities)[0]
				p.Label, p.Probability = p.Classes[best], float64(p.Probabilities[best])
				all = append(all, p)
			}
			if asJSON {
				return files.EncodeJSON(os.Stdout, all)
			}
			var text strings.Builder
			for _, p := range all {
				var parts []string
				for _, k := range ranking(p.Probabilities)[:min(3, len(p.Probabilities))] {
					parts = append(parts, fmt.Sprintf("%s %.2f%%", p.Classes[k], 100*p.Probabilities[k]))
				}
				fmt.Fprintf(&text, "%s: %s\n", p.Image, strings.Join(parts, ", "))
			}
			_, err = fmt.Print(text.String())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func readDigit(path string, shape nn.Shape) (*nn.Tensor, error) {
	img, err := datasets.ReadImage(path)
	if err != nil {
		return nil, err
	}
	pixels, err := datasets.Digit(img, shape)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return datasets.Tensor(shape, pixels), nil
}

func classNames(m *nn.Model) []string {
	if len(m.Classes) > 0 {
		return m.Classes
	}
	names := make([]string, m.Output().Size())
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// ranking lists the classes, the likeliest first.
func ranking(probabilities []float32) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case probabilities[a] > probabilities[b]:
			return -1
		case probabilities[a] < probabilities[b]:
			return 1
		}
		return 0
	})
	return order
}
