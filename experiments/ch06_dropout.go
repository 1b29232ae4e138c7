package experiments

import "tatami/experiments/lab"

func runDropout(r *lab.Run) {
	plain, dropped := overfit(r, "plain", 0, 0), overfit(r, "dropout", 0, 0.2)
	compareGaps(r, "no dropout", plain, "dropout 0.2", dropped)
}

func dropout() lab.Experiment {
	return lab.Experiment{
		ID: "ch06-dropout", Title: "Dropout", Chapter: 6, Section: "section 6.4.3", Version: 1,
		Setup: "As ch06-weight-decay without decay, 301 epochs, with dropout 0.2 after each hidden layer and without. As in the " +
			"book, dropout leaves what it keeps as it is and multiplies by 0.8 at inference. Both start with the same " +
			"weights. Accepted are two deviations of a run over five seeds.",
		Lesson: "A network that loses a fifth of its units at random in every update cannot learn by heart as well: the gap " +
			"narrows, training takes longer.",
		Rows: []lab.Row{
			lab.Near("dropout 0.2: train accuracy", 0.670, 0.09),
			lab.Near("dropout 0.2: test accuracy", 0.548, 0.11),
			lab.Near("dropout 0.2: gap", 0.122, 0.03),
			lab.AtLeast("no dropout: train accuracy", "1.0", 0.99),
			lab.Shown("no dropout: test accuracy", ""),
			lab.Shown("no dropout: gap", ""),
		},
		Claims: gapClaims(),
		Figures: lab.Texts{
			"accuracy": "The same with dropout 0.2 and without (figure 6-23).",
		},
		Notes: gapNotes(),
		Run:   runDropout,
	}
}
