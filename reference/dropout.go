package reference

// Dropout is the book's section 6.4.3: what is not kept becomes 0.
//
//	y = scale·x where kept, 0 elsewhere
//	dx = scale·dy where kept, 0 elsewhere
//
// so the way back is Dropout of dy. With r the share that is dropped, the book
// has scale 1 in training and 1−r in inference, where everything is kept; most
// others have 1/(1−r) in training and then 1.
func Dropout(x *Tensor, kept []bool, scale float64) (y *Tensor) {
	y = x.like()
	for k, v := range x.Data {
		if kept[k] {
			y.Data[k] = scale * v
		}
	}
	return y
}
