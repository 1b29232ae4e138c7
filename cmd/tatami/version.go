package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"tatami/internal/kernels"
	"tatami/internal/run"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:  "version",
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Printf("tatami %s %s %s/%s %s\n", run.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, kernels.ISA())
			return err
		},
	}
}
