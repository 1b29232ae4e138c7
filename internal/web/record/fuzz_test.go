package record_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"tatami/internal/web/record"
)

// FuzzRead: whatever the CSV files of a run hold, it is an error or curves that
// can be written for a page.
func FuzzRead(f *testing.F) {
	head := "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds"
	f.Add("step,epoch,lr,loss\n1,1,0.1,2.3\n2,1,0.1,2.2\n", head+"\n1,2,0.1,2.25,0.1,2.2,0.2,0.5\n")
	f.Add("loss\nNaN\n-Inf\n1e300\n", head+",validation_loss,validation_accuracy\n1,3,1,1,1,1,1,1,2,1\n")
	f.Add("loss\n\"1\n", head+"\n1e300,-5,0,0,0,0,0,0\n")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, steps, history string) {
		dir := t.TempDir()
		for name, text := range map[string]string{"steps.csv": steps, "history.csv": history} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		update, err := record.Read(dir, record.Facts{})
		if err != nil {
			return
		}
		if _, err := json.Marshal(update); err != nil {
			t.Error(err)
		}
	})
}
