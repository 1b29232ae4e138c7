package main

import "github.com/spf13/cobra"

// recipe is how a network is trained where no flag says otherwise, by flag;
// what it leaves out is as the flags have it.
func recipe(net string) map[string]string {
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
	}
	return nil
}

// follow sets the flags that the command has and that were not given, as the
// recipe says. A rate of its own is meant for its own optimizer.
func follow(recipe map[string]string, cmd *cobra.Command) error {
	flags := cmd.Flags()
	own := flags.Changed("optimizer")
	for name, value := range recipe {
		if flags.Lookup(name) == nil || flags.Changed(name) || name == "lr" && own {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}
