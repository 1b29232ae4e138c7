package kernels

func addBiasPortable(y, bias []float32, _ int) {
	for n := len(bias); len(y) >= n; y = y[n:] {
		addPortable(y[:n], bias)
	}
}

func addBiasReLUPortable(y, bias []float32, _ int) {
	for n := len(bias); len(y) >= n; y = y[n:] {
		row := y[:n]
		for i, b := range bias {
			v := row[i] + b
			if v < 0 {
				v = 0
			}
			row[i] = v
		}
	}
}

func sumRowsPortable(db, dy []float32) {
	for n := len(db); len(dy) >= n; dy = dy[n:] {
		addPortable(db, dy[:n])
	}
}
