// Command tatami trains digit classifiers and looks into them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/kernels"
	"tatami/internal/run"
	"tatami/internal/suggest"
)

// interrupted is the exit code after Ctrl-C, as shells expect it, or another
// polite request to end.
const interrupted = 130

func main() {
	os.Exit(execute(context.Background(), os.Args[1:]))
}

// execute runs the command line and returns the exit code: 1 for an error, 2
// for wrong usage.
func execute(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		return interrupted
	}
	all, ok := errors.AsType[failures](err)
	if !ok {
		all = failures{err}
	}
	for _, err := range all {
		fmt.Fprintln(os.Stderr, "tatami:", err)
	}
	_, usage := errors.AsType[usageError](err)
	_, setting := errors.AsType[run.SettingError](err)
	if usage || setting {
		return 2
	}
	return 1
}

// usageError is a command line that cannot be meant.
type usageError struct{ error }

// failures are errors of which each is told in a line of its own.
type failures []error

func (f failures) Error() string { return errors.Join(f...).Error() }

func wrongUsage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "tatami",
		Short: "Train convolutional networks on digits and look into them",
		Long: `Train convolutional networks on digits and look into them.

Where a command takes a MODEL, the folder of a run will do.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			return cmd.Help()
		},
		PersistentPreRunE: func(*cobra.Command, []string) error { return kernels.ISAError() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(unknownFlag)
	root.AddCommand(newTrain(), newLRFind(), newEval(), newPredict(), newFilters(), newCompare(), newSummary(), newExport(), newImport(), newBench(), newExperiment(), newServe(), newVersion())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = func(_ *cobra.Command, args []string) error {
				if found, _, _ := root.Find(args); found != root {
					return nil
				}
				return unknownCommand(root, args)
			}
		}
	}
	return root
}

// arguments asks for at least that many and at most so many; -1 is any number.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least {
			return wrongUsage("too few arguments, wanted: %s", cmd.UseLine())
		}
		if most >= 0 && len(args) > most {
			return wrongUsage("%q is one argument too many, wanted: %s", args[most], cmd.UseLine())
		}
		return nil
	}
}

// unknownFlag proposes the nearest flag for one that is none.
func unknownFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return usageError{err}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name := unknown.GetSpecifiedName()
	if nearest := suggest.Nearest(name, names); nearest != "" {
		return wrongUsage("unknown flag --%s: did you mean --%s?", name, nearest)
	}
	return wrongUsage("unknown flag --%s", name)
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usageError{suggest.Unknown("command", args[0], names)}
}
