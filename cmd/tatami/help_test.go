package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tatami/internal/manual"
	"tatami/internal/words"
)

// Every command and flag has its text, and every text its command or flag.
func TestManual(t *testing.T) {
	t.Parallel()
	root := newRoot(words.English)
	said := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden {
			return
		}
		name := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "tatami"), " ")
		page := manual.Pages[name]
		if c.Short == "" {
			t.Errorf("%q has no text", name)
		}
		flag := func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%q: --%s has no text", name, f.Name)
			}
			said[f.Name] = true
		}
		c.PersistentFlags().VisitAll(flag)
		c.Flags().VisitAll(flag)
		for f := range page.Flags {
			if c.Flags().Lookup(f) == nil {
				t.Errorf("%q has a text for --%s, which it has not", name, f)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	for name := range manual.Pages {
		if c, _, err := root.Find(strings.Fields(name)); err != nil || name != "" && c == root {
			t.Errorf("%q has a page and is no command", name)
		}
	}
	for f := range manual.Common {
		if !said[f] {
			t.Errorf("no command has --%s, which has a text", f)
		}
	}
}
