package bureau

import (
	"fmt"
	"net/http"
	"slices"
)

// downloadFaults are codes of a Fail that spoil a download's file instead of
// refusing the call.
var downloadFaults = map[string]bool{"hash": true, "truncated": true, "encoding": true, "duplicate": true}

// outFile waits to be downloaded.
type outFile struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

// Push has a data file downloaded next: its content is what stands inside
// DownloadData, such as <ICP><XGTZ>…</XGTZ></ICP> or <JCDM>…</JCDM>.
func (s *Server) Push(content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(content)
}

func (s *Server) push(content string) {
	s.state.Files++
	s.state.Outbox = append(s.state.Outbox, outFile{
		Name: fmt.Sprintf("DOWN%08d", s.state.Files), Content: `<DownloadData version="V.3.0">` + content + `</DownloadData>`,
	})
}

// pushed is the oldest pushed file that hasn't been acknowledged.
func (s *Server) pushed() (outFile, bool) {
	for _, f := range s.state.Outbox {
		if !slices.Contains(s.state.Acknowledged, f.Name) {
			return f, true
		}
	}
	return outFile{}, false
}

// pushByHand is Push from the page.
func (s *Server) pushByHand(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(r.PostFormValue("content"))
	if err := s.save(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Notice asks for a correction of a filed site (XGTZ).
func Notice(number, text string) string {
	return fmt.Sprintf("<ICP><XGTZ><Tzxx><Tzlb>1</Tzlb><Baxh>%s</Baxh><Tznr>%s</Tznr></Tzxx></XGTZ></ICP>", escape(number), escape(text))
}

// BlacklistedDomain lists a domain, or takes it off (HMDLB).
func BlacklistedDomain(domain string, removed bool) string {
	operation := 0
	if removed {
		operation = 2
	}
	return fmt.Sprintf("<ICP><HMDLB><Wzhmdxxs><Wz_xx><Wzmc>黑名单网站</Wzmc><Ym_xx><Ym>%s</Ym></Ym_xx></Wz_xx><Czlx>%d</Czlx></Wzhmdxxs></HMDLB></ICP>", escape(domain), operation)
}

// CodeTables are an edition of some of the bureau's tables (JCDM) that differs
// from the built-in one: language 10 is new, 9 is no longer valid.
const CodeTables = `<JCDM><Jcdm_xx>` +
	`<Yylb_dms><Yylb><Id>1</Id><Mc>中文简体</Mc><Sfyx>1</Sfyx></Yylb><Yylb><Id>9</Id><Mc>其它</Mc><Sfyx>0</Sfyx></Yylb><Yylb><Id>10</Id><Mc>藏语</Mc><Sfyx>1</Sfyx></Yylb></Yylb_dms>` +
	`</Jcdm_xx></JCDM>`
