package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/web/answers"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/words"
)

func newPublish(l words.Language) *cobra.Command {
	var out, source string
	cmd := &cobra.Command{
		Use:   "publish MODEL…",
		Short: words.Text{EN: "Write the page of serve as one file that needs no server", JA: "serve のページを、サーバーのいらない 1 つのファイルにする"}.In(l),
		Long: words.Text{
			EN: `Write one HTML file in which anybody can draw for a model and look into it, as
on the page of serve. The model is in it, and the program that answers for it:
the file works without a network, from a disk or any web host.

The go command builds that program from tatami's sources: those that the current
folder is in, or those in --source.`,
			JA: `モデルに手書きの数字を認識させ、その中を見られる HTML ファイルを 1 つ書き出します。できることは serve のページと同じです。モデルと、答えを計算するプログラムがファイルの中に入るので、ネットワークがなくても、ディスクからでも、どのウェブサーバーからでも動きます。

このプログラムは、go コマンドが tatami のソースからビルドします。ソースは現在のフォルダーのもの、または --source のものです。`,
		}.In(l),
		Example: `  tatami publish runs/first --out page.html`,
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var paths []string
			for _, path := range args {
				paths = append(paths, run.ModelPath(path))
			}
			var models []page.NamedFile
			var check answers.Models
			for i, name := range modelNames(paths) {
				m, err := run.LoadModel(paths[i])
				if err != nil {
					return err
				}
				if err := check.Add(name, m); err != nil {
					return fmt.Errorf("%s: %w", paths[i], err)
				}
				data, err := os.ReadFile(paths[i])
				if err != nil {
					return fmt.Errorf("cannot read %s: %w", paths[i], files.Cause(err))
				}
				models = append(models, page.NamedFile{Name: name, Data: data})
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			m, err := module.Build(ctx, module.Look, source)
			if err != nil {
				return err
			}
			return writePage(out, func(w io.Writer) error { return page.Publish(w, m, models) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "page.html", words.Text{EN: "file of the page", JA: "ページのファイル"}.In(l))
	sourceFlag(cmd, &source, l)
	return cmd
}

func sourceFlag(cmd *cobra.Command, source *string, l words.Language) {
	cmd.Flags().StringVar(source, "source", "", words.Text{
		EN: "folder of tatami's sources (default: the current folder's module)",
		JA: "tatami のソースのフォルダー（既定：現在のフォルダーのモジュール）",
	}.In(l))
}

// writePage writes a page and tells where it is and how large.
func writePage(out string, write func(io.Writer) error) error {
	if err := files.Write(out, write); err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	fmt.Printf("%s (%.1f MB)\n", out, float64(info.Size())/1e6)
	return nil
}
