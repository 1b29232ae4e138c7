package kernels

// What a caller needs to know of tiles and caches to cut large work into calls.
const (
	// CacheLen is the number of values that stay in the first-level cache
	// between one kernel that writes them and the next that reads them.
	CacheLen = 8192

	// CacheBytes is the second-level cache of a core, of which work that goes
	// from layer to layer a few samples at a time should make use.
	CacheBytes = 1 << 20

	// PartRows is how many rows of a large weight's gradient are computed at a
	// time: two tiles that fill the registers of AVX-512.
	PartRows = 25

	// partCols is for how many columns of them all samples are added before the
	// next: of so many a tile's rows stay in the first-level cache.
	partCols = 512

	// PartSamples is the number of samples that an affine layer gives to a
	// product at a time. It bounds the tables of the samples' offsets, which
	// otherwise would grow with the batch.
	PartSamples = 64
)

// RowLen is the length to lay out rows of n values in, where the caller
// chooses: whole vectors, and a distance at which rows share no set of the
// cache.
func RowLen(n int) int { return apart((n + 15) / 16 * 16) }

// apart returns n, with room added when rows so far apart would share few sets
// of the cache: those 1,024 bytes apart share four, 4,096 bytes one.
func apart(n int) int {
	if n%256 == 0 {
		return n + 16
	}
	return n
}
