package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// callLog counts the calls of this process's life. Any goroutine may use it.
type callLog struct {
	mutex         sync.Mutex
	byMethod      map[string]int
	byReservation map[string]map[string]int
	headers       map[string]metadata.MD // of the last call
}

func newCallLog() *callLog {
	return &callLog{
		byMethod: map[string]int{}, byReservation: map[string]map[string]int{}, headers: map[string]metadata.MD{},
	}
}

func (c *callLog) note(method, reservation string, headers metadata.MD) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.byMethod[method]++
	c.headers[method] = headers
	if reservation != "" {
		if c.byReservation[reservation] == nil {
			c.byReservation[reservation] = map[string]int{}
		}
		c.byReservation[reservation][method]++
	}
}

// writeCounts answers with calls by method, all or those of one reservation.
func (c *callLog) writeCounts(out http.ResponseWriter, reservation string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if reservation == "" {
		writeJSON(out, c.byMethod)
		return
	}
	counts := c.byReservation[reservation]
	if counts == nil {
		counts = map[string]int{}
	}
	writeJSON(out, counts)
}

func (c *callLog) writeHeaders(out http.ResponseWriter, method string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	headers := c.headers[method]
	if headers == nil {
		headers = metadata.MD{}
	}
	writeJSON(out, headers)
}

// controlHandler is the port that README.md describes. Arguments are in the query or the form.
func controlHandler(switches *switches, calls *callLog) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/switch", func(out http.ResponseWriter, in *http.Request) {
		if in.Method == http.MethodGet {
			writeJSON(out, switches.list())
			return
		}
		added, err := parseRule(in)
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(out, map[string]int{"id": switches.add(added)})
	})
	mux.HandleFunc("/clear", func(out http.ResponseWriter, in *http.Request) {
		id := 0
		if text := in.FormValue("id"); text != "" {
			var err error
			if id, err = strconv.Atoi(text); err != nil || id < 1 {
				http.Error(out, "id: not the id of a switch: "+text, http.StatusBadRequest)
				return
			}
		}
		switches.clear(id)
		writeJSON(out, map[string]int{})
	})
	mux.HandleFunc("/calls", func(out http.ResponseWriter, in *http.Request) {
		calls.writeCounts(out, in.FormValue("id"))
	})
	mux.HandleFunc("/headers", func(out http.ResponseWriter, in *http.Request) {
		calls.writeHeaders(out, in.FormValue("method"))
	})
	return mux
}

func writeJSON(out http.ResponseWriter, value any) {
	out.Header().Set("Content-Type", "application/json")
	json.NewEncoder(out).Encode(value)
}

var points = map[string]bool{
	pointStart: true, pointAfterCheck: true, pointBeforeCommit: true, pointAfterCommit: true, pointEnd: true,
}

var actions = map[string]bool{
	actionHang: true, actionDelay: true, actionFail: true, actionCrash: true, actionCut: true, actionLate: true,
}

// parseRule refuses what it does not know: a test with a misspelt switch would prove nothing.
func parseRule(in *http.Request) (*rule, error) {
	if err := in.ParseForm(); err != nil {
		return nil, err
	}
	read := ruleReader{form: in.Form}
	r := &rule{
		Method:      read.text("method", "*"),
		Action:      read.text("action", ""),
		At:          read.text("at", pointStart),
		Nth:         read.number("nth", 1),
		Count:       read.number("count", -1),
		Probability: read.fraction("probability", 1),
		Seed:        int64(read.number("seed", 1)),
		DelayMS:     read.number("delay_ms", 0),
		Code:        read.text("code", ""),
		Message:     read.text("message", "asked to fail by switch"),
	}
	releases := 1
	if r.DelayMS > 0 {
		releases = -1 // time alone decides, unless told otherwise
	}
	r.Releases = read.number("releases", releases)
	for name := range read.form {
		read.fail("no such argument: " + name)
	}
	if !points[r.At] || !actions[r.Action] {
		read.fail(fmt.Sprintf("no such point or action: %q, %q", r.At, r.Action))
	}
	if r.Code != "" && r.code.UnmarshalJSON([]byte(strconv.Quote(r.Code))) != nil {
		read.fail("no such code: " + r.Code)
	}
	if r.Code == "" && r.Action != actionLate {
		r.code = codes.Unavailable
	}
	return r, read.err
}

// ruleReader takes arguments out of a form and keeps the first mistake.
type ruleReader struct {
	form url.Values
	err  error
}

func (r *ruleReader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s", what)
	}
}

func (r *ruleReader) text(name, otherwise string) string {
	if !r.form.Has(name) {
		return otherwise
	}
	value := r.form.Get(name)
	r.form.Del(name)
	return value
}

func (r *ruleReader) number(name string, otherwise int) int {
	return int(r.fraction(name, float64(otherwise)))
}

func (r *ruleReader) fraction(name string, otherwise float64) float64 {
	text := r.text(name, "")
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		r.fail(fmt.Sprintf("%s: not a number: %q", name, text))
	}
	return value
}
