package plots

var (
	Kaiser    = kaiser
	Diverging = diverging
	Number    = number
)
