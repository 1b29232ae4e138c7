package manual

import (
	"tatami/internal/words"
)

var predictPage = Page{
	Short: words.Text{
		EN: "Say what pictures show (PNG, JPEG, GIF, BMP or WebP of any size)",
		JA: "画像が何かを答える（PNG、JPEG、GIF、BMP、WebP、大きさは自由）",
	},
	Example: `  tatami predict runs/first digit.png photo.jpg`,
	Flags: map[string]words.Text{
		"json": {EN: "print JSON", JA: "JSON で出力する"},
	},
}
