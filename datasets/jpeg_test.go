package datasets_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tatami/datasets"
	"tatami/internal/toy"
)

// A few bytes a scan must not buy a walk over all pixels each.
func TestManyScans(t *testing.T) {
	t.Parallel()
	if _, err := datasets.DecodeImage(bytes.NewReader(toy.EmptyScans(64, 100))); err != nil {
		t.Errorf("a hundred scans: %v", err)
	}
	many := toy.EmptyScans(2048, 20000)
	from := time.Now()
	_, err := datasets.DecodeImage(bytes.NewReader(many))
	if err == nil || !strings.Contains(err.Error(), "more than 100 scans") {
		t.Errorf("%d bytes of scans: %v", len(many), err)
	}
	if took := time.Since(from); took > 10*time.Second { // all of them take some thirty
		t.Errorf("it was refused after %v", took)
	}
}
