package mpi

import "testing"

func TestLaunched(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		want        Launch
		ok          bool
	}{
		"none":                  {},
		"MPICH":                 {map[string]string{"PMI_RANK": "1", "PMI_SIZE": "2"}, Launch{1, 2}, true},
		"Open MPI":              {map[string]string{"OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "3"}, Launch{3, 4}, true},
		"srun":                  {map[string]string{"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}, Launch{0, 2}, true},
		"another by PMIx":       {map[string]string{"PMIX_RANK": "1"}, Launch{1, 0}, true},
		"one process":           {map[string]string{"PMI_RANK": "0", "PMI_SIZE": "1"}, Launch{0, 1}, false},
		"a batch script":        {map[string]string{"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, Launch{}, false},
		"srun of one, by PMIx":  {map[string]string{"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0"}, Launch{0, 1}, false},
		"not what it should be": {map[string]string{"PMI_RANK": "", "PMI_SIZE": "two"}, Launch{}, false},
	} {
		got, ok := launched(func(name string) string { return c.environment[name] })
		if ok != c.ok || c.ok && got != c.want {
			t.Errorf("%s: %v, %t, want %v, %t", name, got, ok, c.want, c.ok)
		}
	}
}
