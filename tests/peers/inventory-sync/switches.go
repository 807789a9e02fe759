package main

import (
	"context"
	"math/rand"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Where in a call a switch acts.
const (
	pointStart        = "start"
	pointAfterCheck   = "after_check"   // reserve: an item was found in stock, its transaction has not begun
	pointBeforeCommit = "before_commit" // a transaction has done all but its commit
	pointAfterCommit  = "after_commit"
	pointEnd          = "end" // the work is done, the reply is not sent
)

const (
	actionHang  = "hang"
	actionDelay = "delay"
	actionFail  = "fail"
	actionCrash = "crash"
	actionCut   = "cut"
	actionLate  = "late"
)

// A rule is one switch, as README.md describes it. What it has counted is guarded by its switches' mutex.
type rule struct {
	ID          int     `json:"id"`
	Method      string  `json:"method"`
	Action      string  `json:"action"`
	At          string  `json:"at"`
	Nth         int     `json:"nth"`
	Count       int     `json:"count"`
	Probability float64 `json:"probability"`
	Seed        int64   `json:"seed"`
	DelayMS     int     `json:"delay_ms"`
	Code        string  `json:"code"`
	Message     string  `json:"message"`
	Releases    int     `json:"releases"`

	Hits    int `json:"hits"`    // calls that it has met
	Waiting int `json:"waiting"` // calls that it holds up now

	code    codes.Code
	random  *rand.Rand
	cleared chan struct{}
}

// switchedError is a call's answer because a switch says so. It goes through the handlers unchanged.
type switchedError struct{ status *status.Status }

func (e *switchedError) Error() string              { return e.status.Message() }
func (e *switchedError) GRPCStatus() *status.Status { return e.status }

func switched(code codes.Code, message string) error {
	return &switchedError{status.New(code, message)}
}

// switches holds the rules in force. All methods may be called by any goroutine.
type switches struct {
	mutex  sync.Mutex
	lastID int
	rules  []*rule
	late   map[string][]*lateHold // by reservation
}

func newSwitches() *switches { return &switches{late: map[string][]*lateHold{}} }

func (s *switches) add(added *rule) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lastID++
	added.ID = s.lastID
	added.random = rand.New(rand.NewSource(added.Seed))
	added.cleared = make(chan struct{})
	s.rules = append(s.rules, added)
	return added.ID
}

func (s *switches) list() []rule {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	list := []rule{}
	for _, r := range s.rules {
		list = append(list, *r)
	}
	return list
}

// clear ends one rule, or all (0): calls that hang go on, holds that are put off land.
func (s *switches) clear(id int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	kept := []*rule{}
	for _, r := range s.rules {
		if id == 0 || r.ID == id {
			close(r.cleared)
		} else {
			kept = append(kept, r)
		}
	}
	s.rules = kept
}

// choose says what meets this call: every delay that wants it, and the first other rule.
func (s *switches) choose(method string) []*rule {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var chosen []*rule
	taken := false
	for _, r := range s.rules {
		if r.Method != "*" && r.Method != method || r.Count == 0 || r.Action != actionDelay && taken {
			continue
		}
		if r.Probability < 1 && r.random.Float64() >= r.Probability {
			continue
		}
		if r.Count > 0 {
			r.Count--
		}
		r.Hits++
		taken = taken || r.Action != actionDelay
		chosen = append(chosen, r)
	}
	return chosen
}

// wait returns nil when the rule is cleared or the time (0: none) is over, and the call's own error when that ends first.
func (s *switches) wait(ctx context.Context, r *rule, limit time.Duration) error {
	s.count(r, 1)
	defer s.count(r, -1)
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return nil
	case <-r.cleared:
		return nil
	case <-ctx.Done():
		return &switchedError{status.FromContextError(ctx.Err())}
	}
}

func (s *switches) count(r *rule, waiting int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r.Waiting += waiting
}
