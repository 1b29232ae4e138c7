package main

import (
	"cmp"
	"path/filepath"

	"github.com/spf13/cobra"

	"tatami/internal/describe"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/nn"
)

func newFilters(l words.Language) *cobra.Command {
	var image, out, maps string
	budget := run.Budget(1)
	cmd := &cobra.Command{
		Use:  "filters MODEL",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(checkPicture(out), checkPicture(maps), checkInput("out", out, image), checkInput("maps", maps, image)); err != nil {
				return err
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
			filters, err := describe.Filters(args[0], m, l)
			if err != nil {
				return err
			}
			if image == "" {
				return savePicture(out, filters)
			}
			x, err := run.ReadPicture(image, m)
			if err != nil {
				return err
			}
			features, err := describe.FeatureMaps(image, m, x, l)
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
