//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"tatami/layers/networks"
	"tatami/layers/onnx"
	"tatami/nn"
)

// onnxruntime prints the timing of a network's export under onnxruntime, which
// only predicts: bench/onnx/run.js on two threads.
func onnxruntime(name string) error {
	network, err := networks.Find(name)
	if err != nil {
		return err
	}
	net, err := nn.NewSequential(network.Input, rand.New(rand.NewPCG(1, 0)), network.Specs(10)...)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "onnxruntime")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var b bytes.Buffer
	if err := onnx.Export(&b, &nn.Model{Sequential: net}); err != nil {
		return err
	}
	file := filepath.Join(dir, name+".onnx")
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		return err
	}
	version, err := node("-p", "require('onnxruntime-node/package.json').version")
	if err != nil {
		return err
	}
	result := timing{Version: "onnxruntime " + version}
	for _, images := range []int{1, 100} {
		dims := fmt.Sprintf("%d,%d,%d,%d", images, network.Input.C, network.Input.H, network.Input.W)
		text, err := node("run.js", "time", file, dims, "1")
		if err != nil {
			return err
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("bench/onnx/run.js time: %w", err)
		}
		if images == 1 {
			result.Latency = seconds
		} else {
			result.ImagesPerSecond = float64(images) / seconds
		}
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func node(args ...string) (string, error) {
	cmd := exec.Command("node", args...)
	cmd.Dir = "bench/onnx"
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("node %s: %w", args[0], err)
	}
	return string(bytes.TrimSpace(out)), nil
}
