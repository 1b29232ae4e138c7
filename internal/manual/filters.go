package manual

import (
	"tatami/internal/words"
)

var filtersPage = Page{
	Short: words.Text{
		EN: "Draw a model's first filters and, with --image, its feature maps",
		JA: "モデルの第 1 層のフィルターを描く。--image で特徴マップも描く",
	},
	Example: `  tatami filters runs/first
  tatami filters runs/first --image digit.png`,
	Flags: map[string]words.Text{
		"image": {EN: "picture whose feature maps to draw", JA: "特徴マップを描く画像"},
		"out":   {EN: "file of the filters (PNG, SVG or PDF)", JA: "フィルターの図のファイル（PNG、SVG、PDF）"},
		"maps":  {EN: "file of the feature maps (PNG, SVG or PDF)", JA: "特徴マップの図のファイル（PNG、SVG、PDF）"},
	},
}
