package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"tatami/datasets"
	"tatami/nn"
)

// group is a run's part in a training by several ranks. Shards are dealt to
// them. What a rank's shards find of the gradient goes to its owners, each of
// whom has a range of it, adds up that range in the order of shards, keeps its
// moments and updates it; the new values then go to all. So every value is
// computed once, as one process would.
//
// A rank lays out all shards: those of others hold what they send. The first
// error of a collective stays, and those after it do nothing.
type group struct {
	ranks      Ranks
	rank, size int
	engine     *engine
	err        error

	shards []int // rank r runs [shards[r], shards[r+1])
	parts  []int // and owns parts [parts[r], parts[r+1]),
	values []int // which are values [values[r], values[r+1]) of the gradient

	sums     [][]span // of the gradient, by owner: what is a sum over the shards
	products [][]int  // by owner: of which it has some part
	weights  []span
	state    []span // averages and moments

	whole       bool // state is complete here
	interrupted bool // a process was asked to end
	left        bool // rank 0 has said its last word

	sent           int64 // bytes
	send, recv     []byte
	sendAt, recvAt []int
	results        []float64
	operands       [][]float32
}

// span is a run of values, [from, to) of the gradient, or what belongs to them.
type span struct {
	from, to int
	data     []float32
}

// within is what of a span lies in values [from, to).
func (s span) within(from, to int) []float32 {
	from, to = max(from, s.from), min(to, s.to)
	if from >= to {
		return nil
	}
	return s.data[from-s.from : to-s.from]
}

func newGroup(t *Trainer, e *engine) *group {
	n := t.Ranks.Size()
	g := &group{
		ranks: t.Ranks, rank: t.Ranks.Rank(), size: n, engine: e,
		shards: make([]int, n+1), parts: make([]int, n+1), values: make([]int, n+1),
		sums: make([][]span, n), products: make([][]int, n),
		sendAt: make([]int, n+1), recvAt: make([]int, n+1), results: make([]float64, 2*t.Shards),
	}
	for r := range n + 1 {
		g.shards[r] = r * t.Shards / n
	}
	g.own(t.optimizer.Size())
	for _, p := range t.Net.Params() {
		if !p.Fixed {
			from := 0
			if k := len(g.weights); k > 0 {
				from = g.weights[k-1].to
			}
			g.weights = append(g.weights, span{from, from + len(p.Value.Data), p.Value.Data})
		}
	}
	if t.average != nil {
		for _, a := range t.average.learned {
			g.state = append(g.state, span{a.from, a.to, a.avg[:a.to-a.from]})
		}
	}
	_, moments := t.optimizer.State()
	for _, m := range moments {
		g.state = append(g.state, span{0, len(m), m})
	}
	e.shards.Deal(g.shards[g.rank], g.shards[g.rank+1], g.gatherSums)
	return g
}

// own gives each rank parts of about as many values.
func (g *group) own(total int) {
	all := g.engine.shards
	for r := 1; r <= g.size; r++ {
		at, end := g.parts[r-1], g.values[r-1]
		for ; at < all.Parts(); at++ {
			from, to := all.Part(at)
			if r < g.size && (from+to)/2 >= r*total/g.size {
				break
			}
			end = to
			if k := all.Product(at); k < 0 {
				g.sums[r-1] = append(g.sums[r-1], span{from: from, to: to})
			} else if !slices.Contains(g.products[r-1], k) {
				g.products[r-1] = append(g.products[r-1], k)
			}
		}
		g.parts[r], g.values[r] = at, end
	}
}

// raw is the memory of values.
func raw[T float32 | float64](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(*new(T))))
}

// resize makes b that long.
func resize(b *[]byte, n int) []byte {
	*b = slices.Grow((*b)[:0], n)[:n]
	return *b
}

// gatherSums gathers what shards have left at a barrier.
func (g *group) gatherSums(sums [][]float64) {
	bytes := 8 * len(sums[0])
	for r, shard := range g.shards {
		g.recvAt[r] = shard * bytes
	}
	own := resize(&g.send, 0)
	for _, s := range sums[g.shards[g.rank]:g.shards[g.rank+1]] {
		own = append(own, raw(s)...)
	}
	g.send = own
	all := g.allGather(own)
	for shard, s := range sums {
		copy(raw(s), all[shard*bytes:])
	}
}

// allGather gathers in memory that is valid until the next collective.
func (g *group) allGather(own []byte) []byte {
	all := resize(&g.recv, g.recvAt[g.size])
	if g.err == nil {
		g.sent += int64(len(own) * (g.size - 1))
		g.err = g.ranks.AllGather(all, g.recvAt, own)
	}
	return all
}

// exchange sends what this rank's shards have found to the owners, and takes
// what others' have found of its own parts, and all losses. It fails where the
// data did on any rank, which is this one's err.
func (g *group) exchange(err error) error {
	if g == nil {
		return nil
	}
	g.whole = false
	results := g.engine.results
	for i, r := range results {
		g.results[2*i], g.results[2*i+1] = r.loss, float64(r.correct)
		if err != nil {
			g.results[2*i+1] = -1
		}
	}
	for r := range g.size {
		g.sendAt[r+1] = g.sendAt[r] + g.length(g.rank, r)
		g.recvAt[r+1] = g.recvAt[r] + g.length(r, g.rank)
	}
	send, recv := resize(&g.send, g.sendAt[g.size]), resize(&g.recv, g.recvAt[g.size])
	for r := range g.size {
		to := send[g.sendAt[r]:]
		g.walk(g.rank, r, func(values []byte) { to = to[copy(to, values):] })
	}
	if g.err == nil {
		g.sent += int64(len(send))
		g.err = g.ranks.AllToAll(recv, g.recvAt, send, g.sendAt)
	}
	for r := range g.size {
		from := recv[g.recvAt[r]:]
		g.walk(r, g.rank, func(values []byte) { from = from[copy(values, from):] })
	}
	for i := range results {
		results[i] = result{g.results[2*i], int(g.results[2*i+1])}
	}
	if g.err == nil && slices.ContainsFunc(results, func(r result) bool { return r.correct < 0 }) {
		return Agree(g.ranks, err)
	}
	return nil
}

// length is the number of bytes that one rank sends another in an exchange.
func (g *group) length(from, to int) (n int) {
	g.walk(from, to, func(values []byte) { n += len(values) })
	return n
}

// walk goes through what one rank sends another in an exchange, where it lies
// on either.
func (g *group) walk(from, to int, do func(values []byte)) {
	if from == to {
		return
	}
	do(raw(g.results[2*g.shards[from] : 2*g.shards[from+1]]))
	for shard := g.shards[from]; shard < g.shards[from+1]; shard++ {
		gradient := g.engine.shards.Pass(shard).Gradients()
		for _, s := range g.sums[to] {
			do(raw(gradient[s.from:s.to]))
		}
		g.operands = g.engine.shards.Operands(shard, g.operands[:0])
		for _, k := range g.products[to] {
			do(raw(g.operands[2*k]))
			do(raw(g.operands[2*k+1]))
		}
	}
}

// gather gives every rank what others own of some spans, and of numbers by
// part, which may be nil.
func (g *group) gather(spans []span, byPart []float64) {
	if g == nil {
		return
	}
	walk := func(r int, do func([]byte)) {
		if byPart != nil {
			do(raw(byPart[g.parts[r]:g.parts[r+1]]))
		}
		for _, s := range spans {
			do(raw(s.within(g.values[r], g.values[r+1])))
		}
	}
	for r := range g.size {
		g.recvAt[r+1] = g.recvAt[r]
		walk(r, func(values []byte) { g.recvAt[r+1] += len(values) })
	}
	own := resize(&g.send, 0)
	walk(g.rank, func(values []byte) { own = append(own, values...) })
	g.send = own
	all := g.allGather(own)
	for r := range g.size {
		if r != g.rank {
			from := all[g.recvAt[r]:]
			walk(r, func(values []byte) { from = from[copy(values, from):] })
		}
	}
}

// gatherWeights gives every rank what all have updated, and the squares of their
// parts of the gradient unless they are nil.
func (g *group) gatherWeights(squares []float64) {
	if g != nil {
		g.gather(g.weights, squares)
	}
}

// gatherState completes averages and moments, which only their owners have.
func (g *group) gatherState() error {
	if g == nil || g.whole {
		return nil
	}
	g.gather(g.state, nil)
	g.whole = g.err == nil
	return g.err
}

// gatherGradient gives every rank the whole sum of the gradient.
func (g *group) gatherGradient() {
	if g != nil {
		sum := g.engine.shards.Pass(0).Gradients()
		g.gather([]span{{0, len(sum), sum}}, nil)
	}
}

// failure is the error of a collective.
func (g *group) failure() error {
	if g == nil {
		return nil
	}
	return g.err
}

// wasInterrupted reports that the ranks have agreed to end.
func (g *group) wasInterrupted() bool { return g != nil && g.interrupted }

// evaluated gathers what came of the batches of an evaluation. It fails where the
// data do on any rank.
func (g *group) evaluated(parts []part, s scoring, batch, samples, outputs int) error {
	if g == nil {
		return nil
	}
	at := func(b int) int { // where a batch begins
		n := 6 * b
		switch s {
		case classes:
			n += 3 * min(b*batch, samples)
		case multilabel:
			n += 4 * outputs * b
		}
		return n
	}
	for r := range g.size + 1 {
		g.recvAt[r] = 8 * at(r*len(parts)/g.size)
	}
	numbers := make([]float64, at(len(parts)))
	from, to := g.dealBatches(len(parts))
	for b := from; b < to; b++ {
		parts[b].write(numbers[at(b):at(b+1)])
	}
	all := g.allGather(raw(numbers[at(from):at(to)]))
	if g.err != nil {
		return nil // told by failure
	}
	copy(raw(numbers), all)
	var own error
	failed := false
	for b := range parts {
		n := numbers[at(b):at(b+1)]
		failed = failed || n[5] != 0
		if own == nil {
			own = parts[b].err
		}
		if b < from || b >= to {
			parts[b].read(n, s, b*batch)
		}
	}
	if failed {
		return Agree(g.ranks, own)
	}
	return nil
}

// write writes a part as numbers, if it is whole, and otherwise that it is not.
func (p *part) write(n []float64) {
	if p.err != nil {
		n[5] = 1
		return
	}
	n = append(n[:0], p.loss, p.weight, float64(p.correct), p.absolute, p.squared, 0)
	for _, m := range p.given {
		n = append(n, float64(m.True), float64(m.Given), m.Probability)
	}
	for _, m := range p.multilabel {
		n = append(n, float64(m[0][0]), float64(m[0][1]), float64(m[1][0]), float64(m[1][1]))
	}
}

// read reads what write wrote; first is the position of the first sample.
func (p *part) read(n []float64, s scoring, first int) {
	*p = part{loss: n[0], weight: n[1], correct: int(n[2]), absolute: n[3], squared: n[4]}
	switch n = n[6:]; s {
	case classes:
		for i := 0; i < len(n); i += 3 {
			p.given = append(p.given, Mistake{first + i/3, int(n[i]), int(n[i+1]), n[i+2]})
		}
	case multilabel:
		for i := 0; i < len(n); i += 4 {
			p.multilabel = append(p.multilabel, [2][2]int{{int(n[i]), int(n[i+1])}, {int(n[i+2]), int(n[i+3])}})
		}
	}
}

// word is what ranks tell each other between updates. Rank 0's says what comes
// next.
type word byte

const (
	goOn    word = iota   // the next update
	saving                // rank 0 writes a checkpoint
	stopped               // an observer has ended the run
	failed                // rank 0 has failed
	left                  // the run has come to its end
	signal  word = 1 << 7 // with goOn, of any rank: this process was asked to end
)

// say tells the others this rank's word, and returns that of rank 0, and
// whether some process was asked to end.
func (g *group) say(own word) (leader word, ended bool, err error) {
	for r := range g.recvAt {
		g.recvAt[r] = r
	}
	all := g.allGather(append(resize(&g.send, 0), byte(own)))
	if g.err != nil {
		return 0, false, g.err
	}
	for _, w := range all {
		ended = ended || word(w)&signal != 0
	}
	return word(all[0]) &^ signal, ended, nil
}

// meet is where ranks agree to make another update. A rank alone asks ctx.
func (t *Trainer) meet(ctx context.Context) error {
	g := t.group
	if g == nil {
		return ctx.Err()
	}
	own := goOn
	if ctx.Err() != nil {
		own = signal
	}
	if g.rank > 0 {
		return t.follow(ctx, own)
	}
	_, ended, err := g.say(own)
	return t.resolve(ctx, ended, err)
}

func (t *Trainer) resolve(ctx context.Context, ended bool, err error) error {
	switch {
	case err != nil:
		return t.lost(err)
	case ended:
		t.group.interrupted = true
		return cmp.Or(ctx.Err(), context.Canceled)
	}
	return nil
}

// follow does what rank 0 says until that is something else than to help it
// with a checkpoint.
func (t *Trainer) follow(ctx context.Context, own word) error {
	g := t.group
	for {
		leader, ended, err := g.say(own)
		switch leader {
		case goOn:
			return t.resolve(ctx, ended, err)
		case saving:
			if err := g.gatherState(); err != nil {
				return t.lost(err)
			}
			continue
		}
		g.left = true
		if leader == failed {
			return errors.New("rank 0 has failed")
		}
		if err := g.gatherState(); err != nil {
			return t.lost(err)
		}
		if leader == stopped {
			return Stop
		}
		g.interrupted = true
		return cmp.Or(ctx.Err(), context.Canceled)
	}
}

// complete has the other ranks, which wait for rank 0's word, help it with a
// checkpoint.
func (g *group) complete() error {
	if g == nil || g.whole || g.left {
		return nil
	}
	if _, _, err := g.say(saving); err != nil {
		return err
	}
	return g.gatherState()
}

// leave ends a run for all ranks, which all call it: rank 0's word is the last.
// All have then everything that the run leaves, unless rank 0 has failed.
func (t *Trainer) leave(own word) error {
	g := t.group
	if g == nil || g.left || g.err != nil {
		return nil
	}
	if g.rank > 0 {
		if err := t.follow(context.Background(), goOn); g.err != nil {
			return err
		}
		return nil
	}
	g.left = true
	if _, _, err := g.say(own); err != nil {
		return t.lost(err)
	}
	if own == failed {
		return nil
	}
	if err := g.gatherState(); err != nil {
		return t.lost(err)
	}
	return nil
}

// lost is the error of a run whose ranks cannot go on together.
func (t *Trainer) lost(err error) error {
	return fmt.Errorf("after step %d: %w, and its moments with it: %s", t.at.Step, err, LastCheckpoint(t.Checkpoint))
}

// LastCheckpoint says which checkpoint in a file a run can go on from.
func LastCheckpoint(path string) string {
	if path == "" {
		return "there is no checkpoint"
	}
	step, err := checkpointStep(path)
	if err != nil {
		return "no whole checkpoint has been written"
	}
	return fmt.Sprintf("the last whole checkpoint is %s, after step %d", path, step)
}

// dealBatches are the batches of an evaluation that are this rank's.
func (g *group) dealBatches(n int) (from, to int) {
	if g == nil {
		return 0, n
	}
	return g.rank * n / g.size, (g.rank + 1) * n / g.size
}

// countAlike reports whether a loss counts all samples as one, whatever they are.
func countAlike(loss nn.Loss, target datasets.Target) bool {
	w, ok := loss.(nn.Weighted)
	if !ok {
		return true
	}
	t := target.New(1)
	if !target.Labels() {
		return w.Weight(t) == 1
	}
	for t.Labels[0] = range target.Classes {
		if w.Weight(t) != 1 {
			return false
		}
	}
	return true
}

// samples are those of a batch that this rank's shards have.
func (g *group) samples(batch int) (from, to int) {
	if g == nil {
		return 0, batch
	}
	n := g.shards[g.size]
	from, _ = nn.ShardBounds(g.shards[g.rank], n, batch)
	to, _ = nn.ShardBounds(g.shards[g.rank+1], n, batch)
	return from, to
}

// Sent is the number of bytes that this process has sent to other ranks in the
// last [Trainer.Fit].
func (t *Trainer) Sent() int64 {
	if t.group == nil {
		return 0
	}
	return t.group.sent
}
