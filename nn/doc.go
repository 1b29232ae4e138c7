// Package nn is the vocabulary of tatami: shapes, tensors, parameters, the
// Layer and Loss interfaces, networks of layers in sequence, and the Pass that
// carries a batch through one.
//
// The layer owns the maths and remembers nothing but its parameters. The
// network plans the memory, a pass holds it. The layers themselves are in
// package layers, the training loop in package train.
package nn
