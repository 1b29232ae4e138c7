// Package calls brings what a page asks to a program in the page's worker. The
// worker's own part is internal/web/assets/worker.js.
package calls

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"syscall/js"

	"tatami/internal/web/answers"
)

// Calls are those of a page, in their order.
type Calls struct {
	waiting []*answers.Call
	came    chan struct{}
	port    js.Value // to the worker itself
	turn    chan struct{}
}

// Listen tells the worker that its program takes calls.
func Listen() *Calls {
	channel := js.Global().Get("MessageChannel").New()
	c := &Calls{came: make(chan struct{}, 1), port: channel.Get("port1"), turn: make(chan struct{}, 1)}
	channel.Get("port2").Set("onmessage", js.FuncOf(func(js.Value, []js.Value) any {
		c.turn <- struct{}{}
		return nil
	}))
	// A call is (id, address, kind of body, body).
	js.Global().Set("call", js.FuncOf(func(_ js.Value, args []js.Value) any {
		c.waiting = append(c.waiting, read(args))
		select {
		case c.came <- struct{}{}:
		default:
		}
		return nil
	}))
	js.Global().Get("listening").Invoke()
	return c
}

func read(args []js.Value) *answers.Call {
	path, query, _ := strings.Cut(args[1].String(), "?")
	call := &answers.Call{Path: path, JSON: args[2].String() == "application/json", Body: make([]byte, args[3].Length())}
	js.CopyBytesToGo(call.Body, args[3])
	call.Query, _ = url.ParseQuery(query)
	id := args[0]
	call.Reply = func(answer any, err error) { reply(id, answer, err) }
	return call
}

func reply(id js.Value, answer any, err error) {
	status := 200
	body, plain := answer.([]byte)
	if err == nil && !plain {
		body, err = json.Marshal(answer)
	}
	if err != nil {
		status = 500
		if r, ok := errors.AsType[*answers.Refusal](err); ok {
			status = r.Status
		}
		body, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	bytes := js.Global().Get("Uint8Array").New(len(body))
	js.CopyBytesToJS(bytes, body)
	js.Global().Get("answered").Invoke(id, status, bytes)
}

// Tell sends the page what it has not asked for.
func Tell(event any) {
	text, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	js.Global().Get("told").Invoke(string(text))
}

// Next waits for a call.
func (c *Calls) Next() *answers.Call {
	for len(c.waiting) == 0 {
		<-c.came
	}
	first := c.waiting[0]
	c.waiting = c.waiting[1:]
	return first
}

// Pending lists the calls that wait, after the worker has had time to take some.
func (c *Calls) Pending() []*answers.Call {
	c.port.Call("postMessage", 0) // a timer's turn would come milliseconds later
	<-c.turn
	all := c.waiting
	c.waiting = nil
	return all
}
