package run

import (
	"fmt"
	"path/filepath"
	"runtime"

	"tatami/datasets"
	"tatami/internal/kernels"
	"tatami/internal/web/record"
)

// facts are what pages say of the run before it begins.
func (r *Run) facts() record.Facts {
	return record.Facts{
		Name: filepath.Base(r.folder.dir), Command: r.Command(kernels.ISA()), Settings: r.flags(false),
		Versions: []record.Fact{
			{Name: "tatami", Value: Version()}, {Name: "Go", Value: runtime.Version()},
			{Name: "system", Value: runtime.GOOS + "/" + runtime.GOARCH}, {Name: "instruction set", Value: kernels.ISA()},
			{Name: "processors", Value: fmt.Sprint(runtime.GOMAXPROCS(0))},
		},
		Classes: r.trainer.Loader.Data.Target().Classes, Images: r.trainer.Loader.Data.Len(),
		Epochs: r.Epochs, Batches: r.trainer.Loader.Batches(),
		Photographs: r.data.Fit != datasets.FitDigit,
		Resume:      resumeCommand(r.folder.dir),
	}
}
