// Command tatami trains classifiers of pictures and looks into them.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/kernels"
	"tatami/internal/manual"
	"tatami/internal/run"
	"tatami/internal/suggest"
	"tatami/internal/words"
	"tatami/internal/words/errortext"
	"tatami/train/mpi"
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
	l, err := chooseLanguage(args)
	if err == nil {
		root := newRoot(l)
		root.SetArgs(args)
		err = root.ExecuteContext(ctx)
	}
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
	_, usage := errors.AsType[usageError](err)
	_, setting := errors.AsType[run.SettingError](err)
	_, told := errors.AsType[silent](err)
	if launch, ok := mpi.Launched(); ok && launch.Rank > 0 && usage { // all ranks have these arguments
		told = true
	}
	for _, err := range all {
		if !told {
			fmt.Fprintln(os.Stderr, "tatami:", errortext.In(err, l))
		}
	}
	if usage || setting {
		return 2
	}
	return 1
}

// chooseLanguage is the language that --lang names, wherever it stands among the
// arguments, or else the environment: it is needed before they are parsed.
func chooseLanguage(args []string) (words.Language, error) {
	flag := ""
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--lang="); ok {
			flag = value
		} else if arg == "--lang" && i+1 < len(args) {
			flag = args[i+1]
		}
	}
	l, err := words.Choose(flag, os.Getenv)
	if err != nil {
		l, _ = words.Choose("", os.Getenv)
		return l, usageError{fmt.Errorf("--lang: %w", err)}
	}
	return l, nil
}

// usageError is a command line that cannot be meant.
type usageError struct{ error }

// failures are errors of which each is told in a line of its own.
type failures []error

func (f failures) Error() string { return errors.Join(f...).Error() }

func wrongUsage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// newRoot is the command with all below it. What help says of them and of their
// flags stands in package manual.
func newRoot(l words.Language) *cobra.Command {
	root := &cobra.Command{
		Use:           "tatami",
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
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { manual.Write(cmd.OutOrStdout(), cmd, l) })
	root.PersistentFlags().BoolP("help", "h", false, "")
	root.PersistentFlags().String("lang", "", "")
	root.AddCommand(newTrain(l), newSweep(l), newData(l), newLRFind(l), newEval(l), newPredict(l), newFilters(l), newCompare(l), newSummary(l), newExport(), newImport(), newBench(l), newExperiment(l), newServe(l), newPublish(), newLearn(), newWatch(), newVersion())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Use = "help COMMAND"
			c.Args = func(_ *cobra.Command, args []string) error {
				if found, _, _ := root.Find(args); found != root {
					return nil
				}
				return unknownCommand(root, args)
			}
		}
	}
	manual.Fill(root, l)
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

// wanted is what flags want, by their types; of others their errors say it.
var wanted = map[string]string{
	"bool": "true or false", "int": "a whole number", "uint64": "a whole number from 0 up", "float64": "a number",
	"float64Slice": "numbers, such as 0.5 or 0.4,0.5,0.6", "stringSlice": "names, such as mlp,simple",
}

// unknownFlag proposes the nearest flag for one that is none, and says what a
// flag wants in place of a value that cannot be read.
func unknownFlag(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := invalid.GetFlag()
		return wrongUsage("--%s is %q, wanted %s", f.Name, invalid.GetValue(),
			cmp.Or(wanted[f.Value.Type()], strings.TrimPrefix(invalid.Unwrap().Error(), "wanted ")))
	}
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
