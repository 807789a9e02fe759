package main

import (
	"context"
	"net"
	"path"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	pb "logistics-engine/inventory-sync/inventorypb"
)

// A watcher stands before every call: it counts, and lets the switches act.
type watcher struct {
	switches    *switches
	calls       *callLog
	connections *trackedListener
}

// A call is one RPC with the rules that meet it. It belongs to its handler's goroutine.
type call struct {
	watcher watcher
	rules   []*rule
	reached map[string]int
}

type callKey struct{}

// callOf is nil for work that no call waits for: no switch acts there.
func callOf(ctx context.Context) *call {
	found, _ := ctx.Value(callKey{}).(*call)
	return found
}

func (w watcher) begin(ctx context.Context, fullMethod string, request any) (context.Context, *call) {
	method := path.Base(fullMethod)
	headers, _ := metadata.FromIncomingContext(ctx)
	w.calls.note(method, reservationOf(request), headers)
	begun := &call{watcher: w, rules: w.switches.choose(method), reached: map[string]int{}}
	return context.WithValue(ctx, callKey{}, begun), begun
}

func (w watcher) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, call := w.begin(ctx, info.FullMethod, request)
	if err := call.reach(ctx, pointStart); err != nil {
		return nil, err
	}
	response, err := handler(ctx, request)
	if release, ok := request.(*pb.ReleaseStockRequest); ok {
		w.switches.released(release.ReservationId)
	}
	if err := call.reach(ctx, pointEnd); err != nil {
		return nil, err
	}
	return response, err
}

func (w watcher) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, call := w.begin(stream.Context(), info.FullMethod, nil)
	if err := call.reach(ctx, pointStart); err != nil {
		return err
	}
	return handler(server, stream)
}

func reservationOf(request any) string {
	switch request := request.(type) {
	case *pb.StockReservationRequest:
		return request.OrderId
	case *pb.ReleaseStockRequest:
		return request.ReservationId
	case *pb.CommitReservationRequest:
		return request.ReservationId
	}
	return ""
}

// reach lets the rules act that wait for this point. An error is the call's answer.
func (c *call) reach(ctx context.Context, point string) error {
	if c == nil {
		return nil
	}
	c.reached[point]++
	for _, r := range c.rules {
		if r.At != point || r.Nth != c.reached[point] || r.Action == actionLate {
			continue
		}
		if err := c.act(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) act(ctx context.Context, r *rule) error {
	switch r.Action {
	case actionHang:
		return c.watcher.switches.wait(ctx, r, 0)
	case actionDelay:
		return c.watcher.switches.wait(ctx, r, time.Duration(r.DelayMS)*time.Millisecond)
	case actionCut:
		c.watcher.connections.cut(ctx)
	case actionCrash:
		// As a handler's own mistake would: nothing recovers it, the process ends (trap 9).
		panic("asked to crash by switch")
	}
	return switched(r.code, r.Message)
}

// A lateAnswer is a reserve whose items from here on are held later.
type lateAnswer struct {
	call *call
	rule *rule
}

// lateFrom says whether the item (counted from 1) and those after it are to be put off.
func (c *call) lateFrom(item int) *lateAnswer {
	for _, r := range c.rules {
		if r.Action == actionLate && r.Nth == item {
			return &lateAnswer{c, r}
		}
	}
	return nil
}

// answerNow ends the call for its caller; `hold` follows when the rule says so.
func (l *lateAnswer) answerNow(ctx context.Context, reservation string, hold func()) error {
	l.call.watcher.switches.putOff(l.rule, reservation, hold)
	if l.rule.code == codes.OK {
		if err := l.call.watcher.switches.wait(ctx, l.rule, 0); err != nil {
			return err
		}
		return switched(codes.Unavailable, "the switch was cleared")
	}
	return switched(l.rule.code, l.rule.Message)
}

// trackedListener knows its connections by the address of their other end, so that a call's own can be cut.
type trackedListener struct {
	net.Listener
	connections sync.Map // string -> net.Conn
}

func trackConnections(listener net.Listener) *trackedListener {
	return &trackedListener{Listener: listener}
}

func (l *trackedListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tracked := trackedConnection{connection, l}
	l.connections.Store(connection.RemoteAddr().String(), tracked)
	return tracked, nil
}

type trackedConnection struct {
	net.Conn
	listener *trackedListener
}

func (c trackedConnection) Close() error {
	c.listener.connections.Delete(c.RemoteAddr().String())
	return c.Conn.Close()
}

func (l *trackedListener) cut(ctx context.Context) {
	if from, ok := peer.FromContext(ctx); ok {
		if connection, ok := l.connections.Load(from.Addr.String()); ok {
			connection.(net.Conn).Close()
		}
	}
}
