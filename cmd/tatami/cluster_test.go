package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"tatami/internal/sweep"
)

var clusterDir = filepath.Join(repository, "docs", "cluster")

// indexedJob is what the manifest has; a field that it lacks here would be a
// mistyped one there.
type indexedJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		CompletionMode       string `yaml:"completionMode"`
		Completions          int
		Parallelism          int
		BackoffLimitPerIndex int `yaml:"backoffLimitPerIndex"`
		PodFailurePolicy     struct {
			Rules []struct {
				Action          string
				OnPodConditions []struct{ Type, Status string } `yaml:"onPodConditions"`
				OnExitCodes     struct {
					Operator string
					Values   []int
				} `yaml:"onExitCodes"`
			}
		} `yaml:"podFailurePolicy"`
		Template struct {
			Spec struct {
				RestartPolicy                 string         `yaml:"restartPolicy"`
				TerminationGracePeriodSeconds int            `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               map[string]any `yaml:"securityContext"`
				Containers                    []struct {
					Name, Image     string
					Args            []string
					Resources       struct{ Requests, Limits map[string]string }
					SecurityContext map[string]any `yaml:"securityContext"`
					VolumeMounts    []struct {
						Name      string
						MountPath string `yaml:"mountPath"`
						ReadOnly  bool   `yaml:"readOnly"`
					} `yaml:"volumeMounts"`
				}
				Volumes []struct {
					Name                  string
					ConfigMap             struct{ Name string } `yaml:"configMap"`
					PersistentVolumeClaim struct {
						ClaimName string `yaml:"claimName"`
					} `yaml:"persistentVolumeClaim"`
				}
			}
		}
	}
}

// The manifest is an Indexed Job of as many completions as its sweep has runs,
// and its command, given each index, leaves what the sweep in one go leaves.
func TestIndexedJob(t *testing.T) {
	t.Parallel()
	var job indexedJob
	d := yaml.NewDecoder(bytes.NewReader(readTestFile(t, clusterDir, "job.yaml")))
	d.KnownFields(true)
	if err := d.Decode(&job); err != nil {
		t.Fatal(err)
	}
	spec := job.Spec
	pod := spec.Template.Spec
	file, err := sweep.Read(filepath.Join(clusterDir, "rates.json"))
	if err != nil {
		t.Fatal(err)
	}
	runs := len(file.Runs(func(string) bool { return false }))
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || spec.CompletionMode != "Indexed" || spec.Completions != runs ||
		spec.BackoffLimitPerIndex < 1 || pod.RestartPolicy != "Never" || pod.TerminationGracePeriodSeconds < 30 || len(pod.Containers) != 1 {
		t.Errorf("the job is %+v, wanted an indexed one of %d", job, runs)
	}
	c := pod.Containers[0]
	var mounted, volumes []string
	for _, m := range c.VolumeMounts {
		mounted = append(mounted, m.Name+m.MountPath)
	}
	for _, v := range pod.Volumes {
		volumes = append(volumes, v.Name+"/"+v.Name)
	}
	if !slices.Equal(mounted, volumes) || !reflect.DeepEqual(c.Resources.Requests, c.Resources.Limits) {
		t.Errorf("volumes %v, mounted %v; resources %+v", volumes, mounted, c.Resources)
	}
	if testing.Short() {
		return
	}
	dir := t.TempDir()
	bars.write(t, filepath.Join(dir, "data"))
	small := strings.NewReplacer(`"net": "simple"`, `"net": "mlp", "data": "data"`, "5000", "40").Replace(string(readTestFile(t, clusterDir, "rates.json")))
	if err := os.Mkdir(filepath.Join(dir, "sweep"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeTestFile(t, filepath.Join(dir, "sweep", "rates.json"), []byte(small))
	var args []string
	for _, a := range c.Args {
		args = append(args, strings.TrimPrefix(a, "/"))
	}
	for i := range spec.Completions {
		if o := finish(t, command(dir, []string{"JOB_COMPLETION_INDEX=" + string(rune('0'+i))}, args...)); o.code != 0 || strings.Count(o.stdout, "\n") != 1 {
			t.Errorf("index %d: %+v", i, o)
		}
	}
	succeeds(t, dir, "sweep", "sweep/rates.json", "--out", "here")
	for i := range runs {
		sameRun(t, filepath.Join(dir, "here", sweep.Name(i)), filepath.Join(dir, "runs", "rates", sweep.Name(i)))
	}
}

// The sweeps of the documentation are sweeps, and the image holds what the
// program looks for.
func TestClusterFiles(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{"rates.json": "runs/rates/0005\n", "halving.json": "rung 2: 3 runs, up to epoch 9\n"} {
		if got := succeeds(t, clusterDir, "sweep", file, "--dry-run"); !strings.HasSuffix(got, want) {
			t.Errorf("%s: planned\n%s", file, got)
		}
	}
	text := string(readTestFile(t, clusterDir, "Containerfile"))
	for _, want := range []string{"FROM docker.io/library/golang:1.26 ", "CGO_ENABLED=0 go build -o /tatami ./cmd/tatami", "/go/pkg/mod/github.com/petar/", `ENTRYPOINT ["/tatami"]`} {
		if !strings.Contains(text, want) {
			t.Errorf("Containerfile lacks %q", want)
		}
	}
}
