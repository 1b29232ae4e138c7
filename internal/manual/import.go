package manual

import (
	"tatami/internal/words"
)

var importPage = Page{
	Short: words.Text{EN: "Make a model of an ONNX file, or of weights in PyTorch's layout", JA: "ONNX ファイルや、PyTorch の並びの重みからモデルを作る"},
	Long: words.Text{
		EN: `Make a model of an ONNX file (FILE.onnx), or of weights in PyTorch's layout
(FILE.safetensors).

An ONNX file tells its network itself. Where it wants pixels other than from 0 to
1, --mean and --std say so, as (pixel − mean)/std.

Weights in PyTorch's layout are those of the network --net: filters O,I,KH,KW,
affine inputs flattened C,H,W. Tensors find their layers by name and shape; where
several layers fit, the numbers in the names tell the order. Nothing is rescaled.`,
		JA: `ONNX ファイル（FILE.onnx）、または PyTorch の並びの重み（FILE.safetensors）からモデルを作ります。

ONNX ファイルは、ネットワークの構造も含みます。0 から 1 以外のピクセル値を必要とするときは、--mean と --std で（ピクセル値 − mean）/std のように指定します。

PyTorch の並びの重みは、--net のネットワークのものです（フィルターは O,I,KH,KW、Affine の入力は C,H,W の順に平らにしたもの）。テンソルは名前と形状で層に結びつけます。当てはまる層がいくつもあるときは、名前の中の番号の順にします。値の大きさは変えません。`,
	},
	Example: `  tatami import weights.safetensors --net simple --out model.safetensors
  tatami import network.onnx --out model.safetensors`,
	Flags: map[string]words.Text{
		"mean": {EN: "what an ONNX network wants subtracted from pixels, one number or one a channel", JA: "ONNX のネットワークがピクセル値から引く値。1 つ、またはチャンネルごと"},
		"std":  {EN: "what it wants them divided by then", JA: "そのあとで割る値"},
		"out":  {EN: "file of the model", JA: "モデルのファイル"},
	},
}
