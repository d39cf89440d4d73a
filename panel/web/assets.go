package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

//go:embed assets/*
var assetFiles embed.FS

const assetsPath = "/assets/"

// asset is a file of the pages.
type asset struct {
	plain, zipped []byte
	// version is a hash of the content, which is in the file's address.
	version string
}

// assets are the files by name. They are compiled in, so nothing can be wrong with them.
var assets = func() map[string]asset {
	list := map[string]asset{}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		plain, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(plain)
		list[e.Name()] = asset{plain, zip(plain), hex.EncodeToString(sum[:8])}
	}
	return list
}()

func zip(plain []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// Asset is a file's address. It changes with the content, so that browsers may keep what they have for ever.
func Asset(name string) string { return assetsPath + assets[name].version + "/" + name }

// serveAsset also knows other versions' addresses, which pages of another build use during a roll-out; those must be
// asked for again.
func (k *Kit) serveAsset(c *gin.Context) {
	version, name := path.Split(strings.Trim(c.Param("filepath"), "/"))
	a, ok := assets[name]
	if !ok || strings.Count(version, "/") > 1 {
		k.Fail(c, store.ErrNotFound)
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-cache")
	if version == a.version+"/" {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	content, etag := a.plain, a.version
	if acceptsGzip(c.GetHeader("Accept-Encoding")) {
		content, etag = a.zipped, a.version+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", fmt.Sprintf("%q", etag))
	http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reports whether a browser decodes gzip: all do, unless a header says "gzip;q=0".
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(coding, "gzip") {
			return strings.Trim(strings.TrimPrefix(strings.ToLower(quality), "q="), "0.") != "" || quality == ""
		}
	}
	return false
}
