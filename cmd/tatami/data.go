package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/describe"
	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/words"
	"tatami/plots"
)

func newData(l words.Language) *cobra.Command {
	var s run.Settings
	var memory run.Memory
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:  "data [DIR]",
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPicture(out); err != nil {
				return err
			}
			if len(args) > 0 {
				s.Data = args[0]
				if err := checkOutside(out, s.Data); err != nil {
					return err
				}
			}
			reading := run.Reading{Memory: memory}
			if !asJSON {
				reading.Progress = run.ReadProgress(l)
			}
			d, err := s.Load(reading)
			if err != nil {
				return err
			}
			defer d.Close()
			about := describe.Data(d)
			sheet, err := describe.Samples(d, l)
			if err != nil {
				return err
			}
			if asJSON {
				if err := plots.Save(out, sheet); err != nil {
					return err
				}
				return files.EncodeJSON(os.Stdout, about)
			}
			if _, err := fmt.Print(about.Text(l)); err != nil {
				return err
			}
			return savePicture(out, sheet)
		},
	}
	f := cmd.Flags()
	pictureFlags(f, &s)
	f.Var(&memory, "memory", "")
	f.Uint64Var(&s.Seed, "seed", 1, "")
	f.StringVar(&out, "out", "data.png", "")
	f.BoolVar(&asJSON, "json", false, "")
	return cmd
}
