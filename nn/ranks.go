package nn

// Deal leaves shards [from, to) to this process and the others of every batch
// to other processes, which run them through the same network at the same time.
// Each sums some parts of the gradient, for which it must be given what the
// others' shards have left: the part's values of [Pass.Gradients], or where the
// part belongs to a product, its [Shards.Operands].
//
// gather is called at each barrier with the sums of layers that depend on the
// whole batch, by shard, and fills in those of other processes.
func (b *Shards) Deal(from, to int, gather func(sums [][]float64)) {
	b.from, b.to, b.gather = from, to, gather
	b.sums = make([][]float64, len(b.passes))
}

// gatherSums gathers what all shards have left at the barrier before phase i.
func (b *Shards) gatherSums(i, direction int) {
	if b.gather == nil || i == 0 {
		return
	}
	st := b.passes[0].barrierStage(i)
	n := len(b.passes[b.from].contexts[st].sums[direction])
	if n == 0 { // nothing learns below
		return
	}
	for shard, p := range b.passes {
		c := &p.contexts[st]
		if c.sums[direction] == nil {
			c.sums[direction], c.total[direction] = make([]float64, n), make([]float64, n)
		}
		b.sums[shard] = c.sums[direction]
	}
	b.gather(b.sums)
}

// Operands are the values of which [Shards.Sum] computes products, those of one
// shard: the inputs of each product and then its output gradients, in the order
// of products. They are added to list.
func (b *Shards) Operands(shard int, list [][]float32) [][]float32 {
	for _, q := range b.products {
		list = append(list, q.shards[shard].X, q.shards[shard].DY)
	}
	return list
}

// Product is the number of the product, among [Shards.Operands], that a part of
// the gradient belongs to; -1 if it is summed over the shards' gradients.
func (b *Shards) Product(i int) int { return b.parts[i].product }
