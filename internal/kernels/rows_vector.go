//go:build (amd64 || arm64) && !purego

package kernels

// blockRows is assembly that adds rows of n columns, ld bytes apart, to db.
type blockRows func(db, dy *float32, ld, rows, n int)

// sumRows takes blocks of fixed size, for the order of the additions must not
// depend on the width.
func (add blockRows) sumRows(db, dy []float32) {
	const rows, cols = 1024, chunk / 1024
	n := len(db)
	for i, j := range chunks(len(dy), n, rows*n) {
		for c := 0; c < n; c += cols {
			add(&db[c], &dy[i+c], 4*n, (j-i)/n, min(n-c, cols))
		}
	}
}
