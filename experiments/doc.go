// Package experiments repeats the experiments of the textbooks: one short file
// an experiment, to be read beside the book's section.
//
// "The book" is Saito, Deep Learning from Scratch (O'Reilly Japan, 2016). An
// [Experiment] says what it does and what was published; its Run does it once,
// with one seed, and tells a [Run] what it measured:
//
//	func relu() Experiment {
//		return Experiment{
//			ID: "ch05-relu", Title: "A network of ReLUs", Chapter: 5, Section: "5.7.4", Version: 1,
//			Setup:  "784-50-10, SGD 0.1, batch 100, 10,000 updates.",
//			Lesson: "Backpropagation gives the gradient at the price of one more pass.",
//			Rows:   []Row{near("test accuracy", 0.969, 0.005)},
//			Run: func(ctx context.Context, r *Run) error {
//				train, test, err := r.MNIST()
//				…
//				log, err := protocol{Net: net, Train: train, Test: test, Batch: 100, Rule: optim.SGD{}, Rate: 0.1,
//					Updates: r.Scale(10_000, 1000), LogLoss: true}.fit(ctx, r)
//				…
//				r.Measure("test accuracy", log.lastTest())
//				r.Claim("it learns", log.lastTest() > 0.8)
//				return r.Figure("accuracy", "Accuracy by epoch.", figure)
//			},
//		}
//	}
//
// To add one, write such a function in a file named as the ID and put it in
// [List]; the test of this package then runs it with Fast.
//
//   - Rows are the table: published values, what is accepted, in the order of
//     printing. near, factor, atMost, atLeast and shown make them. Measure fills
//     a row; every row must be filled unless it has Needs. A [Runner] repeats Run
//     for seeds 1, 2, … and prints mean ± standard deviation.
//   - Claim is a check of the Lesson that must hold with any seed, with Fast too.
//   - Figure and CSV write files, of the first seed only; with others they do
//     nothing, so Run needs no case for it. Note adds a sentence below the table.
//   - Scale chooses between the full and the fast size. With Fast a run takes a
//     second or two and shows the same lesson; its values are not judged.
//   - Trained shares a trained network among experiments: it is trained by the
//     first that asks, and kept in the output folder.
//   - Version is raised whenever the results may change: an output folder's
//     results of the same version, seed and size are not computed again.
//   - protocol, in protocol.go, trains as the book's trainer does; checkGradients,
//     in gradients.go, compares backpropagation with differences.
//   - Run returns ctx's error soon after ctx is done; protocol does.
package experiments
