package plots

var (
	Diverging = diverging
	Number    = number
)
