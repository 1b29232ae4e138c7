package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
)

func newFilters(l words.Language) *cobra.Command {
	var image, out, maps string
	budget := run.Budget(1)
	cmd := &cobra.Command{
		Use:  "filters MODEL",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, path := range []string{out, maps} {
				if err := checkPicture(path); err != nil {
					return err
				}
			}
			if image == "" && cmd.Flags().Changed("maps") {
				return wrongUsage("--maps needs --image")
			}
			if image != "" && filepath.Clean(out) == filepath.Clean(maps) {
				return wrongUsage("--out and --maps are both %s, wanted two files", out)
			}
			load := run.LoadModel // nothing is answered without an image
			if image != "" {
				load = func(path string) (*nn.Model, error) { return run.LoadModelWithin(path, budget) }
			}
			m, err := load(args[0])
			if err != nil {
				return err
			}
			weight := run.FirstFilters(m.Sequential)
			if weight == nil {
				return fmt.Errorf("%s has no layer with weights", args[0])
			}
			filters, err := plots.Filters([]plots.Bank{{Filters: weight}}, plots.FilterOptions{
				Title: words.Text{EN: "Filters of %s", JA: "%s のフィルター"}.In(l, filepath.Base(args[0])), Language: string(l), Colors: m.Input().C == 3,
			})
			if err != nil {
				return err
			}
			if image == "" {
				return savePicture(out, filters)
			}
			x, err := readPicture(image, m)
			if err != nil {
				return err
			}
			names, tensors := []string{words.Text{EN: "input", JA: "入力"}.In(l)}, []*nn.Tensor{x}
			for i, y := range m.Activations(x) {
				names, tensors = append(names, fmt.Sprintf("%d %v", i+1, m.Specs()[i])), append(tensors, y)
			}
			features, err := plots.FeatureMaps(names, tensors, plots.FeatureMapOptions{
				Title:   words.Text{EN: "What each layer makes of %s", JA: "%s に対する各層の出力"}.In(l, filepath.Base(image)),
				Filters: filtersOf(m.Sequential), Language: string(l),
			})
			if err != nil {
				return err
			}
			if err := savePicture(out, filters); err != nil {
				return err
			}
			return savePicture(maps, features)
		},
	}
	cmd.Flags().StringVar(&image, "image", "", "")
	cmd.Flags().StringVar(&out, "out", "filters.png", "")
	cmd.Flags().StringVar(&maps, "maps", "maps.png", "")
	cmd.Flags().Var(&budget, "budget", "")
	return cmd
}

// filtersOf are a network's filters of one channel, to stand beside the maps
// that they made: nil for other layers, and for the input, which comes first.
func filtersOf(net *nn.Sequential) []*nn.Tensor {
	list := make([]*nn.Tensor, 1+len(net.Layers()))
	for i, layer := range net.Layers() {
		if _, ok := net.Specs()[i].(layers.Convolution); !ok {
			continue
		}
		for _, p := range layer.Params() {
			if p.Name == "weight" && p.Value.C == 1 {
				list[1+i] = p.Value
			}
		}
	}
	return list
}

// checkPicture refuses a name whose ending is no format of pictures.
func checkPicture(path string) error {
	if !slices.Contains([]string{".png", ".svg", ".pdf"}, strings.ToLower(filepath.Ext(path))) {
		return wrongUsage("cannot draw %s: wanted a name that ends in .png, .svg or .pdf", path)
	}
	return nil
}

// savePicture writes a picture and says where.
func savePicture(path string, f plots.Figure) error {
	if err := plots.Save(path, f); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}
