package kernels

// addGradientPortable takes one channel after another: first it lists the
// pixels that have a gradient, then it adds up the products of each row of the
// filter.
func (p *PooledFilter) addGradientPortable(dw, db, dy []float32, code []uint8, x, scratch []float32) {
	const most = 256 // windows
	var gradients [most]float32
	var pixels [most]int32
	sums := scratch[:p.kernel*p.kernel]
	for c := range p.channels {
		clear(sums)
		bias := float32(0)
		for first := 0; first < p.ph*p.pw; first += most {
			n := 0
			for k := first; k < min(first+most, p.ph*p.pw); k++ {
				place := int(code[k*p.channels+c])
				if place >= cutOff {
					continue
				}
				gradients[n] = dy[k*p.channels+c]
				pixels[n] = int32((k/p.pw*2+place/2)*p.w + k%p.pw*2 + place%2)
				bias += gradients[n]
				n++
			}
			for ky := range p.kernel {
				addFilterRow(sums[ky*p.kernel:][:p.kernel], x[ky*p.w:], pixels[:n], gradients[:n])
			}
		}
		for k, s := range sums {
			dw[k*p.channels+c] += s
		}
		db[c] += bias
	}
}

// addFilterRow adds to a row of sums the pixels from each place on, times the
// gradient there.
func addFilterRow(sums, x []float32, pixels []int32, gradients []float32) {
	pixels = pixels[:len(gradients)]
	for len(sums) >= 5 { // as many as stay in registers
		s0, s1, s2, s3, s4 := sums[0], sums[1], sums[2], sums[3], sums[4]
		for i, d := range gradients {
			row := (*[5]float32)(x[pixels[i]:])
			s0 += d * row[0]
			s1 += d * row[1]
			s2 += d * row[2]
			s3 += d * row[3]
			s4 += d * row[4]
		}
		sums[0], sums[1], sums[2], sums[3], sums[4] = s0, s1, s2, s3, s4
		sums, x = sums[5:], x[5:]
	}
	for k, s := range sums {
		for i, d := range gradients {
			s += d * x[int(pixels[i])+k]
		}
		sums[k] = s
	}
}
