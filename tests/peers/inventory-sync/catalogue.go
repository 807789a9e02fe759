package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "logistics-engine/inventory-sync/inventorypb"
)

const (
	defaultPageSize = 10
	maxPageSize     = 100
)

const itemColumns = "id, sku, name, description, category, attributes, created_at, updated_at"
const levelColumns = "item_id, location_id, quantity, reserved, available, last_updated"

type scanner interface{ Scan(...any) error }

func scanItem(row scanner) (*pb.Item, error) {
	item := &pb.Item{}
	var attributes []byte
	var created, updated time.Time
	err := row.Scan(&item.Id, &item.Sku, &item.Name, &item.Description, &item.Category, &attributes, &created, &updated)
	if err != nil {
		return nil, err
	}
	item.CreatedAt, item.UpdatedAt = timestamppb.New(created), timestamppb.New(updated)
	return item, json.Unmarshal(attributes, &item.Attributes)
}

func scanLevel(row scanner) (*pb.InventoryLevel, error) {
	level := &pb.InventoryLevel{}
	var updated time.Time
	err := row.Scan(&level.ItemId, &level.LocationId, &level.Quantity, &level.Reserved, &level.Available, &updated)
	level.LastUpdated = timestamppb.New(updated)
	return level, err
}

// An id that is no UUID is as unknown as any other.
func (s *inventoryServer) GetItem(ctx context.Context, request *pb.GetItemRequest) (*pb.ItemResponse, error) {
	id, err := uuid.Parse(request.Id)
	if err != nil {
		return nil, status.Errorf(codes.NotFound, "item not found: %v", err)
	}
	item, err := scanItem(s.db.QueryRowContext(ctx, "SELECT "+itemColumns+" FROM items WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, status.Errorf(codes.NotFound, "item not found: %s", request.Id)
	}
	if err != nil {
		return nil, internal("failed to get item", err)
	}
	return &pb.ItemResponse{Item: item}, nil
}

func (s *inventoryServer) ListItems(ctx context.Context, request *pb.ListItemsRequest) (*pb.ListItemsResponse, error) {
	response := &pb.ListItemsResponse{Page: request.Page, PageSize: request.PageSize}
	if response.Page < 1 {
		response.Page = 1
	}
	if response.PageSize < 1 {
		response.PageSize = defaultPageSize
	}
	if response.PageSize > maxPageSize {
		response.PageSize = maxPageSize
	}
	err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM items WHERE $1 = '' OR category = $1",
		request.Category).Scan(&response.Total)
	if err != nil {
		return nil, internal("failed to count items", err)
	}
	rows, err := s.db.QueryContext(ctx,
		"SELECT "+itemColumns+" FROM items WHERE $1 = '' OR category = $1 ORDER BY created_at, id LIMIT $2 OFFSET $3",
		request.Category, response.PageSize, (int64(response.Page)-1)*int64(response.PageSize))
	if err != nil {
		return nil, internal("failed to list items", err)
	}
	defer rows.Close()
	for rows.Next() {
		item, err := scanItem(rows)
		if err != nil {
			return nil, internal("failed to list items", err)
		}
		response.Items = append(response.Items, item)
	}
	if err := rows.Err(); err != nil {
		return nil, internal("failed to list items", err)
	}
	return response, nil
}

// CreateItem fails for everybody: it never reads location_id, gives the new item a level nowhere, and so violates its own
// foreign key (trap 13).
func (s *inventoryServer) CreateItem(ctx context.Context, request *pb.CreateItemRequest) (*pb.ItemResponse, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, internal("failed to create item", err)
	}
	defer tx.Rollback()
	id := uuid.New()
	_, err = tx.ExecContext(ctx, "INSERT INTO items (id, sku, name, description, category) VALUES ($1, $2, $3, $4, $5)",
		id, request.Sku, request.Name, request.Description, request.Category)
	if err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO levels (item_id, location_id, quantity, available) VALUES ($1, $2, 0, 0)",
			id, uuid.Nil)
	}
	if err == nil {
		err = commit(ctx, tx)
	}
	return nil, internal("failed to create item", err)
}

// AdjustInventory makes the level where there is none; item and location have to exist. Said twice it adds twice (trap 5).
func (s *inventoryServer) AdjustInventory(ctx context.Context, request *pb.AdjustInventoryRequest) (*pb.AdjustInventoryResponse, error) {
	item, err := uuid.Parse(request.ItemId)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid item id: %v", err)
	}
	location, err := uuid.Parse(request.LocationId)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid location id: %v", err)
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, internal("failed to adjust inventory", err)
	}
	defer tx.Rollback()
	level, err := scanLevel(tx.QueryRowContext(ctx,
		`INSERT INTO levels AS l (item_id, location_id, quantity, available) VALUES ($1, $2, $3, $3)
		 ON CONFLICT (item_id, location_id) DO UPDATE SET
		   quantity = l.quantity + $3, available = l.available + $3, last_updated = now()
		 RETURNING `+levelColumns, item, location, request.Quantity))
	if err == nil && (level.Quantity < 0 || level.Available < 0) {
		err = errors.New("inventory cannot go below zero")
	}
	if err == nil {
		err = commit(ctx, tx)
	}
	if err != nil {
		return nil, internal("failed to adjust inventory", err)
	}
	return &pb.AdjustInventoryResponse{InventoryLevel: level}, nil
}

// GetInventoryLevels looks at the first item and the first location only (trap 6).
func (s *inventoryServer) GetInventoryLevels(ctx context.Context, request *pb.GetInventoryLevelsRequest) (*pb.GetInventoryLevelsResponse, error) {
	item, err := firstID(request.ItemIds)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid item id: %v", err)
	}
	location, err := firstID(request.LocationIds)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "invalid location id: %v", err)
	}
	levels, err := s.levels(ctx, item, location)
	if err != nil {
		return nil, internal("failed to list levels", err)
	}
	return &pb.GetInventoryLevelsResponse{Levels: levels}, nil
}

// StreamInventoryUpdates sends every level once, whatever is asked for, and then nothing (trap 13).
func (s *inventoryServer) StreamInventoryUpdates(_ *pb.StreamInventoryUpdatesRequest, stream pb.InventoryService_StreamInventoryUpdatesServer) error {
	levels, err := s.levels(stream.Context(), uuid.NullUUID{}, uuid.NullUUID{})
	if err != nil {
		return internal("failed to list levels", err)
	}
	for i, level := range levels {
		event := &pb.InventoryUpdateEvent{
			EventId: fmt.Sprintf("init-%d", i), EventType: "initial", InventoryLevel: level, Timestamp: timestamppb.Now(),
		}
		if err := stream.Send(event); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return nil
}

// No or an empty first id: null, which is every one.
func firstID(ids []string) (uuid.NullUUID, error) {
	if len(ids) == 0 || ids[0] == "" {
		return uuid.NullUUID{}, nil
	}
	id, err := uuid.Parse(ids[0])
	return uuid.NullUUID{UUID: id, Valid: true}, err
}

func (s *inventoryServer) levels(ctx context.Context, item, location uuid.NullUUID) ([]*pb.InventoryLevel, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+levelColumns+` FROM levels
		WHERE ($1::uuid IS NULL OR item_id = $1) AND ($2::uuid IS NULL OR location_id = $2)
		ORDER BY last_updated DESC`, item, location)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var levels []*pb.InventoryLevel
	for rows.Next() {
		level, err := scanLevel(rows)
		if err != nil {
			return nil, err
		}
		levels = append(levels, level)
	}
	return levels, rows.Err()
}
