package describe

import "testing"

func TestProbabilityText(t *testing.T) {
	for p, want := range map[float64]string{
		1: "100.00%", 0.99999994: ">99.99%", 0.99996: ">99.99%", 0.9999: "99.99%", 0.5: "50.00%", 0.00006: "0.01%",
		0.00004: "4.0e-5", 1.24e-6: "1.2e-6", 3e-12: "3.0e-12", 0: "0.00%",
	} {
		if got := probabilityText(p); got != want {
			t.Errorf("%g reads %s, wanted %s", p, got, want)
		}
	}
}
