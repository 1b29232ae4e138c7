package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/run"
	"tatami/internal/web"
	"tatami/internal/web/serve"
	"tatami/internal/web/site"
	"tatami/internal/words"
	"tatami/nn"
)

// serverMemory is where the garbage collector begins to work harder, in bytes:
// a soft limit.
const serverMemory = 160 << 20

func newServe(l words.Language) *cobra.Command {
	var addr, data, source string
	var origins []string
	var noExamples bool
	cmd := &cobra.Command{
		Use:  "serve MODEL…",
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := web.CheckAddr(addr); err != nil {
				return usageError{fmt.Errorf("--addr: %w", err)}
			}
			if err := checkOrigins(origins); err != nil {
				return err
			}
			s := serve.New(run.Version())
			var paths []string
			for _, path := range args {
				paths = append(paths, run.ModelPath(path))
			}
			names := run.ModelNames(paths)
			var first *nn.Model
			var told, hint string // a folder that the first model names
			for i, path := range paths {
				m, err := run.LoadModel(path)
				if err != nil {
					return err
				}
				if i == 0 {
					first, told = m, m.Facts["data"] // what it was trained on; none is MNIST
				}
				if err := s.Add(names[i], m); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
			}
			if noExamples {
				s.NoData(errors.New("the server was started with --no-examples"))
			} else if data == "" && told != "" { // a file must not choose what is published
				said := words.Text{
					EN: "the model says that it was trained on %q; --data %[1]q shows its images",
					JA: "このモデルの訓練データは %q とあります。--data %[1]q とすると、その画像を見られます",
				}
				hint = said.In(l, told)
				s.NoData(errors.New(said.In(words.English, told)))
			} else if read, err := run.LoadFor(first, data, run.Reading{}); err == nil {
				s.Data(read.Train, read.Test)
			} else if data != "" {
				return err
			} else {
				s.NoData(err)
			}
			debug.SetMemoryLimit(serverMemory)
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			ln, err := web.Listen(addr)
			if err != nil {
				return err
			}
			fmt.Println(words.Text{EN: "%s at %s (Ctrl-C ends)", JA: "%s を %s で公開しています（Ctrl-C で終了）"}.In(l, strings.Join(names, ", "), web.URL(ln)))
			if hint != "" {
				fmt.Println(hint)
			}
			s.Learn = func() (map[string][]byte, error) { return site.LearnFiles(ctx, data, source) }
			indexed := make(chan struct{})
			go func() {
				defer close(indexed)
				s.Index(ctx)
			}()
			err = web.Serve(ctx, ln, web.NewGuard(addr, ln, origins...).Wrap(s.Handler()), nil)
			stop()
			<-indexed
			return err
		},
	}
	cmd.Flags().StringVar(&addr, "addr", ":8080", "")
	cmd.Flags().StringVar(&data, "data", "", "")
	cmd.Flags().StringVar(&source, "source", "", "")
	cmd.Flags().StringArrayVar(&origins, "origin", nil, "")
	cmd.Flags().BoolVar(&noExamples, "no-examples", false, "")
	return cmd
}

// checkOrigins refuses a value of --origin that is no address of a site.
func checkOrigins(origins []string) error {
	for _, origin := range origins {
		if err := web.CheckOrigin(origin); err != nil {
			return usageError{fmt.Errorf("--origin: %w", err)}
		}
	}
	return nil
}
