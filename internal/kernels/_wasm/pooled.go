package main

import "fmt"

// pooledKernels are the sizes of filters whose gradient is found from the codes
// of the pooling behind them: the sums of a row of two vectors fit in registers.
var pooledKernels = []int{3, 5}

// pooled makes for each of them the function that adds a row of windows to the
// gradient of the filters of images of one channel. A vector of codes becomes an
// index by which each lane picks its own of a window's four pixels: what the
// other three are multiplied with is 0.
func pooled(m *module) {
	for _, kernel := range pooledKernels {
		f := m.function(fmt.Sprintf("pooled%d", kernel),
			"dw, db, dy *float32, code *uint8, x *float32, width, windows, channels int32, scratch *float32", "",
			fmt.Sprintf("adds a row of windows to the gradient of %d×%d filters, and dy to db. There are 4 channels or more; scratch has room for 16 values a window.", kernel, kernel))
		dw, db, dy, code := f.param("dw"), f.param("db"), f.param("dy"), f.param("code")
		ld, ldx := f.keep(f.shl(f.get(f.param("channels")), 2)), f.keep(f.shl(f.get(f.param("width")), 2))
		wide, second := f.local(i32), f.local(i32)
		places, n, atDY, atCode := f.local(i32), f.local(i32), f.local(i32), f.local(i32)
		rows, row, pixel, atDW := f.local(i32), f.local(i32), f.local(i32), f.local(i32)
		quad := f.local(v128)
		var index, d, sums []local
		for range 2 {
			index, d = append(index, f.local(v128)), append(d, f.local(v128))
		}
		for range 2 * kernel {
			sums = append(sums, f.local(v128))
		}
		f.columns(f.param("channels"), wide, second, func(t valtype, vectors int) {
			if t != v128 {
				return // there are no single channels
			}
			at := func(base local, i int) value {
				if i == 0 {
					return f.get(base)
				}
				return f.add(f.get(base), f.get(second))
			}
			// What the rows of the filter have in common goes to the scratch: the
			// index of each vector, and the gradient where it is not cut off.
			f.set(atDY, f.get(dy))
			f.set(atCode, f.get(code))
			f.set(places, f.get(f.param("scratch")))
			for i := range vectors {
				f.set(sums[i], f.load(v128, at(db, i), 0))
			}
			f.set(n, f.get(f.param("windows")))
			f.while(n, 1, func() {
				for i := range vectors {
					from := f.get(atCode)
					if i == 1 {
						from = f.add(from, f.quotient(f.get(second), f.int(4)))
					}
					f.set(index[i], f.indexOf(from))
					cut := f.keep(f.equalCodes(f.get(index[i]), f.bytes(pixelIndex(cutOff))))
					f.set(d[i], f.vectorOp(andNot, f.load(v128, at(atDY, i), 0), f.get(cut)))
					f.set(sums[i], f.add(f.get(sums[i]), f.get(d[i])))
					f.store(f.get(places), f.get(index[i]), 32*i)
					f.store(f.get(places), f.get(d[i]), 32*i+16)
				}
				f.move(atDY, ld)
				f.set(atCode, f.add(f.get(atCode), f.quotient(f.get(ld), f.int(4))))
				f.advance(places, 32*vectors)
			})
			for i := range vectors {
				f.store(at(db, i), f.get(sums[i]), 0)
			}

			f.set(row, f.get(f.param("x")))
			f.set(atDW, f.get(dw))
			f.set(rows, f.int(kernel))
			each := func(do func(sum, place local, i int)) {
				place := f.keep(f.get(atDW))
				for k := range kernel {
					for i := range vectors {
						do(sums[2*k+i], place, i)
					}
					f.move(place, ld)
				}
			}
			f.while(rows, 1, func() {
				each(func(sum, place local, i int) { f.set(sum, f.load(v128, at(place, i), 0)) })
				f.set(places, f.get(f.param("scratch")))
				f.set(pixel, f.get(row))
				f.set(n, f.get(f.param("windows")))
				f.while(n, 1, func() {
					for i := range vectors {
						f.set(index[i], f.load(v128, f.get(places), 32*i))
						f.set(d[i], f.load(v128, f.get(places), 32*i+16))
					}
					for k := range kernel {
						f.set(quad, f.square(pixel, ldx, 4*k))
						for i := range vectors {
							sum := sums[2*k+i]
							f.set(sum, f.add(f.get(sum), f.mul(f.vectorOp(swizzle, f.get(quad), f.get(index[i])), f.get(d[i]))))
						}
					}
					f.advance(pixel, 8)
					f.advance(places, 32*vectors)
				})
				each(func(sum, place local, i int) { f.store(at(place, i), f.get(sum), 0) })
				f.move(row, ldx)
				f.set(atDW, f.add(f.get(atDW), f.mul(f.get(ld), f.int(kernel))))
			})
		}, func() {
			for _, l := range []local{dw, db, dy} {
				f.set(l, f.add(f.get(l), f.shl(f.get(wide), 2)))
			}
			f.move(code, wide)
		})
	}
}

const swizzle = 0x0e // bytes of the first by the indices in the second, 0 beyond

// pixelIndex picks pixel n of a window's four in every lane; 4 picks 0.
func pixelIndex(n byte) (index [16]byte) {
	for i := range index {
		index[i] = 4*n + byte(i%4)
	}
	return index
}

// indexOf makes four codes the index that picks their pixels.
func (f *function) indexOf(at value) value {
	f.want(at, i32)
	f.vector(0x5c) // four bytes
	f.memory(0)
	spread := f.bytes([16]byte{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3})
	code := f.keep(f.vectorOp(swizzle, value(v128), spread))
	const addBytes = 0x6e
	f.set(code, f.vectorOp(addBytes, f.get(code), f.get(code)))
	f.set(code, f.vectorOp(addBytes, f.get(code), f.get(code)))
	return f.vectorOp(addBytes, f.get(code), f.bytes(pixelIndex(0)))
}

// square loads two pixels and the two a row below them.
func (f *function) square(pixel, ldx local, offset int) value {
	f.add(f.get(pixel), f.get(ldx))
	f.get(pixel)
	f.vector(0x5d) // 64 bits, and zeros
	f.memory(offset)
	f.vector(0x57) // 64 bits to a lane
	f.memory(offset)
	f.byte(1)
	return value(v128)
}
