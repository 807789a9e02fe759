package main

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/lib/pq"
)

//go:embed schema.sql
var tables string

// Any number, the same in every instance: two that start together on one database must not make the tables at once.
const createLock = 5005200

// withSchema makes every connection see the schema's tables by their bare names. TLS only where the URL asks for it.
func withSchema(address, schema string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(parsed.Scheme, "postgres") {
		return "", errors.New("--database-url (or DATABASE_URL) has to be postgres://…")
	}
	query := parsed.Query()
	query.Set("search_path", pq.QuoteIdentifier(schema))
	if query.Get("sslmode") == "" {
		query.Set("sslmode", "disable")
	}
	parsed.RawQuery = query.Encode()
	return parsed.String(), nil
}

// The real service keeps its locations only (trap 15).
const forgetTables = "DROP TABLE IF EXISTS reservations, levels, items"

func createTables(ctx context.Context, db *sql.DB, schema string, forget bool) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", createLock); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pq.QuoteIdentifier(schema)); err != nil {
		return err
	}
	if forget {
		if _, err := tx.ExecContext(ctx, forgetTables); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, tables); err != nil {
		return err
	}
	return tx.Commit()
}

// The catalogue that --seed loads. A location that only a level names is made, too.
type seed struct {
	Locations []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"locations"`
	Items []struct {
		ID       string           `json:"id"`
		SKU      string           `json:"sku"`
		Name     string           `json:"name"`
		Category string           `json:"category"`
		Levels   map[string]int64 `json:"levels"` // location id -> quantity
	} `json:"items"`
}

// loadSeed reads JSON, or the file that is named. What is there already keeps its values, so that a restart with the
// same flag changes nothing.
func loadSeed(db *sql.DB, source string) error {
	if source == "" {
		return nil
	}
	text := []byte(source)
	if !strings.HasPrefix(strings.TrimSpace(source), "{") {
		var err error
		if text, err = os.ReadFile(source); err != nil {
			return err
		}
	}
	var wanted seed
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wanted); err != nil {
		return fmt.Errorf("--seed: %w", err)
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := insertSeed(tx, wanted); err != nil {
		return fmt.Errorf("--seed: %w", err)
	}
	return tx.Commit()
}

func insertSeed(tx *sql.Tx, wanted seed) error {
	const insertLocation = "INSERT INTO locations (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
	for _, location := range wanted.Locations {
		if _, err := tx.Exec(insertLocation, location.ID, location.Name); err != nil {
			return err
		}
	}
	for _, item := range wanted.Items {
		_, err := tx.Exec("INSERT INTO items (id, sku, name, category) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			item.ID, item.SKU, item.Name, item.Category)
		if err != nil {
			return err
		}
		for location, quantity := range item.Levels {
			if _, err := tx.Exec(insertLocation, location, ""); err != nil {
				return err
			}
			_, err := tx.Exec(
				"INSERT INTO levels (item_id, location_id, quantity, available) VALUES ($1, $2, $3, $3) ON CONFLICT DO NOTHING",
				item.ID, location, quantity)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
