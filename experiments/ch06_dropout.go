package experiments

import "context"

func dropout() Experiment {
	return Experiment{
		ID: "ch06-dropout", Title: "Dropout", Chapter: 6, Section: "section 6.4.3", Version: 1,
		Setup: "As ch06-weight-decay without decay, 301 epochs, with dropout 0.2 after each hidden layer and without. As in the " +
			"book, dropout leaves what it keeps as it is and multiplies by 0.8 at inference. Both start with the same " +
			"weights. Accepted are two deviations of a run over five seeds.",
		Lesson: "A network that loses a fifth of its units at random in every update cannot learn by heart as well: the gap " +
			"narrows, training takes longer.",
		Rows: []Row{
			near("dropout 0.2: train accuracy", 0.670, 0.09),
			near("dropout 0.2: test accuracy", 0.548, 0.11),
			near("dropout 0.2: gap", 0.122, 0.03),
			atLeast("no dropout: train accuracy", "1.0", 0.99),
			shown("no dropout: test accuracy", ""),
			shown("no dropout: gap", ""),
		},
		Run: func(ctx context.Context, r *Run) error {
			plain, err := overfit(ctx, r, "plain", 0, 0)
			if err != nil {
				return err
			}
			dropped, err := overfit(ctx, r, "dropout", 0, 0.2)
			if err != nil {
				return err
			}
			return compareGaps(r, "no dropout", plain, "dropout 0.2", dropped, "The same with dropout 0.2 and without (figure 6-23).")
		},
	}
}
