package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tatami/internal/describe"
	"tatami/internal/run"
	"tatami/internal/words"
)

func newSummary(l words.Language) *cobra.Command {
	var picture string
	cmd := &cobra.Command{
		Use:  "summary NET|MODEL|FILE.json",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if picture != "" {
				if err := checkPicture(picture); err != nil {
					return err
				}
			}
			net, err := run.NetworkOf(args[0])
			if err != nil {
				return err
			}
			if _, err = fmt.Print(describe.Network(net, l)); err != nil || picture == "" {
				return err
			}
			f, err := describe.DrawNetwork(args[0], net, l)
			if err != nil {
				return err
			}
			return savePicture(picture, f)
		},
	}
	cmd.Flags().StringVar(&picture, "picture", "", "")
	return cmd
}
