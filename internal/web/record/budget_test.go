package record_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	small "tatami/internal/toy" // toy is a network of these tests
	"tatami/internal/web/record"
)

// A run's CSV files cost no more than their size pays for, whatever they hold.
func TestBudget(t *testing.T) {
	const size = 1 << 20
	head := "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds\n1,2,0.1,2.25,0.1,2.2,0.2,0.5\n"
	for name, steps := range map[string]string{
		"one column":   "loss\n" + strings.Repeat("1\n", size/2),
		"many columns": "loss" + strings.Repeat(",", size) + "\n1" + strings.Repeat(",", size),
		"a long cell":  "loss\n" + strings.Repeat("7", size) + "\n",
		"a quote":      "loss\n\"" + strings.Repeat("x\n", size/2),
		"no end":       strings.Repeat("loss,", size/5),
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{"steps.csv": steps, "history.csv": head} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := small.CPU()
		_, err := record.Read(dir, record.Facts{})
		took := small.CPU() - start
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 256*size || took > 10*time.Second {
			t.Errorf("%s: %d bytes and %v for a file of %d", name, used, took, len(steps))
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}
