// Command gorgonia is gorgonia's side of bench/peers/run.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

const batch = 100

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: gorgonia DATA NET BATCHES")
		os.Exit(2)
	}
	batches, err := strconv.Atoi(os.Args[3])
	check(err)
	images, err := os.ReadFile(filepath.Join(os.Args[1], "images.bin"))
	check(err)
	labels, err := os.ReadFile(filepath.Join(os.Args[1], "labels.bin"))
	check(err)

	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float32, 4, G.WithShape(batch, 1, 28, 28), G.WithName("x"))
	y := G.NewMatrix(g, tensor.Float32, G.WithShape(batch, 10), G.WithName("y"))
	n := net{g: g}
	var logits *G.Node
	switch os.Args[2] {
	case "mlp":
		h := n.affine(G.Must(G.Reshape(x, tensor.Shape{batch, 784})), 784, 50)
		logits = n.affine(G.Must(G.Rectify(h)), 50, 10)
	case "simple":
		h := n.convolution(x, 1, 30, 5, 0)
		h = G.Must(G.MaxPool2D(h, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
		h = n.affine(G.Must(G.Reshape(h, tensor.Shape{batch, 4320})), 4320, 100)
		logits = n.affine(G.Must(G.Rectify(h)), 100, 10)
	default:
		log.Fatalf("unknown network %q", os.Args[2])
	}
	p := G.Must(G.SoftMax(logits))
	loss := G.Must(G.Neg(G.Must(G.Mean(G.Must(G.Sum(G.Must(G.HadamardProd(y, G.Must(G.Log(p)))), 1))))))
	var value G.Value
	G.Read(loss, &value)
	_, err = G.Grad(loss, n.params...)
	check(err)
	vm := G.NewTapeMachine(g, G.BindDualValues(n.params...))
	defer vm.Close()
	var solver G.Solver = G.NewAdamSolver(G.WithLearnRate(0.001))
	if os.Args[2] == "mlp" {
		solver = G.NewVanillaSolver(G.WithLearnRate(0.1))
	}

	xs := tensor.New(tensor.WithShape(batch, 1, 28, 28), tensor.Of(tensor.Float32))
	ys := tensor.New(tensor.WithShape(batch, 10), tensor.Of(tensor.Float32))
	var start time.Time
	for b := range batches + 1 {
		if b == 1 { // the first one also prepares
			start = time.Now()
		}
		at := b * batch % len(labels)
		for i, v := range images[at*784 : (at+batch)*784] {
			xs.Data().([]float32)[i] = float32(v) / 255
		}
		clear(ys.Data().([]float32))
		for i, l := range labels[at : at+batch] {
			ys.Data().([]float32)[i*10+int(l)] = 1
		}
		check(G.Let(x, xs))
		check(G.Let(y, ys))
		check(vm.RunAll())
		check(solver.Step(G.NodesToValueGrads(n.params)))
		vm.Reset()
	}
	seconds := time.Since(start).Seconds() * float64(len(labels)/batch) / float64(batches)
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": []float64{seconds}, "loss": value.Data(), "memory": float64(usage.Maxrss) * 1024,
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// net collects the parameters.
type net struct {
	g      *G.ExprGraph
	params G.Nodes
}

func (n *net) param(name string, shape ...int) *G.Node {
	p := G.NewTensor(n.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(fmt.Sprint(name, len(n.params))), G.WithInit(G.Gaussian(0, 0.05)))
	n.params = append(n.params, p)
	return p
}

func (n *net) affine(x *G.Node, in, out int) *G.Node {
	return G.Must(G.BroadcastAdd(G.Must(G.Mul(x, n.param("w", in, out))), n.param("b", 1, out), nil, []byte{0}))
}

func (n *net) convolution(x *G.Node, in, out, kernel, pad int) *G.Node {
	y := G.Must(G.Conv2d(x, n.param("k", out, in, kernel, kernel), tensor.Shape{kernel, kernel}, []int{pad, pad}, []int{1, 1}, []int{1, 1}))
	return G.Must(G.Rectify(G.Must(G.BroadcastAdd(y, n.param("c", 1, out, 1, 1), nil, []byte{0, 2, 3}))))
}
