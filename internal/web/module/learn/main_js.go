// Command learn is the program in the learning page: it trains networks and
// answers for them.
package main

import (
	"tatami/internal/web/learn"
	"tatami/internal/web/module/calls"
)

func main() { learn.New(calls.Listen(), calls.Tell).Serve() }
