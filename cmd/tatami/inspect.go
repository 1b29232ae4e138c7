package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tatami/datasets"
	"tatami/internal/kernels"
	"tatami/internal/safetensors"
	"tatami/layers"
	"tatami/nn"
	"tatami/plots"
	"tatami/train"
)

func loadModel(path string) (*nn.Model, error) { return nn.Load(path, layers.Catalog()) }

func newEval() *cobra.Command {
	var data string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval MODEL",
		Short: "Measure a model on a test set",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			_, test, err := loadData(data)
			if err != nil {
				return err
			}
			if m.Input() != test.Shape {
				return fmt.Errorf("%s takes images of %v, the data have %v", args[0], m.Input(), test.Shape)
			}
			if n := m.Output().Size(); n != len(test.Classes) {
				return fmt.Errorf("%s gives %d outputs, the data have %d classes", args[0], n, len(test.Classes))
			}
			e := train.Evaluate(m.Sequential, layers.SoftmaxWithLoss{}, test, 100)
			if asJSON {
				return printJSON(os.Stdout, resultOf(m.Sequential, e))
			}
			fmt.Printf("test accuracy %.2f%% (%d/%d), loss %.4f\n", 100*e.Accuracy(), e.Correct, e.Total, e.Loss)
			for k, name := range test.Classes {
				fmt.Printf("  %s: precision %.2f%%, recall %.2f%%\n", name, 100*e.Precision(k), 100*e.Recall(k))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "folder in the IDX layout (default: MNIST)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON with the keys of run.json")
	return cmd
}

// prediction is what predict says of one image.
type prediction struct {
	Image         string    `json:"image"`
	Label         string    `json:"label"`
	Probability   float64   `json:"probability"`
	Classes       []string  `json:"classes"`
	Probabilities []float32 `json:"probabilities"`
}

func newPredict() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "predict MODEL IMAGE…",
		Short: "Say what digits pictures show (PNG, JPEG or GIF of any size)",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			var all []prediction
			for _, path := range args[1:] {
				x, err := readDigit(path, m.Input())
				if err != nil {
					return err
				}
				p := prediction{Image: path, Classes: classNames(m), Probabilities: m.Predict(x).Data}
				best := ranking(p.Probabilities)[0]
				p.Label, p.Probability = p.Classes[best], float64(p.Probabilities[best])
				all = append(all, p)
			}
			if asJSON {
				return printJSON(os.Stdout, all)
			}
			for _, p := range all {
				var parts []string
				for _, k := range ranking(p.Probabilities)[:min(3, len(p.Probabilities))] {
					parts = append(parts, fmt.Sprintf("%s %.2f%%", p.Classes[k], 100*p.Probabilities[k]))
				}
				fmt.Printf("%s: %s\n", p.Image, strings.Join(parts, ", "))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func readDigit(path string, shape nn.Shape) (*nn.Tensor, error) {
	img, err := datasets.ReadImage(path)
	if err != nil {
		return nil, err
	}
	pixels, err := datasets.Digit(img, shape)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return datasets.Tensor(shape, pixels), nil
}

func classNames(m *nn.Model) []string {
	if len(m.Classes) > 0 {
		return m.Classes
	}
	names := make([]string, m.Output().Size())
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// ranking lists the classes, the likeliest first.
func ranking(probabilities []float32) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case probabilities[a] > probabilities[b]:
			return -1
		case probabilities[a] < probabilities[b]:
			return 1
		}
		return 0
	})
	return order
}

func newFilters() *cobra.Command {
	var image, out, maps string
	cmd := &cobra.Command{
		Use:   "filters MODEL",
		Short: "Draw a model's first filters and, with --image, its feature maps",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := loadModel(args[0])
			if err != nil {
				return err
			}
			weight := firstFilters(m.Sequential)
			if weight == nil {
				return fmt.Errorf("%s has no layer with weights", args[0])
			}
			f, err := plots.Filters([]plots.Bank{{Filters: weight}}, plots.FilterOptions{Title: "Filters of " + filepath.Base(args[0])})
			if err != nil {
				return err
			}
			if err := plots.Save(out, f); err != nil {
				return err
			}
			fmt.Println(out)
			if image == "" {
				return nil
			}
			x, err := readDigit(image, m.Input())
			if err != nil {
				return err
			}
			names, tensors := []string{"input"}, []*nn.Tensor{x}
			for i, y := range m.Activations(x) {
				names, tensors = append(names, m.LayerName(i)), append(tensors, y)
			}
			f, err = plots.FeatureMaps(names, tensors, plots.FeatureMapOptions{Title: "What each layer makes of " + filepath.Base(image)})
			if err != nil {
				return err
			}
			if err := plots.Save(maps, f); err != nil {
				return err
			}
			fmt.Println(maps)
			return nil
		},
	}
	cmd.Flags().StringVar(&image, "image", "", "picture whose feature maps to draw")
	cmd.Flags().StringVar(&out, "out", "filters.png", "file of the filters (PNG, SVG or PDF)")
	cmd.Flags().StringVar(&maps, "maps", "maps.png", "file of the feature maps (PNG, SVG or PDF)")
	return cmd
}

func newSummary() *cobra.Command {
	return &cobra.Command{
		Use:   "summary NET|MODEL",
		Short: "Print a network's layers, output shapes, parameters and work",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.HasSuffix(args[0], ".safetensors") {
				m, err := loadModel(args[0])
				if err != nil {
					return err
				}
				fmt.Print(m.Sequential)
				return nil
			}
			net, err := buildNetwork(args[0], nn.Shape{}, 10, 1)
			if err != nil {
				return err
			}
			fmt.Print(net)
			return nil
		},
	}
}

func newImport() *cobra.Command {
	var name, out string
	cmd := &cobra.Command{
		Use:   "import FILE.safetensors",
		Short: "Make a model of weights in PyTorch's layout",
		Long: `Make a model of weights in PyTorch's layout: filters O,I,KH,KW, affine inputs
flattened C,H,W. Tensors map in file order, whatever their names, and nothing
is rescaled.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := safetensors.Read(args[0])
			if err != nil {
				return err
			}
			net, err := buildNetwork(name, nn.Shape{}, 10, 1)
			if err != nil {
				return err
			}
			if err := net.ImportPyTorch(f.Tensors); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if err := nn.Save(out, &nn.Model{Sequential: net, Facts: map[string]string{"imported": filepath.Base(args[0])}}); err != nil {
				return err
			}
			fmt.Println(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "net", "simple", "network: mlp, simple, deep, lenet, or FILE.json with an architecture")
	cmd.Flags().StringVar(&out, "out", modelName, "file of the model")
	return cmd
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, Go's, and the instruction set in use",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Printf("tatami %s %s %s/%s %s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, kernels.ISA())
			return nil
		},
	}
}

// version is that of the build, "devel" where it has none.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}
