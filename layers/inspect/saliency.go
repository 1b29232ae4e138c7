package inspect

import (
	"context"
	"math"

	"tatami/layers"
	"tatami/nn"
)

// logits leaves out a trailing softmax, whose gradient vanishes where the
// network is sure.
var logits = layers.SoftmaxWithLoss{}

// Saliency is the gradient of a class's score, before the softmax, with
// respect to each value of the image: where it is positive, more ink speaks
// for the class (Simonyan, Vedaldi and Zisserman 2013).
func (n *Network) Saliency(x *nn.Tensor, class int) []float32 {
	return gradient(n.Sequential, x, class)
}

// gradient is that of output class with respect to the input of net.
func gradient(net *nn.Sequential, x *nn.Tensor, class int) []float32 {
	p := net.NewPass(nn.PassConfig{Capacity: 1, NeedsBackward: true, InputGradient: true, Loss: logits})
	p.Forward(x)
	dy := p.OutputGradient()
	clear(dy.Data)
	dy.Data[class] = 1
	return p.Backward(dy).Data
}

// Occlusion is the score and the probability of a class with a part of the
// image hidden (Zeiler and Fergus 2013). The score, before the softmax, still
// falls where a network is so sure that its probability does not.
type Occlusion struct {
	Size, Stride  int // of the square that hides, in pixels
	Rows, Columns int
	Score         float32   // of the whole image
	Scores        []float32 // with the square at row i/Columns, column i%Columns
	Probabilities []float32 // likewise
}

// occlusionShare is the side of the square, of the image's shorter side.
const occlusionShare = 6

// occlusionMost bounds the places of the square: beyond, it moves in larger
// steps.
const occlusionMost = 1024

// Occlude hides one square after another of the image behind its ground, 0.
// It ends early with ctx's error.
func (n *Network) Occlude(ctx context.Context, x *nn.Tensor, class int) (*Occlusion, error) {
	side := min(x.H, x.W)
	o := &Occlusion{Size: max(1, side/occlusionShare)}
	o.Stride = max(1, o.Size/2)
	for {
		o.Rows, o.Columns = (x.H-o.Size)/o.Stride+1, (x.W-o.Size)/o.Stride+1
		if o.Rows*o.Columns <= occlusionMost {
			break
		}
		o.Stride++
	}
	atOnce := n.atOnce(128)
	batch := nn.NewTensor(min(atOnce, o.Rows*o.Columns), x.Shape)
	pass := n.NewPass(nn.PassConfig{Capacity: batch.N, Loss: logits})
	o.Score = pass.Forward(x).Data[class]
	for from := 0; from < o.Rows*o.Columns; from += atOnce {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hidden := batch.Slice(0, min(atOnce, o.Rows*o.Columns-from))
		for i := range hidden.N {
			sample := hidden.Sample(i)
			copy(sample, x.Data)
			top, left := (from+i)/o.Columns*o.Stride, (from+i)%o.Columns*o.Stride
			for row := top; row < top+o.Size; row++ {
				clear(sample[(row*x.W+left)*x.C : (row*x.W+left+o.Size)*x.C])
			}
		}
		y := pass.Forward(hidden)
		for i := range y.N {
			scores := y.Sample(i)
			o.Scores = append(o.Scores, scores[class])
			if !n.scoresAreProbabilities() {
				nn.Softmax(scores, scores)
			}
			o.Probabilities = append(o.Probabilities, scores[class])
		}
	}
	return o, nil
}

// scoresAreProbabilities is whether the network ends in probabilities that no
// softmax made: its scores are these.
func (n *Network) scoresAreProbabilities() bool {
	last := n.Layers()[len(n.Layers())-1]
	_, probable := last.(nn.Probable)
	_, softmax := last.(nn.Softmaxer)
	return probable && !softmax
}

// HasGradCAM reports whether the network has a convolution with layers after
// it, which GradCAM is for.
func (n *Network) HasGradCAM() bool { return n.tail != nil }

// GradCAM weighs the maps of the last convolution, or residual block, by the mean gradient of the
// class's score and keeps what is positive (Selvaraju and others 2017). The
// result has the maps' height and width and one channel.
func (n *Network) GradCAM(x *nn.Tensor, class int) *nn.Tensor {
	maps := n.Activations(x)[n.maps-1]
	g := gradient(n.tail, maps, class)
	weights := make([]float64, maps.C)
	for i, v := range g {
		weights[i%maps.C] += float64(v) / float64(maps.H*maps.W)
	}
	cam := nn.NewTensor(1, nn.Shape{H: maps.H, W: maps.W, C: 1})
	for i := range cam.Data {
		var sum float64
		for c, w := range weights {
			sum += w * float64(maps.Data[i*maps.C+c])
		}
		cam.Data[i] = float32(math.Max(0, sum))
	}
	return cam
}

// GradCAMLayer is the number of layers up to the maps that GradCAM weighs.
func (n *Network) GradCAMLayer() int { return n.maps }
