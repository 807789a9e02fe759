// inventory-sync is a test peer: it stands in for the mesh's inventory sync service and behaves as that one does, traps
// included (README.md lists them, and the switches that make it fail on purpose). Nothing of it is in the daemon.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection"

	pb "logistics-engine/inventory-sync/inventorypb"
)

// Streams never end by themselves, so a graceful stop has to have an end.
const stopTimeout = time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:50052", "address of the gRPC port; port 0: any")
	control := flag.String("control", "127.0.0.1:0", "address of the control port (switches and counters)")
	database := flag.String("database-url", os.Getenv("DATABASE_URL"), "postgres://… (default: DATABASE_URL)")
	schema := flag.String("schema", "inventory_sync", "schema of its tables; made when missing")
	seed := flag.String("seed", "", "catalogue to load: a file, or JSON itself; what exists already stays as it is")
	connections := flag.Int("database-connections", 16, "connections to Postgres at most")
	forget := flag.Bool("forget", false, "drops items, levels and reservations at each start, as the real service does")
	flag.Parse()
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*listen, *control, *database, *schema, *seed, *connections, *forget); err != nil {
		log.Fatal(err)
	}
}

func run(listen, control, database, schema, seed string, connections int, forget bool) error {
	db, err := openDatabase(database, schema, connections, forget)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := loadSeed(db, seed); err != nil {
		return err
	}

	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	tracked := trackConnections(listener)
	controlListener, err := net.Listen("tcp", control)
	if err != nil {
		return err
	}

	switches := newSwitches()
	calls := newCallLog()
	// grpc-go's defaults, on purpose: its enforcement of keepalive is trap 14, its missing recovery from panics trap 9.
	watch := watcher{switches: switches, calls: calls, connections: tracked}
	server := grpc.NewServer(grpc.UnaryInterceptor(watch.unary), grpc.StreamInterceptor(watch.stream))
	pb.RegisterInventoryServiceServer(server, &inventoryServer{db: db})
	reflection.Register(server)

	go func() {
		err := http.Serve(controlListener, controlHandler(switches, calls))
		log.Printf("the control port ended: %v", err)
	}()
	go stopOnSignal(server, switches)

	fmt.Printf("ready grpc=%s control=%s\n", listener.Addr(), controlListener.Addr())
	return server.Serve(tracked)
}

// Calls that hang by a switch are let go, so that they end before the process does.
func stopOnSignal(server *grpc.Server, switches *switches) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	switches.clear(0)
	time.AfterFunc(stopTimeout, server.Stop)
	server.GracefulStop()
}

func openDatabase(address, schema string, connections int, forget bool) (*sql.DB, error) {
	address, err := withSchema(address, schema)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := createTables(context.Background(), db, schema, forget); err != nil {
		db.Close()
		return nil, fmt.Errorf("cannot make the tables in schema %s: %w", strconv.Quote(schema), err)
	}
	return db, nil
}
