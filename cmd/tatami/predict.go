package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/datasets"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/layers/inspect"
	"tatami/nn"
)

// prediction is what predict says of one image.
type prediction struct {
	Image         string    `json:"image"`
	Label         string    `json:"label"`
	Probability   float64   `json:"probability"`
	Classes       []string  `json:"classes"`
	Probabilities []float32 `json:"probabilities"`

	Doubts []inspect.Doubt `json:"doubts"`
}

func newPredict(l words.Language) *cobra.Command {
	var asJSON bool
	budget := run.Budget(1)
	cmd := &cobra.Command{
		Use: "predict MODEL IMAGE…",
		Short: words.Text{
			EN: "Say what pictures show (PNG, JPEG, GIF, BMP or WebP of any size)",
			JA: "画像が何かを答える（PNG、JPEG、GIF、BMP、WebP、大きさは自由）",
		}.In(l),
		Example: `  tatami predict runs/first digit.png photo.jpg`,
		Args:    arguments(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := run.LoadModelWithin(args[0], budget)
			if err != nil {
				return err
			}
			if out := m.Output(); out != nn.Features(out.Size()) {
				return fmt.Errorf("%s: its output is an image of %v, wanted a number a class", args[0], out)
			}
			var all []prediction
			var failed failures
			for _, path := range args[1:] {
				p, err := predict(args[0], m, path)
				if err != nil {
					failed = append(failed, err)
					continue
				}
				all = append(all, p)
			}
			if len(all) > 0 {
				if err := printPredictions(all, asJSON); err != nil {
					return err
				}
				if !asJSON {
					tellDoubts(all, l)
				}
			}
			if failed != nil {
				return failed
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, words.Text{EN: "print JSON", JA: "JSON で出力する"}.In(l))
	budgetFlag(cmd.Flags(), &budget, l)
	return cmd
}

// budgetFlag is that of commands that put images through a model.
func budgetFlag(f *pflag.FlagSet, b *run.Budget, l words.Language) {
	f.Var(b, "budget", words.Text{
		EN: "time and memory that a model may take for an image, in multiples of what is usual (10x)",
		JA: "モデルが 1 枚の画像に使ってよい時間とメモリ。標準の何倍かで指定する（10x）",
	}.In(l))
}

func predict(model string, m *nn.Model, path string) (prediction, error) {
	x, err := readPicture(path, m)
	if err != nil {
		return prediction{}, err
	}
	p := prediction{Image: path, Classes: classNames(m), Probabilities: m.Probabilities(x).Data}
	for _, v := range p.Probabilities {
		if v != v {
			return p, fmt.Errorf("%s: damaged: it gives %s the probability %g", model, path, v)
		}
	}
	best := ranking(p.Probabilities)[0]
	p.Label, p.Probability = p.Classes[best], float64(p.Probabilities[best])
	p.Doubts = inspect.New(m.Sequential).Doubts(m.Facts, x, p.Probabilities)
	return p, nil
}

func printPredictions(all []prediction, asJSON bool) error {
	if asJSON {
		return files.EncodeJSON(os.Stdout, all)
	}
	var text strings.Builder
	for _, p := range all {
		var parts []string
		for _, k := range ranking(p.Probabilities)[:min(3, len(p.Probabilities))] {
			parts = append(parts, p.Classes[k]+" "+probabilityText(float64(p.Probabilities[k])))
		}
		fmt.Fprintf(&text, "%s: %s\n", p.Image, strings.Join(parts, ", "))
	}
	_, err := fmt.Print(text.String())
	return err
}

// doubts are what makes an answer doubtful, for people.
var doubts = map[inspect.Doubt]words.Text{
	inspect.Unsure: {
		EN: "%s: the model is unsure, no answer has two thirds of the probability",
		JA: "%s：モデルの答えは不確かです（最も高い確率でも 3 分の 2 未満）",
	},
	inspect.Unfamiliar: {
		EN: "%s: unfamiliar, the model's score for this answer is lower than for 99 of 100 test images; the picture may show none of the classes",
		JA: "%s：見慣れない画像です（この答えのスコアは、テスト画像 100 枚のうち 99 枚より低い値です）。どのクラスでもないかもしれません",
	},
}

// tellDoubts tells them beside the answers, which stay one line an image.
func tellDoubts(all []prediction, l words.Language) {
	for _, p := range all {
		for _, d := range p.Doubts {
			fmt.Fprintln(os.Stderr, doubts[d].In(l, p.Image))
		}
	}
}

// probabilityText is a probability in per cent, which says all or nothing only
// of one that is exactly that; a small one is shown as it is, such as 1.2e-6.
func probabilityText(p float64) string {
	text := fmt.Sprintf("%.2f%%", 100*p)
	switch {
	case p < 1 && text == "100.00%":
		return ">99.99%"
	case p > 0 && text == "0.00%":
		return strings.Replace(fmt.Sprintf("%.1e", p), "e-0", "e-", 1)
	}
	return text
}

// readPicture is a file as an input of m.
func readPicture(path string, m *nn.Model) (*nn.Tensor, error) {
	if err := files.Regular(path); err != nil {
		return nil, err
	}
	img, err := datasets.ReadImage(path)
	if err != nil {
		return nil, err
	}
	x, err := datasets.Picture(m, img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return x, nil
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
