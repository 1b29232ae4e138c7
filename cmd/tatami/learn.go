package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tatami/internal/files"
	"tatami/internal/run"
	"tatami/internal/web/learn"
	"tatami/internal/web/module"
	"tatami/internal/web/page"
	"tatami/internal/words"
)

func newLearn(l words.Language) *cobra.Command {
	var out, data, source string
	var limit int
	cmd := &cobra.Command{
		Use:   "learn",
		Short: words.Text{EN: "Write a page in which anybody can train a network", JA: "ブラウザーだけで学習できるページを書き出す"}.In(l),
		Long: words.Text{
			EN: `Write a page that trains networks in the browser: stack layers, choose an
optimizer, watch the loss, the filters and the feature maps, teach it your own
drawings, save the model. The images and the program are in it; nothing leaves
the page, and it works without a network.

--out FILE.html writes one file; --out FOLDER/ writes a folder for any web host,
whose page is there sooner.`,
			JA: `ブラウザーの中でネットワークを学習させるページを書き出します。層を積み、最適化手法を選び、損失・フィルター・特徴マップを見ながら学習し、自分で描いた絵を教え、モデルを保存できます。画像とプログラムはページの中にあり、外へは何も送りません。ネットワークがなくても動きます。

--out FILE.html は 1 つのファイルを、--out FOLDER/ はウェブサーバーに置くフォルダーを書き出します。フォルダーのほうが早く表示されます。`,
		}.In(l),
		Example: `  tatami learn --out learn.html
  tatami learn --out site/`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return wrongUsage("--limit is %d, wanted 0 or more", limit)
			}
			packed, err := packData(data, limit)
			if err != nil {
				return err
			}
			ctx, stop := run.UntilSignal(cmd.Context())
			defer stop()
			m, err := module.Build(ctx, module.Learn, source)
			if err != nil {
				return err
			}
			if !strings.HasSuffix(out, "/") && !strings.HasSuffix(out, string(filepath.Separator)) {
				return writePage(out, func(w io.Writer) error { return page.Learn(w, m, packed) })
			}
			return writeFolder(out, m, packed)
		},
	}
	cmd.Flags().StringVar(&out, "out", "learn.html", words.Text{EN: "file of the page, or a folder/", JA: "ページのファイル、またはフォルダー/"}.In(l))
	cmd.Flags().StringVar(&data, "data", "", words.Text{EN: "folder in the IDX layout to learn from (default: MNIST)", JA: "学習に使う IDX 形式のフォルダー（既定：MNIST）"}.In(l))
	cmd.Flags().IntVar(&limit, "limit", 0, words.Text{EN: "training images at most; 0 is all", JA: "訓練画像の上限。0 はすべて"}.In(l))
	sourceFlag(cmd, &source, l)
	return cmd
}

// learnFiles are what the page of serve asks for.
func learnFiles(ctx context.Context, data, source string) (map[string][]byte, error) {
	m, err := module.Build(ctx, module.Learn, source)
	if err != nil {
		return nil, err
	}
	packed, err := packData(data, 0)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, f := range page.LearnFiles(m, packed) {
		all[f.Name] = f.Data
	}
	return all, nil
}

// packData is what a learning page learns from, compressed.
func packData(data string, limit int) ([]byte, error) {
	d, err := (&run.Settings{Data: data}).Load(run.Reading{})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	training, test := d.Train, d.Test
	if training.C != 1 {
		return nil, fmt.Errorf("%s has images of %v, wanted grey ones", data, training.Shape)
	}
	if limit > 0 {
		training = training.Limit(limit)
	}
	packed, err := learn.Pack(training, test)
	if err != nil {
		return nil, err
	}
	return module.Compress(packed), nil
}

// writeFolder writes the page and, in a folder beside it, what it asks for; the
// page comes last, so that it never stands without them.
func writeFolder(dir string, m *module.Module, data []byte) error {
	beside := filepath.Join(dir, "learn")
	if err := os.MkdirAll(beside, 0o755); err != nil {
		return fmt.Errorf("cannot make folder %s: %w", beside, files.Cause(err))
	}
	for _, f := range page.LearnFiles(m, data) {
		err := files.Write(filepath.Join(beside, f.Name), func(w io.Writer) error {
			_, err := w.Write(f.Data)
			return err
		})
		if err != nil {
			return err
		}
	}
	return writePage(filepath.Join(dir, "index.html"), page.LearnBeside)
}
