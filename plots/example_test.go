package plots_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gonum.org/v1/plot/plotter"

	"tatami/plots"
)

// A race of two optimizers, written as a picture for a book.
func ExampleLoss() {
	dir, err := os.MkdirTemp("", "plots")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	race, err := plots.Loss([]plots.Curve{
		{Name: "SGD", Points: plotter.XYs{{X: 1, Y: 2.30}, {X: 2, Y: 1.90}, {X: 3, Y: 1.60}}},
		{Name: "Adam", Points: plotter.XYs{{X: 1, Y: 2.30}, {X: 2, Y: 1.20}, {X: 3, Y: 0.70}}},
	}, plots.LossOptions{Title: "SGD and Adam", Log: true})
	if err != nil {
		log.Fatal(err)
	}
	if err := plots.Save(filepath.Join(dir, "race.pdf"), race); err != nil {
		log.Fatal(err)
	}
	fmt.Println(plots.Save(filepath.Join(dir, "race.doc"), race) != nil)
	// Output: true
}

// Optimizers leave their paths over the contours of a function; Grid sets such
// charts beside each other.
func ExampleChart() {
	f, err := plots.Chart(plots.ChartOptions{
		Title: "Gradient descent, rate 0.95",
		X:     plots.Axis{Label: "x", Min: -10, Max: 10},
		Y:     plots.Axis{Label: "y", Min: -5, Max: 5},
	},
		plots.Contours{F: func(x, y float64) float64 { return x*x/20 + y*y }},
		plots.Curve{Points: plotter.XYs{{X: -7, Y: 2}, {X: -6.3, Y: -1.8}, {X: -5.7, Y: 1.6}}, Markers: true},
	)
	if err != nil {
		log.Fatal(err)
	}
	w, h := f.Size()
	fmt.Printf("%g × %g points\n", w, h)
	// Output: 504 × 300 points
}
