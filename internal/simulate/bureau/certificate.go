package bureau

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"github.com/beian/beian/internal/simulate/fault"
)

// certificate serves a filed holder's certificate file: binary, and different for each.
func (s *Server) certificate(w http.ResponseWriter, r *http.Request) {
	f, faulty := s.Faults.Take("certificate")
	if faulty && f.Mode == fault.Slow {
		time.Sleep(f.Delay())
	} else if faulty {
		http.Error(w, "simulated", http.StatusServiceUnavailable)
		return
	}
	id, _ := strconv.ParseInt(r.PathValue("record"), 10, 64)
	s.mu.Lock()
	h := s.index.holderByIsp[id]
	if h == nil {
		h = s.index.holders[id]
	}
	s.mu.Unlock()
	if h == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(certificateBytes(h.Number))
}

// certificateID identifies a holder's certificate: by the provider's ID if there is one.
func (h *holder) certificateID() int64 {
	if h.IspID != 0 {
		return h.IspID
	}
	return h.ID
}

// certificateBytes are a few KB that resemble nothing else.
func certificateBytes(number string) []byte {
	content := []byte("BAZU\x00\x01" + number + "\x00")
	block := sha256.Sum256([]byte(number))
	for i := range uint32(96) {
		block = sha256.Sum256(binary.BigEndian.AppendUint32(block[:], i))
		content = append(content, block[:]...)
	}
	return content
}
