package onnx_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"tatami/layers/onnx"
	"tatami/nn"
)

// cases is where Debian's libonnx-testdata has the test cases of ONNX itself.
const cases = "/usr/share/libonnx-testdata/data"

// TestCases takes every case, of one node or converted from PyTorch, that has an
// operator which Import knows: outcomes says which hold, and why others are
// refused.
func TestCases(t *testing.T) {
	if _, err := os.Stat(cases); err != nil {
		t.Skip("IMPORT IS NOT TESTED AGAINST ONNX'S OWN CASES: Debian's libonnx-testdata is not installed")
	}
	known := strings.Fields("Relu Sigmoid Tanh LeakyRelu Gelu Softmax LogSoftmax Conv MaxPool AveragePool GlobalAveragePool " +
		"BatchNormalization LayerNormalization Gemm MatMul Add Flatten Reshape Transpose Identity Dropout Constant Squeeze")
	seen := 0
	for _, kind := range []string{"node", "pytorch-converted"} {
		files, _ := filepath.Glob(filepath.Join(cases, kind, "*", "model.onnx"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			operators, _, err := onnx.Operators(data)
			if err != nil {
				t.Fatal(err)
			}
			name := kind + "/" + strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "test_")
			ours := slices.ContainsFunc(operators, func(o string) bool { return slices.Contains(known, o) })
			if kind == "node" { // others are a function written out in small nodes
				ours = len(operators) == 1 && slices.Contains(known, operators[0])
			}
			if !ours {
				continue
			}
			seen++
			t.Run(name, func(t *testing.T) {
				want, listed := outcomes[name]
				if !listed {
					t.Fatal("no outcome is listed")
				}
				err := runCase(t, filepath.Dir(file), data)
				switch {
				case want == "" && err != nil:
					t.Errorf("error %v, wanted the case's output", err)
				case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
					t.Errorf("error %v, wanted one with %q", err, want)
				}
			})
		}
	}
	if seen != len(outcomes) {
		t.Errorf("%d cases, wanted the %d that are listed", seen, len(outcomes))
	}
}

// runCase imports a case, its further inputs as weights, and compares outputs.
func runCase(t *testing.T, dir string, data []byte) error {
	_, inputs, err := onnx.Operators(data)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "test_data_set_0", name+".pb"))
		if err != nil {
			return nil
		}
		return b
	}
	for i := 1; i < len(inputs); i++ {
		b := file(fmt.Sprint("input_", i))
		if b == nil {
			break // an initializer
		}
		named := protowire.AppendString(protowire.AppendTag(b, 8, protowire.BytesType), inputs[i])
		graph := protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), named)
		data = protowire.AppendBytes(protowire.AppendTag(data, 7, protowire.BytesType), graph)
	}
	m, err := load(data)
	if err != nil {
		return err
	}
	x := batch(t, file("input_0"))
	if x.Shape != m.Input() { // three dimensions: a row after another
		x.Shape = m.Input()
	}
	want := batch(t, file("output_0"))
	got := m.Predict(x)
	if operators, _, _ := onnx.Operators(data); operators[len(operators)-1] == "LogSoftmax" {
		for i, v := range want.Data {
			want.Data[i] = float32(math.Exp(float64(v)))
		}
	}
	compare(t, got.Data, want.Data, 1e-5)
	return nil
}

// batch is a tensor's file in the order of tatami.
func batch(t *testing.T, data []byte) *nn.Tensor {
	dims, values, err := onnx.ReadTensor(data)
	if err != nil {
		t.Fatal(err)
	}
	s := nn.Features(len(values) / int(dims[0]))
	if len(dims) == 4 {
		s = nn.Shape{H: int(dims[2]), W: int(dims[3]), C: int(dims[1])}
	}
	return &nn.Tensor{N: int(dims[0]), Shape: s, Data: onnx.Turn(values, int(dims[0]), s)}
}

// outcomes of the cases: nothing for one that holds, else what the error says.
var outcomes = map[string]string{
	"node/averagepool_2d_default":                        "",
	"node/averagepool_2d_precomputed_pads":               "",
	"node/averagepool_2d_precomputed_same_upper":         "",
	"node/averagepool_2d_precomputed_strides":            "",
	"node/averagepool_2d_strides":                        "",
	"node/basic_conv_with_padding":                       "",
	"node/basic_conv_without_padding":                    "",
	"node/batchnorm_epsilon":                             "",
	"node/batchnorm_example":                             "",
	"node/conv_with_autopad_same":                        "",
	"node/conv_with_strides_and_asymmetric_padding":      "",
	"node/conv_with_strides_no_padding":                  "",
	"node/conv_with_strides_padding":                     "",
	"node/gemm_alpha":                                    "",
	"node/gemm_beta":                                     "",
	"node/gemm_default_no_bias":                          "",
	"node/gemm_default_scalar_bias":                      "",
	"node/gemm_default_single_elem_vector_bias":          "",
	"node/gemm_default_vector_bias":                      "",
	"node/gemm_default_zero_bias":                        "",
	"node/gemm_transposeB":                               "",
	"node/globalaveragepool":                             "",
	"node/globalaveragepool_precomputed":                 "",
	"node/leakyrelu":                                     "",
	"node/leakyrelu_default":                             "",
	"node/logsoftmax_example_1":                          "",
	"node/logsoftmax_large_number":                       "",
	"node/matmul_2d":                                     "",
	"node/maxpool_2d_default":                            "",
	"node/maxpool_2d_precomputed_pads":                   "",
	"node/maxpool_2d_precomputed_same_upper":             "",
	"node/maxpool_2d_precomputed_strides":                "",
	"node/maxpool_2d_strides":                            "",
	"node/relu":                                          "",
	"node/sigmoid":                                       "",
	"node/softmax_example":                               "",
	"node/softmax_large_number":                          "",
	"node/tanh":                                          "",
	"pytorch-converted/AvgPool2d":                        "",
	"pytorch-converted/AvgPool2d_stride":                 "",
	"pytorch-converted/BatchNorm2d_eval":                 "",
	"pytorch-converted/BatchNorm2d_momentum_eval":        "",
	"pytorch-converted/Conv2d":                           "",
	"pytorch-converted/Conv2d_depthwise":                 "",
	"pytorch-converted/Conv2d_depthwise_padded":          "",
	"pytorch-converted/Conv2d_depthwise_strided":         "",
	"pytorch-converted/Conv2d_depthwise_with_multiplier": "",
	"pytorch-converted/Conv2d_dilated":                   "",
	"pytorch-converted/Conv2d_groups":                    "",
	"pytorch-converted/Conv2d_groups_thnn":               "",
	"pytorch-converted/Conv2d_no_bias":                   "",
	"pytorch-converted/Conv2d_padding":                   "",
	"pytorch-converted/Conv2d_strided":                   "",
	"pytorch-converted/LeakyReLU":                        "",
	"pytorch-converted/LeakyReLU_with_negval":            "",
	"pytorch-converted/Linear":                           "",
	"pytorch-converted/Linear_no_bias":                   "",
	"pytorch-converted/LogSoftmax":                       "",
	"pytorch-converted/MaxPool2d":                        "",
	"pytorch-converted/ReLU":                             "",
	"pytorch-converted/Sigmoid":                          "",
	"pytorch-converted/Softmax":                          "",
	"pytorch-converted/Tanh":                             "",
	"pytorch-converted/log_softmax_lastdim":              "",
	"pytorch-converted/softmax_lastdim":                  "",

	// Refused.
	"node/add":                                   `(Add): constant "y" is added to a layer without a bias`,
	"node/add_bcast":                             `(Add): constant "y" is added to a layer without a bias`,
	"node/add_uint8":                             `input "x": is uint8`,
	"node/averagepool_1d_default":                `(AveragePool): input is plain features of 3×32×1`,
	"node/averagepool_2d_ceil":                   `(AveragePool): attribute ceil_mode is 1`,
	"node/averagepool_2d_pads":                   `(AveragePool): attribute pads comes to [2 2] before and [2 2] behind`,
	"node/averagepool_2d_pads_count_include_pad": `(AveragePool): attribute pads comes to [2 2] before and [2 2] behind`,
	"node/averagepool_2d_precomputed_pads_count_include_pad": `(AveragePool): attribute count_include_pad is 1`,
	"node/averagepool_2d_same_lower":                         `(AveragePool): attribute pads comes to [1 1] before and [0 0] behind`,
	"node/averagepool_2d_same_upper":                         `(AveragePool): attribute pads comes to [0 0] before and [1 1] behind`,
	"node/averagepool_3d_default":                            `input "x": has 5 dimensions`,
	"node/batchnorm_epsilon_training_mode":                   `inputs ["x"] and outputs ["y" "output_mean" "output_var"]`,
	"node/batchnorm_example_training_mode":                   `inputs ["x"] and outputs ["y" "output_mean" "output_var"]`,
	"node/constant":                                          `inputs [] and outputs ["values"]`,
	"node/dropout_default":                                   `the network has no layers`,
	"node/dropout_default_mask":                              `inputs ["x"] and outputs ["y" "z"]`,
	"node/dropout_default_mask_ratio":                        `inputs ["x"] and outputs ["y" "z"]`,
	"node/dropout_default_old":                               `input "x": has 1 dimensions`,
	"node/dropout_default_ratio":                             `the network has no layers`,
	"node/dropout_random_old":                                `the network has no layers`,
	"node/flatten_axis0":                                     `(Flatten): attribute axis is 0`,
	"node/flatten_axis1":                                     `the network has no layers`,
	"node/flatten_axis2":                                     `(Flatten): attribute axis is 2`,
	"node/flatten_axis3":                                     `(Flatten): attribute axis is 3`,
	"node/flatten_default_axis":                              `the network has no layers`,
	"node/flatten_negative_axis1":                            `(Flatten): attribute axis is -1`,
	"node/flatten_negative_axis2":                            `(Flatten): attribute axis is -2`,
	"node/flatten_negative_axis3":                            `the network has no layers`,
	"node/flatten_negative_axis4":                            `(Flatten): attribute axis is -4`,
	"node/gemm_all_attributes":                               `(Gemm): attribute transA is 1`,
	"node/gemm_default_matrix_bias":                          `(Gemm): constant "c" has dimensions [3 4]`,
	"node/gemm_transposeA":                                   `(Gemm): attribute transA is 1`,
	"node/identity":                                          `the network has no layers`,
	"node/identity_opt":                                      `input "opt_in": is undefined`,
	"node/identity_sequence":                                 `input "x": is undefined`,
	"node/layer_normalization_2d_axis0":                      `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_2d_axis1":                      `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_2d_axis_negative_1":            `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_2d_axis_negative_2":            `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_3d_axis0_epsilon":              `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_3d_axis1_epsilon":              `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_3d_axis2_epsilon":              `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_3d_axis_negative_1_epsilon":    `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_3d_axis_negative_2_epsilon":    `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_3d_axis_negative_3_epsilon":    `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis0":                      `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis1":                      `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis2":                      `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis3":                      `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis_negative_1":            `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis_negative_2":            `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis_negative_3":            `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_4d_axis_negative_4":            `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/layer_normalization_default_axis":                  `inputs ["X"] and outputs ["Y" "Mean" "InvStdDev"]`,
	"node/leakyrelu_example":                                 `input "x": has 1 dimensions`,
	"node/logsoftmax_axis_0":                                 `(LogSoftmax): attribute axis is 0 for plain features of 4×5×1`,
	"node/logsoftmax_axis_1":                                 `(LogSoftmax): attribute axis is 1 for plain features of 4×5×1`,
	"node/logsoftmax_axis_2":                                 `(LogSoftmax): attribute axis is 2 for plain features of 4×5×1`,
	"node/logsoftmax_default_axis":                           `(LogSoftmax): attribute axis is -1 for plain features of 4×5×1`,
	"node/logsoftmax_negative_axis":                          `(LogSoftmax): attribute axis is -1 for plain features of 4×5×1`,
	"node/matmul_3d":                                         `(MatMul): weights "b"`,
	"node/matmul_4d":                                         `(MatMul): input is an image of 3×4×2`,
	"node/maxpool_1d_default":                                `(MaxPool): input is plain features of 3×32×1`,
	"node/maxpool_2d_ceil":                                   `(MaxPool): attribute ceil_mode is 1`,
	"node/maxpool_2d_dilations":                              `(MaxPool): attribute dilations is [2 2]`,
	"node/maxpool_2d_pads":                                   `(MaxPool): attribute pads comes to [2 2] before and [2 2] behind`,
	"node/maxpool_2d_same_lower":                             `(MaxPool): attribute pads comes to [1 1] before and [0 0] behind`,
	"node/maxpool_2d_same_upper":                             `(MaxPool): attribute pads comes to [0 0] before and [1 1] behind`,
	"node/maxpool_2d_uint8":                                  `input "x": is uint8`,
	"node/maxpool_3d_default":                                `input "x": has 5 dimensions`,
	"node/maxpool_with_argmax_2d_precomputed_pads":           `inputs ["x"] and outputs ["y" "z"]`,
	"node/maxpool_with_argmax_2d_precomputed_strides":        `inputs ["x"] and outputs ["y" "z"]`,
	"node/reshape_allowzero_reordered":                       `(Reshape): attribute allowzero is 1`,
	"node/reshape_extended_dims":                             `(Reshape): shape [2 3 2 2] for plain features of 3×4×1`,
	"node/reshape_negative_dim":                              `(Reshape): shape [2 -1 2] for plain features of 3×4×1`,
	"node/reshape_negative_extended_dims":                    `(Reshape): shape [-1 2 3 4] for plain features of 3×4×1`,
	"node/reshape_one_dim":                                   `(Reshape): shape [24] for plain features of 3×4×1`,
	"node/reshape_reduced_dims":                              `the network has no layers`,
	"node/reshape_reordered_all_dims":                        `(Reshape): shape [4 2 3] for plain features of 3×4×1`,
	"node/reshape_reordered_last_dims":                       `(Reshape): shape [2 4 3] for plain features of 3×4×1`,
	"node/reshape_zero_and_negative_dim":                     `(Reshape): shape [2 0 1 -1] for plain features of 3×4×1`,
	"node/reshape_zero_dim":                                  `(Reshape): shape [2 0 4 1] for plain features of 3×4×1`,
	"node/sigmoid_example":                                   `input "x": has 1 dimensions`,
	"node/softmax_axis_0":                                    `(Softmax): attribute axis is 0 for plain features of 4×5×1`,
	"node/softmax_axis_1":                                    `(Softmax): attribute axis is 1 for plain features of 4×5×1`,
	"node/softmax_axis_2":                                    `(Softmax): attribute axis is 2 for plain features of 4×5×1`,
	"node/softmax_default_axis":                              `(Softmax): attribute axis is -1 for plain features of 4×5×1`,
	"node/softmax_negative_axis":                             `(Softmax): attribute axis is -1 for plain features of 4×5×1`,
	"node/squeeze":                                           `(Squeeze): axes are [0] for an image of 4×5×3`,
	"node/squeeze_negative_axes":                             `(Squeeze): axes are [2] for an image of 1×5×3`,
	"node/tanh_example":                                      `input "x": has 1 dimensions`,
	"node/training_dropout":                                  `(Dropout): input training_mode is "t"`,
	"node/training_dropout_default":                          `(Dropout): input training_mode is "t"`,
	"node/training_dropout_default_mask":                     `inputs ["x"] and outputs ["y" "z"]`,
	"node/training_dropout_mask":                             `inputs ["x"] and outputs ["y" "z"]`,
	"node/training_dropout_zero_ratio":                       `(Dropout): input training_mode is "t"`,
	"node/training_dropout_zero_ratio_mask":                  `inputs ["x"] and outputs ["y" "z"]`,
	"node/transpose_all_permutations_0":                      `(Transpose): attribute perm is [0 1 2] for plain features of 3×4×1`,
	"node/transpose_all_permutations_1":                      `(Transpose): attribute perm is [0 2 1] for plain features of 3×4×1`,
	"node/transpose_all_permutations_2":                      `(Transpose): attribute perm is [1 0 2] for plain features of 3×4×1`,
	"node/transpose_all_permutations_3":                      `(Transpose): attribute perm is [1 2 0] for plain features of 3×4×1`,
	"node/transpose_all_permutations_4":                      `(Transpose): attribute perm is [2 0 1] for plain features of 3×4×1`,
	"node/transpose_all_permutations_5":                      `(Transpose): attribute perm is [2 1 0] for plain features of 3×4×1`,
	"node/transpose_default":                                 `(Transpose): attribute perm is [] for plain features of 3×4×1`,
	"pytorch-converted/AvgPool1d":                            `(Unsqueeze): input "0" is computed`,
	"pytorch-converted/AvgPool1d_stride":                     `(Unsqueeze): input "0" is computed`,
	"pytorch-converted/AvgPool3d":                            `input "0": has 5 dimensions`,
	"pytorch-converted/AvgPool3d_stride":                     `input "0": has 5 dimensions`,
	"pytorch-converted/AvgPool3d_stride1_pad0_gpu_input":     `input "0": has 5 dimensions`,
	"pytorch-converted/BatchNorm1d_3d_input_eval":            `(BatchNormalization): input is plain features of 5×3×1`,
	"pytorch-converted/BatchNorm3d_eval":                     `input "0": has 5 dimensions`,
	"pytorch-converted/BatchNorm3d_momentum_eval":            `input "0": has 5 dimensions`,
	"pytorch-converted/Conv1d":                               `(Conv): input is plain features of 4×10×1`,
	"pytorch-converted/Conv1d_dilated":                       `(Conv): input is plain features of 4×10×1`,
	"pytorch-converted/Conv1d_groups":                        `(Conv): input is plain features of 4×6×1`,
	"pytorch-converted/Conv1d_pad1":                          `(Conv): input is plain features of 4×10×1`,
	"pytorch-converted/Conv1d_pad1size1":                     `(Conv): input is plain features of 4×1×1`,
	"pytorch-converted/Conv1d_pad2":                          `(Conv): input is plain features of 4×10×1`,
	"pytorch-converted/Conv1d_pad2size1":                     `(Conv): input is plain features of 4×1×1`,
	"pytorch-converted/Conv1d_stride":                        `(Conv): input is plain features of 4×10×1`,
	"pytorch-converted/Conv3d":                               `input "0": has 5 dimensions`,
	"pytorch-converted/Conv3d_dilated":                       `input "0": has 5 dimensions`,
	"pytorch-converted/Conv3d_dilated_strided":               `input "0": has 5 dimensions`,
	"pytorch-converted/Conv3d_groups":                        `input "0": has 5 dimensions`,
	"pytorch-converted/Conv3d_no_bias":                       `input "0": has 5 dimensions`,
	"pytorch-converted/Conv3d_stride":                        `input "0": has 5 dimensions`,
	"pytorch-converted/Conv3d_stride_padding":                `input "0": has 5 dimensions`,
	"pytorch-converted/GLU":                                  `(Split): operator is not supported`,
	"pytorch-converted/GLU_dim":                              `(Split): operator is not supported`,
	"pytorch-converted/MaxPool1d":                            `(MaxPool): input is plain features of 10×4×1`,
	"pytorch-converted/MaxPool1d_stride":                     `(MaxPool): input is plain features of 10×4×1`,
	"pytorch-converted/MaxPool1d_stride_padding_dilation":    `(MaxPool): input is plain features of 1×220000×1`,
	"pytorch-converted/MaxPool2d_stride_padding_dilation":    `(MaxPool): attributes kernel_shape [60 80] and strides [10 10]`,
	"pytorch-converted/MaxPool3d":                            `input "0": has 5 dimensions`,
	"pytorch-converted/MaxPool3d_stride":                     `input "0": has 5 dimensions`,
	"pytorch-converted/MaxPool3d_stride_padding":             `input "0": has 5 dimensions`,
	"pytorch-converted/PixelShuffle":                         `(Reshape): shape [1 1 3 3 4 4] for an image of 4×4×9`,
	"pytorch-converted/PoissonNLLLLoss_no_reduce":            `(Exp): operator is not supported`,
	"pytorch-converted/Softmin":                              `(Neg): operator is not supported`,
	"pytorch-converted/Softsign":                             `(Abs): operator is not supported`,
	"pytorch-converted/log_softmax_dim3":                     `(LogSoftmax): attribute axis is 3 for an image of 4×5×3`,
	"pytorch-converted/softmax_functional_dim3":              `(Softmax): attribute axis is 3 for an image of 4×5×3`,
}
