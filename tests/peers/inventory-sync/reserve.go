package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "logistics-engine/inventory-sync/inventorypb"
)

type inventoryServer struct {
	pb.UnimplementedInventoryServiceServer
	db *sql.DB
}

// CheckAndReserveStock holds item by item, each in a transaction of its own, and leaves held what it holds when a later
// one fails (traps 2 and 3).
func (s *inventoryServer) CheckAndReserveStock(ctx context.Context, request *pb.StockReservationRequest) (*pb.StockReservationResponse, error) {
	reservation := request.OrderId
	if reservation == "" {
		reservation = uuid.NewString()
	}
	location, err := uuid.Parse(request.WarehouseId)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid warehouse id: %v", err)
	}
	response := &pb.StockReservationResponse{Success: true, ReservationId: reservation, Message: "stock reserved"}
	for i, item := range request.Items {
		if late := callOf(ctx).lateFrom(i + 1); late != nil {
			rest := request.Items[i:]
			return nil, late.answerNow(ctx, reservation, func() { s.reserveLate(reservation, location, rest) })
		}
		availability, err := s.reserveItem(ctx, reservation, location, item)
		if err != nil {
			return nil, err
		}
		if availability.ErrorMessage != "" {
			response.Success = false
			response.Message = "some items could not be reserved"
		}
		response.Items = append(response.Items, availability)
	}
	return response, nil
}

// What a switch has put off, when its caller is long gone.
func (s *inventoryServer) reserveLate(reservation string, location uuid.UUID, items []*pb.ProductItem) {
	for _, item := range items {
		if _, err := s.reserveItem(context.Background(), reservation, location, item); err != nil {
			log.Printf("late hold of %s: %v", reservation, err)
			return
		}
	}
}

// The error is the whole call's; what goes wrong with the item alone is in its error message.
func (s *inventoryServer) reserveItem(ctx context.Context, reservation string, location uuid.UUID, item *pb.ProductItem) (*pb.ProductAvailability, error) {
	if item.ProductId == "" && item.Sku == "" {
		return nil, status.Error(codes.InvalidArgument, "product_id or sku is required")
	}
	id, sku, err := s.findItem(ctx, item.ProductId, item.Sku)
	if err != nil {
		return &pb.ProductAvailability{
			ProductId: item.ProductId, Sku: item.Sku, ErrorMessage: fmt.Sprintf("item not found: %v", err),
		}, nil
	}
	availability := &pb.ProductAvailability{ProductId: id.String(), Sku: sku}
	available, err := s.available(ctx, id, location)
	availability.AvailableQuantity = int32(available)
	if err != nil {
		availability.ErrorMessage = fmt.Sprintf("failed to get the level: %v", err)
		return availability, nil
	}
	if available < int64(item.Quantity) {
		availability.ErrorMessage = fmt.Sprintf("insufficient stock: requested %d, available %d", item.Quantity, available)
		return availability, nil
	}
	// It was there when we looked, so it is "in stock", whatever comes now: another call may take it meanwhile.
	availability.InStock = true
	if err := callOf(ctx).reach(ctx, pointAfterCheck); err != nil {
		return nil, err
	}
	err = s.hold(ctx, reservation, id, location, int64(item.Quantity))
	if switched := (*switchedError)(nil); errors.As(err, &switched) {
		return nil, err
	}
	if err != nil {
		availability.ErrorMessage = fmt.Sprintf("failed to allocate: %v", err)
		return availability, nil
	}
	availability.AvailableQuantity = int32(available - int64(item.Quantity))
	return availability, nil
}

// By id where there is one, else by SKU.
func (s *inventoryServer) findItem(ctx context.Context, id, sku string) (uuid.UUID, string, error) {
	query, key := "SELECT id, sku FROM items WHERE sku = $1", any(sku)
	if id != "" {
		parsed, err := uuid.Parse(id)
		if err != nil {
			return uuid.Nil, "", err
		}
		query, key = "SELECT id, sku FROM items WHERE id = $1", parsed
	}
	var foundID uuid.UUID
	var foundSKU string
	err := s.db.QueryRowContext(ctx, query, key).Scan(&foundID, &foundSKU)
	return foundID, foundSKU, err
}

// Without a level there is nothing available. No look at the quantity that is asked for: 0 and less pass (trap 12).
func (s *inventoryServer) available(ctx context.Context, item, location uuid.UUID) (int64, error) {
	var available int64
	err := s.db.QueryRowContext(ctx, "SELECT available FROM levels WHERE item_id = $1 AND location_id = $2",
		item, location).Scan(&available)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return available, err
}

func (s *inventoryServer) hold(ctx context.Context, reservation string, item, location uuid.UUID, quantity int64) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var available int64
	err = tx.QueryRowContext(ctx, "SELECT available FROM levels WHERE item_id = $1 AND location_id = $2 FOR UPDATE",
		item, location).Scan(&available)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("no such level")
	}
	if err != nil {
		return err
	}
	if available < quantity {
		return fmt.Errorf("insufficient stock: %d available", available)
	}
	_, err = tx.ExecContext(ctx,
		`UPDATE levels SET reserved = reserved + $1, available = available - $1, last_updated = now()
		 WHERE item_id = $2 AND location_id = $3`, quantity, item, location)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO reservations (id, order_id, item_id, quantity) VALUES ($1, $2, $3, $4)",
		uuid.New(), reservation, item, quantity)
	if err != nil {
		return err
	}
	return commit(ctx, tx)
}
