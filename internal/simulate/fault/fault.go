// Package fault lets a person or a test make a simulator misbehave, over HTTP: be slow, fail, or do the work and
// lose the answer.
package fault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Mode is a way to misbehave.
type Mode string

const (
	// Slow answers correctly after Delay.
	Slow Mode = "slow"
	// Fail refuses the work; Code says how, in the protocol's own terms.
	Fail Mode = "fail"
	// Lose does the work and drops the connection before the answer.
	Lose Mode = "lose"
)

// Fault is one order to misbehave.
type Fault struct {
	// Operation is the simulator's name of what fails (for instance "isp_upload", "SendSms", "STOR"); empty means
	// every operation.
	Operation string `json:"operation"`
	Mode      Mode   `json:"mode"`
	// Code is the protocol's error for Fail; empty leaves it to the simulator.
	Code string `json:"code,omitempty"`
	// Delay is how long Slow waits, in milliseconds.
	DelayMS int `json:"delay_ms,omitempty"`
	// Times is how often it happens; 0 means until it is cleared.
	Times int `json:"times,omitempty"`
}

// Delay is DelayMS as a duration.
func (f Fault) Delay() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

// Board holds the faults of one simulator. Its zero value is ready to use.
type Board struct {
	mu     sync.Mutex
	faults []Fault
}

// Set adds a fault.
func (b *Board) Set(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, f)
}

// Clear removes every fault.
func (b *Board) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = nil
}

// Clean reports whether no fault is left: each was used as often as intended.
func (b *Board) Clean() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.faults) == 0
}

// Take returns the oldest fault for an operation and counts it as used.
func (b *Board) Take(operation string) (Fault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.faults {
		f := b.faults[i]
		if f.Operation != "" && f.Operation != operation {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			b.faults = append(b.faults[:i], b.faults[i+1:]...)
		default:
			b.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

// ServeHTTP lists the faults on GET, adds one (as JSON) on POST and clears
// them on DELETE. Simulators mount it at /faults.
func (b *Board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		var f Fault
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
			http.Error(w, fmt.Sprintf("not a fault: %v", err), http.StatusBadRequest)
			return
		}
		if f.Mode != Slow && f.Mode != Fail && f.Mode != Lose {
			http.Error(w, `"mode" must be "slow", "fail" or "lose"`, http.StatusBadRequest)
			return
		}
		b.Set(f)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodDelete:
		b.Clear()
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		b.mu.Lock()
		list := append([]Fault{}, b.faults...)
		b.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// DropConnection ends an HTTP exchange without an answer, like a network that fails after the work was done.
func DropConnection(w http.ResponseWriter) {
	panic(http.ErrAbortHandler)
}
