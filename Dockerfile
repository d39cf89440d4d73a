# One static binary on an empty image. Build: docker build -t beian:$(git rev-parse --short HEAD) .
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# .git comes along, so that the binary knows its revision (beian worker's build ID).
RUN CGO_ENABLED=0 go build -trimpath -tags nomsgpack -ldflags="-s -w" -o /out/beian . && mkdir /out/tmp && chmod 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/ /
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/beian"]
