package inspect

// atOnce is the number of images, at most most, that are computed together:
// few enough for their memory, and to be asked often whether to go on.
func (n *Network) atOnce(most int) int {
	const bytes, work = 16 << 20, 1 << 30
	return max(1, min(most, bytes/max(1, n.cost.Bytes), work/max(1, n.cost.Work)))
}
