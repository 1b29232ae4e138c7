package suggest_test

import (
	"testing"

	"tatami/internal/suggest"
)

func TestUnknown(t *testing.T) {
	names := []string{"sgd", "momentum", "adam", "adamw"}
	got := suggest.Unknown("optimizer", "Adma", names).Error()
	want := `unknown optimizer "Adma": did you mean "adam"? (valid: sgd, momentum, adam, adamw)`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
