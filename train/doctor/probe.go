package doctor

import (
	"math"

	"tatami/datasets"
	"tatami/internal/words"
	"tatami/layers"
	"tatami/nn"
	"tatami/train"
)

// probe takes a few images of the training set through the network, as in
// inference, and back. Its passes last no longer than a look: with their
// gradients they are as large as the network.
type probe struct {
	batch datasets.Batch
	start [][]float32 // the parameters when the doctor came
	since int         // that step
	loss  float64     // of the few, when slopes were last taken
}

const probeSize = 32 // images

func newProbe(t *train.Trainer) (p *probe, err error) {
	p = &probe{since: len(t.History().Steps)}
	if p.batch, err = images(t.Loader.Data, 0); err != nil {
		return nil, err
	}
	for _, w := range trainable(t.Net) {
		p.start = append(p.start, append([]float32(nil), w...))
	}
	return p, nil
}

// sampled is how many images are looked at, at most, evenly out of the set.
const sampled = 512

// images are the sampled ones from the given on, at most probeSize.
func images(data datasets.Source, from int) (datasets.Batch, error) {
	n := min(sampled, data.Len())
	var index []int
	for i := from; i < min(from+probeSize, n); i++ {
		index = append(index, i*data.Len()/n)
	}
	return datasets.Samples(data, index...)
}

func trainable(net *nn.Sequential) (values [][]float32) {
	for _, p := range net.Params() {
		if !p.Fixed {
			values = append(values, p.Value.Data)
		}
	}
	return values
}

func norm(values ...[]float32) float64 {
	sum := 0.0
	for _, vs := range values {
		for _, v := range vs {
			sum += float64(v) * float64(v)
		}
	}
	return math.Sqrt(sum)
}

// length is that of all parameters, as a share of what it was.
func (p *probe) length(e train.Event) float64 {
	return norm(trainable(e.Trainer.Net)...) / norm(p.start...)
}

// moved is how far the parameters went, a step, as a share of their length.
func (p *probe) moved(e train.Event) float64 {
	sum := 0.0
	for i, w := range trainable(e.Trainer.Net) {
		for k, v := range w {
			d := float64(v - p.start[i][k])
			sum += d * d
		}
	}
	return math.Sqrt(sum) / norm(p.start...) / float64(e.Step-p.since)
}

// slope is the gradient of one layer's weights.
type slope struct {
	layer int
	norm  float64
	size  float64 // norm over that of weights drawn by He
}

func (p *probe) slopes(t *train.Trainer) (list []slope) {
	pass := t.Net.NewPass(nn.PassConfig{Capacity: p.batch.X.N, NeedsBackward: true, Loss: t.Loss})
	dy := nn.NewTensor(p.batch.X.N, t.Net.Output())
	p.loss = nn.Mean(t.Loss, dy, pass.Forward(p.batch.X), p.batch.Targets)
	pass.Backward(dy)
	gradients := pass.ParamGradients()
	at := 0
	for i, l := range t.Net.Layers() {
		for _, param := range l.Params() {
			if param.Name == "weight" && !param.Fixed {
				n := norm(gradients[at])
				list = append(list, slope{i, n, n / math.Sqrt(2*float64(param.Value.N))})
			}
			at++
		}
	}
	return list
}

// evaluate is how the network does on the sampled training images when it takes
// them as it would those of a test set.
func (p *probe) evaluate(t *train.Trainer) (loss, accuracy float64, err error) {
	n := min(sampled, t.Loader.Data.Len())
	pass := t.Net.NewPass(nn.PassConfig{Capacity: p.batch.X.N, Loss: t.Loss})
	for from := 0; from < n; from += probeSize {
		b, err := images(t.Loader.Data, from)
		if err != nil {
			return 0, 0, err
		}
		y := pass.Forward(b.X)
		loss += nn.Mean(t.Loss, nil, y, b.Targets) * float64(y.N) / float64(n)
		for i := range y.N {
			if nn.Argmax(y.Sample(i)) == labelOf(b.Targets, i) {
				accuracy += 1 / float64(n)
			}
		}
	}
	return loss, accuracy, nil
}

// gradients tells of layers whose gradients are far too small or too large to
// learn with. Healthy ones were measured at 0.02 to 0.6 of the length of the
// weights, at the start, and both kinds of ill ones beyond 0.001 and 5. Later
// large ones belong to runs that are well, so they are told only of a network
// that is far worse than guessing and learns nothing.
func (d *Doctor) gradients(e train.Event) {
	list := d.probe.slopes(e.Trainer)
	if len(list) == 0 {
		return
	}
	least, most := list[0], list[0]
	for _, s := range list {
		if s.size < least.size {
			least = s
		}
		if s.size > most.size {
			most = s
		}
	}
	name := func(layer int) words.Text { return nameOf(e.Trainer.Net, layer) }
	if t := d.trend; most.size > 5 && d.probe.loss > 2*t.guess && (e.Step == 0 || t.latest > max(t.first, 2*t.guess)) {
		d.tell(e, Exploding, "6.2.3", words.Text{
			EN: "the gradient of the weights of %v has norm %.3g, and of %v %.3g: gradients explode, likely from weights too large at the start; try He's",
			JA: "%vの重みの勾配の大きさは %.3g、%vでは %.3g です。勾配が爆発しています。重みの初期値が大きすぎるようです。He の初期値を試してみてください",
		},
			name(most.layer), most.norm, name(least.layer), least.norm)
	}
	unlearned := e.Step == 0 || d.trend.latest > 0.9*d.trend.guess
	if least.size < 1e-3 && unlearned && d.probe.length(e) > 0.5 && !d.told(DeadReLUs) {
		d.tell(e, Vanishing, "6.2.2", words.Text{
			EN: "the gradient of the weights of %v has norm %.2g, and of %v %.2g: gradients vanish on their way back, likely through sigmoids or weights too small at the start; try ReLU with He's start, or BatchNormalization",
			JA: "%vの重みの勾配の大きさは %.2g、%vでは %.2g です。逆伝播の途中で勾配が消失しています。シグモイド関数か、小さすぎる重みの初期値が原因のようです。ReLU と He の初期値、または BatchNormalization を試してみてください",
		},
			name(least.layer), least.norm, name(most.layer), most.norm)
	}
}

// deadReLUs tells of a layer most of whose ReLUs are 0 for all of 512 images
// and so learn nothing; a feature map counts as one. Networks were measured to
// learn with up to 84 % of a layer dead, and no more with 95 %.
func (d *Doctor) deadReLUs(e train.Event) error {
	net, data := e.Trainer.Net, e.Trainer.Loader.Data
	if d.told(DeadReLUs) {
		return nil
	}
	var alive [][]bool // by layer and unit
	seen, ill := 0, -1
	for seen < min(sampled, data.Len()) {
		b, err := images(data, seen)
		if err != nil {
			return err
		}
		alive = mark(net, b.X, alive)
		seen += b.X.N
		if ill = mostlyDead(alive, 0.95); ill < 0 {
			return nil
		}
	}
	cause, section := words.Text{EN: "the learning rate is too high, or was", JA: "学習率が大きすぎる（または大きすぎた）こと"}, "6.2.2"
	if norm(d.probe.start...) == 0 {
		cause, section = words.Text{EN: "the weights started at 0", JA: "重みの初期値が 0 であること"}, "6.2.1"
	}
	d.tell(e, DeadReLUs, section, words.Text{
		EN: "%v gives 0 for all of %d images in %d of its %d units: dead ReLUs, which learn nothing more; likely %v",
		JA: "%vは、%[4]d ユニット中 %[3]d 個が %[2]d 枚の画像すべてに 0 を出力します。これらはもう学習しない「死んだ ReLU」です。原因はおそらく%[5]vです",
	},
		nameOf(net, ill), seen, dead(alive[ill]), len(alive[ill]), cause)
	return nil
}

// mark notes which units of ReLUs answer to one of the images.
func mark(net *nn.Sequential, x *nn.Tensor, alive [][]bool) [][]bool {
	if alive == nil {
		alive = make([][]bool, len(net.Specs()))
	}
	for i, y := range net.Activations(x) {
		if _, ok := net.Specs()[i].(layers.ReLU); !ok {
			continue
		}
		if alive[i] == nil {
			alive[i] = make([]bool, y.C)
		}
		for k, v := range y.Data {
			if v > 0 {
				alive[i][k%y.C] = true
			}
		}
	}
	return alive
}

// mostlyDead is the layer with the largest share of dead units, -1 if that is
// less than share.
func mostlyDead(alive [][]bool, share float64) int {
	layer := -1
	for i, units := range alive {
		if n := float64(len(units)); n > 0 && float64(dead(units)) >= share*n {
			layer, share = i, float64(dead(units))/n
		}
	}
	return layer
}

func dead(units []bool) (n int) {
	for _, alive := range units {
		if !alive {
			n++
		}
	}
	return n
}
