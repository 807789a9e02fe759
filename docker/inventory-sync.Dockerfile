# The tests' stand-in for the inventory sync service, to try the remote inventory with (docker/compose.yaml, profile
# remote-inventory). Not for production: its tables are its own and its traps are meant.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/install-deps /opt/
RUN /opt/install-deps --peer
COPY tests/peers/inventory-sync/go.mod tests/peers/inventory-sync/go.sum ./
RUN go mod download
COPY tests/peers/inventory-sync/ ./
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags=-s -o /out/inventory-sync .

FROM scratch
COPY --from=build /out/ /usr/bin/
USER 65532:65532
EXPOSE 50052
ENTRYPOINT ["/usr/bin/inventory-sync"]
CMD ["--listen", "0.0.0.0:50052"]
