package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"tatami/internal/kernels"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, Go's, and the instruction set in use",
		Args:  arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Printf("tatami %s %s %s/%s %s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, kernels.ISA())
			return err
		},
	}
}

// version is that of the build, "devel" where it has none.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}
