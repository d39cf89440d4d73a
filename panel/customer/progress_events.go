package customer

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// watchEvery is how often one query polls all watched filings.
	watchEvery = time.Second
	// heartbeatEvery keeps a quiet stream alive: proxies cut silent connections after a minute, some after half of that.
	heartbeatEvery = 15 * time.Second
	// streamFor is how long a stream lasts. Browsers then reconnect, which checks the session again
	// and spreads streams over panels.
	streamFor = 5 * time.Minute
	// reopenAfter is how long browsers wait before they reconnect.
	reopenAfter = 3 * time.Second
	// maxStreams limits a panel's streams; pages without one reload instead.
	maxStreams = 5000
	// maxStreamsEach limits those of one customer: enough for tabs, not for scripts.
	maxStreamsEach = 12
)

// watch tells listeners when filings move on. While anybody listens it runs one query every
// watchEvery, however many listen.
type watch struct {
	seqs func(context.Context, []int64) (map[int64]int64, error)

	mu        sync.Mutex
	listeners map[int64]map[*listener]bool
	each      map[int64]int
	total     int
	running   bool
	// done is closed to end every stream when the panel stops.
	done chan struct{}
	end  sync.Once
}

type listener struct {
	filing, user int64
	// moved carries the newest sequence number; it replaces one that wasn't received yet.
	moved chan int64
	// sent is the number that was sent there last.
	sent int64
}

func newWatch(seqs func(context.Context, []int64) (map[int64]int64, error)) *watch {
	return &watch{seqs: seqs, listeners: map[int64]map[*listener]bool{}, each: map[int64]int{}, done: make(chan struct{})}
}

// join listens to a filing; nil if there are too many listeners.
func (w *watch) join(filing, user int64) *listener {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.total >= maxStreams || w.each[user] >= maxStreamsEach {
		return nil
	}
	l := &listener{filing: filing, user: user, moved: make(chan int64, 1)}
	if w.listeners[filing] == nil {
		w.listeners[filing] = map[*listener]bool{}
	}
	w.listeners[filing][l] = true
	w.total++
	w.each[user]++
	if !w.running {
		w.running = true
		go w.run()
	}
	return l
}

func (w *watch) leave(l *listener) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.listeners[l.filing], l)
	if len(w.listeners[l.filing]) == 0 {
		delete(w.listeners, l.filing)
	}
	w.total--
	if w.each[l.user]--; w.each[l.user] == 0 {
		delete(w.each, l.user)
	}
}

// close ends every stream, so that a stopping panel needn't wait for them.
func (w *watch) close() { w.end.Do(func() { close(w.done) }) }

func (w *watch) run() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		w.mu.Lock()
		ids := slices.Collect(maps.Keys(w.listeners))
		if len(ids) == 0 {
			w.running = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 5*watchEvery)
		seqs, err := w.seqs(ctx, ids)
		cancel()
		if err != nil {
			continue // the next query may succeed, and pages reload as well
		}
		w.notify(seqs)
	}
}

func (w *watch) notify(seqs map[int64]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for filing, seq := range seqs {
		for l := range w.listeners[filing] {
			if seq == l.sent {
				continue
			}
			l.sent = seq
			select {
			case <-l.moved:
			default:
			}
			l.moved <- seq // there is room: only this goroutine sends
		}
	}
}

// events is a filing's progress as server-sent events. Each has only the sequence number of the newest
// step; the page then fetches its progress.
func (p *Pages) events(c *gin.Context, cur Current) error {
	l := p.watch.join(cur.Filing.ID, p.UserID(c))
	if l == nil {
		c.Status(http.StatusServiceUnavailable)
		return nil
	}
	defer p.watch.leave(l)
	control := http.NewResponseController(c.Writer)
	// Each write has its own deadline, which mustn't remain for the connection's next request.
	defer control.SetWriteDeadline(time.Time{}) //nolint:errcheck // the connection is gone then
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx
	known := newestSeen(c)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(heartbeatEvery))
		_, err := fmt.Fprint(c.Writer, text)
		if err == nil {
			err = control.Flush()
		}
		return err == nil
	}
	if !send(fmt.Sprintf("retry: %d\n\n", reopenAfter.Milliseconds())) {
		return nil
	}
	if cur.Filing.Seq > known { // it moved on before this stream listened
		known = cur.Filing.Seq
		if !send(event(known)) {
			return nil
		}
	}
	beat, over := time.NewTicker(heartbeatEvery), time.NewTimer(streamFor)
	defer beat.Stop()
	defer over.Stop()
	for alive := true; alive; {
		select {
		case <-c.Request.Context().Done():
			return nil
		case <-p.watch.done:
			return nil
		case <-over.C:
			return nil
		case <-beat.C:
			alive = send(": here\n\n")
		case seq := <-l.moved:
			if seq > known {
				known = seq
				alive = send(event(known))
			}
		}
	}
	return nil
}

func event(seq int64) string { return fmt.Sprintf("id: %d\nevent: progress\ndata: %d\n\n", seq, seq) }

// newestSeen is the newest step that the page or its last stream showed; 0 if unknown.
func newestSeen(c *gin.Context) int64 {
	shown, _ := strconv.ParseInt(c.Query("seen"), 10, 64)
	last, _ := strconv.ParseInt(c.GetHeader("Last-Event-ID"), 10, 64)
	return max(shown, last, 0)
}
