package manual

import (
	"tatami/internal/words"
)

var versionPage = Page{
	Short: words.Text{
		EN: "Print the version, Go's, and the instruction set in use",
		JA: "tatami と Go のバージョン、使っている命令セットを表示する",
	},
}
