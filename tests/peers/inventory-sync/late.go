package main

import (
	"context"
	"sync"
	"time"
)

// A lateHold is what a reserve still has to hold after its caller has given up (trap 11).
type lateHold struct {
	releases int // until it lands; below 0: releases do not count
	once     sync.Once
	hold     func()
}

func (h *lateHold) land() { h.once.Do(h.hold) }

// putOff keeps the hold until its rule's time has come: so many releases of the reservation, so many milliseconds, or
// the end of the rule.
func (s *switches) putOff(r *rule, reservation string, hold func()) {
	late := &lateHold{releases: r.Releases, hold: hold}
	s.mutex.Lock()
	s.late[reservation] = append(s.late[reservation], late)
	s.mutex.Unlock()
	go func() {
		// Its own error is that of a context that never ends.
		_ = s.wait(context.Background(), r, time.Duration(r.DelayMS)*time.Millisecond)
		late.land()
	}()
}

// released is told of every release after its work and before its reply: who reads the reply finds the late hold there.
func (s *switches) released(reservation string) {
	s.mutex.Lock()
	var due []*lateHold
	for _, late := range s.late[reservation] {
		late.releases--
		if late.releases == 0 {
			due = append(due, late)
		}
	}
	s.mutex.Unlock()
	for _, late := range due {
		late.land()
	}
}
