package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/lock"
	"tatami/internal/rank"
	"tatami/internal/web/page"
	"tatami/internal/words"
	"tatami/plots"
)

func newCompare(l words.Language) *cobra.Command {
	var out, picture string
	cmd := &cobra.Command{
		Use:  "compare RUN…",
		Args: arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPage(out); err != nil {
				return err
			}
			if picture != "" {
				if err := checkPicture(picture); err != nil {
					return err
				}
			}
			for _, path := range []string{out, picture} {
				if err := lock.Free(filepath.Dir(path)); path != "" && err != nil {
					return err
				}
			}
			ranking, leftOut, err := rank.Read(args, filepath.Dir(out))
			if len(leftOut) > 0 {
				fmt.Fprintln(os.Stderr, words.Text{
					EN: "left out, since they are not complete: %s", JA: "終わりまで進んでいない実行を除きます：%s",
				}.In(l, words.Shown(strings.Join(leftOut, " "))))
			}
			if err != nil {
				return err
			}
			if picture != "" {
				f, err := ranking.Draw(l)
				if err != nil {
					return err
				}
				if err := plots.Save(picture, f); err != nil {
					return err
				}
			}
			if err := files.Write(out, func(w io.Writer) error { return page.Compare(w, ranking.Runs) }); err != nil {
				return err
			}
			text := ranking.Table(l) + out + "\n"
			if picture != "" {
				text += picture + "\n"
			}
			_, err = fmt.Print(text)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "compare.html", "")
	cmd.Flags().StringVar(&picture, "picture", "", "")
	return cmd
}
