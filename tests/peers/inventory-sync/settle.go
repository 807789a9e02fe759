package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "logistics-engine/inventory-sync/inventorypb"
)

// ReleaseReservedStock returns what is still pending under the id; nothing pending is an error (trap 4).
func (s *inventoryServer) ReleaseReservedStock(ctx context.Context, request *pb.ReleaseStockRequest) (*pb.ReleaseStockResponse, error) {
	if request.ReservationId == "" {
		return nil, status.Error(codes.InvalidArgument, "reservation_id is required")
	}
	err := s.settle(ctx, request.ReservationId, "released",
		"UPDATE levels SET reserved = reserved - $1, available = available + $1, last_updated = now() WHERE item_id = $2")
	if err != nil {
		return nil, internal("failed to release stock", err)
	}
	return &pb.ReleaseStockResponse{Success: true, Message: "stock released"}, nil
}

// CommitReservation takes what is held off the books: from quantity and from reserved (trap 5).
func (s *inventoryServer) CommitReservation(ctx context.Context, request *pb.CommitReservationRequest) (*pb.CommitReservationResponse, error) {
	if request.ReservationId == "" {
		return nil, status.Error(codes.InvalidArgument, "reservation_id is required")
	}
	err := s.settle(ctx, request.ReservationId, "committed",
		"UPDATE levels SET quantity = quantity - $1, reserved = reserved - $1, last_updated = now() WHERE item_id = $2")
	if err != nil {
		return nil, internal("failed to commit reservation", err)
	}
	return &pb.CommitReservationResponse{Success: true, Message: "reservation committed"}, nil
}

// The update names the item and not the location, so it changes the level in every one of them (trap 10). Rows are taken
// as they come: two settlements of the same items can deadlock, and then one of them is INTERNAL (trap 4).
func (s *inventoryServer) settle(ctx context.Context, reservation, newStatus, update string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	pending, err := pendingOf(ctx, tx, reservation)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return fmt.Errorf("no pending reservations found for ID: %s", reservation)
	}
	for _, hold := range pending {
		if _, err := tx.ExecContext(ctx, update, hold.quantity, hold.item); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE reservations SET status = $1, completed_at = now() WHERE id = $2",
			newStatus, hold.id)
		if err != nil {
			return err
		}
	}
	return commit(ctx, tx)
}

type pendingHold struct {
	id, item uuid.UUID
	quantity int64
}

func pendingOf(ctx context.Context, tx *sql.Tx, reservation string) ([]pendingHold, error) {
	rows, err := tx.QueryContext(ctx,
		"SELECT id, item_id, quantity FROM reservations WHERE order_id = $1 AND status = 'pending' FOR UPDATE", reservation)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var pending []pendingHold
	for rows.Next() {
		var hold pendingHold
		if err := rows.Scan(&hold.id, &hold.item, &hold.quantity); err != nil {
			return nil, err
		}
		pending = append(pending, hold)
	}
	return pending, rows.Err()
}

// Every transaction of the server ends here, so that the switches can act around its commit.
func commit(ctx context.Context, tx *sql.Tx) error {
	call := callOf(ctx)
	if err := call.reach(ctx, pointBeforeCommit); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return call.reach(ctx, pointAfterCommit)
}

// INTERNAL with the inner text, as the real service answers; what a switch has asked for goes out as it is.
func internal(what string, err error) error {
	if switched := (*switchedError)(nil); errors.As(err, &switched) {
		return err
	}
	return status.Errorf(codes.Internal, "%s: %v", what, err)
}
