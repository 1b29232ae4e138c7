package manual

import (
	"tatami/internal/words"
)

var exportPage = Page{
	Short: words.Text{EN: "Write a model as ONNX, for other programs", JA: "モデルを ONNX で書き出す"},
	Long: words.Text{
		EN: `Write a model as ONNX, which onnxruntime and others run: float32 images of
batch×C×H×W, pixels from 0 to 1. Dropout is left out; names of classes are in the
file's metadata.`,
		JA: `モデルを ONNX で書き出します。onnxruntime などで実行できます。入力は batch×C×H×W の float32 の画像で、ピクセル値は 0 から 1 です。Dropout は省かれます。クラス名はファイルのメタデータに入ります。`,
	},
	Example: `  tatami export runs/first --out model.onnx`,
	Flags: map[string]words.Text{
		"out": {EN: "file of the network", JA: "ネットワークのファイル"},
	},
}
