package words

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// Width is how many columns of a terminal a text takes: Japanese letters take
// two.
func Width(text string) int { return uniseg.StringWidth(text) }

// Fit cuts a text to so many columns.
func Fit(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	var b strings.Builder
	used, state := 0, -1
	for text != "" {
		var letter string
		var width int
		letter, text, width, state = uniseg.FirstGraphemeClusterInString(text, state)
		if used += width; used > columns {
			break
		}
		b.WriteString(letter)
	}
	return b.String()
}

// Wrap breaks a text into lines of at most so many columns, where each
// language allows it.
func Wrap(text string, columns int) (lines []string) {
	line, state := "", -1
	for text != "" {
		var part string
		var must bool
		part, text, must, state = uniseg.FirstLineSegmentInString(text, state)
		if line != "" && Width(line)+Width(strings.TrimRight(part, " \n")) > columns {
			lines, line = append(lines, strings.TrimRight(line, " \n")), ""
		}
		if line += part; must && text != "" {
			lines, line = append(lines, strings.TrimRight(line, " \n")), ""
		}
	}
	return append(lines, strings.TrimRight(line, " \n"))
}

// Table sets rows in columns, two blanks apart. Those of the columns in right
// end on their right, the others begin on their left.
func Table(rows [][]string, right ...int) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			blanks := strings.Repeat(" ", widths[i]-Width(cell))
			if slices.Contains(right, i) {
				line += blanks + cell + "  "
			} else {
				line += cell + blanks + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Percent shows a share in per cent; of nothing there is none.
func Percent(share float64) string {
	if math.IsNaN(share) {
		return "–"
	}
	return fmt.Sprintf("%.2f%%", 100*share)
}
