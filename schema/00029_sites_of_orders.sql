-- +goose Up
-- Orders of older builds get their sites: in Go (sites.go), because SQL doesn't know the public suffix list.

-- +goose Down
-- Sites stay until their table goes.
