package run

// Recipe is how a network is trained where no flag says otherwise, by flag;
// what it leaves out is as the flags have it.
func Recipe(net string) map[string]string {
	switch net {
	case "fast":
		return map[string]string{
			"epochs": "1", "optimizer": "adam:beta1=0.7,beta2=0.9", "lr": "0.01",
			"augment": "none", "label-smoothing": "0.05",
		}
	case "best":
		return map[string]string{
			"epochs": "22", "augment": "shift:2,rotate:10,scale:0.1", "label-smoothing": "0.1",
		}
	case "cifar":
		return map[string]string{
			"whiten": "true", "epochs": "18", "batch": "500", "optimizer": "nesterov", "lr": "0.5", "weight-decay": "0.0006",
			"augment": "flip,crop:2", "label-smoothing": "0.2",
		}
	case "small":
		return map[string]string{
			"epochs": "40", "batch": "50", "lr": "0.01", "augment": "flip,crop:2", "label-smoothing": "0.1", "average": "0.99",
		}
	}
	return nil
}
