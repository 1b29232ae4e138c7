package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/nn"
	"tatami/plots"
)

func newFilters() *cobra.Command {
	var image, out, maps string
	budget := run.Budget(1)
	cmd := &cobra.Command{
		Use:   "filters MODEL",
		Short: "Draw a model's first filters and, with --image, its feature maps",
		Args:  arguments(1, 1),
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
			filters, err := plots.Filters([]plots.Bank{{Filters: weight}}, plots.FilterOptions{Title: "Filters of " + filepath.Base(args[0])})
			if err != nil {
				return err
			}
			if image == "" {
				return savePicture(out, filters)
			}
			x, err := readDigit(image, m.Input())
			if err != nil {
				return err
			}
			names, tensors := []string{"input"}, []*nn.Tensor{x}
			for i, y := range m.Activations(x) {
				names, tensors = append(names, fmt.Sprintf("%d %v", i+1, m.Specs()[i])), append(tensors, y)
			}
			features, err := plots.FeatureMaps(names, tensors, plots.FeatureMapOptions{Title: "What each layer makes of " + filepath.Base(image)})
			if err != nil {
				return err
			}
			if err := savePicture(out, filters); err != nil {
				return err
			}
			return savePicture(maps, features)
		},
	}
	cmd.Flags().StringVar(&image, "image", "", "picture whose feature maps to draw")
	cmd.Flags().StringVar(&out, "out", "filters.png", "file of the filters (PNG, SVG or PDF)")
	cmd.Flags().StringVar(&maps, "maps", "maps.png", "file of the feature maps (PNG, SVG or PDF)")
	budgetFlag(cmd.Flags(), &budget)
	return cmd
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
