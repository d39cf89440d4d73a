package bureau_test

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
)

// script is a bureau that gives the answer it is told to, and keeps what it was asked.
type script struct {
	status       int
	answer, body string
	sent         string
	path         string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	s.sent, s.path = string(raw), r.URL.Path
	w.WriteHeader(s.status)
	if s.body != "" {
		_, _ = io.WriteString(w, s.body)
		return
	}
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(s.answer))
	_, _ = fmt.Fprintf(w, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><r><return>%s</return></r>`+
		`</e:Body></e:Envelope>`, escaped.String())
}

// parameter is what was sent for a parameter.
func (s *script) parameter(name string) string {
	_, rest, _ := strings.Cut(s.sent, "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	return value
}

func scripted(t *testing.T) (*script, *bureau.Client) {
	t.Helper()
	s := &script{status: http.StatusOK}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, bureau.New(bureau.Config{BaseURL: server.URL + "/", ISPID: 310001, UserName: "u", Password: "p"})
}

func returns(code int, more string) string {
	return fmt.Sprintf(`<return><msg_code>%d</msg_code><msg> text </msg>%s</return>`, code, more)
}

// What every code of the list in 3-4 requires.
func TestWhatEachCodeRequires(t *testing.T) {
	want := map[bureau.Action][]int{
		bureau.GoOn: {0, 1, 2, 3}, bureau.Rebuild: {6, 7, 8}, bureau.FillGap: {14}, bureau.TryLater: {15, 20, 901, 902, 999},
		bureau.TellCustomer: {22}, bureau.TellStaff: {4, 5, 9, 10, 11, 12, 13, 16, 17, 18, 19, 21, 23, -1, 900, 903},
	}
	for action, codes := range want {
		for _, code := range codes {
			require.Equal(t, action, bureau.Answer{Code: code}.Action(), code)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	s, c := scripted(t)
	ctx := t.Context()
	s.answer = returns(0, "")
	a, err := c.Upload(ctx, 41, []byte("zip"))
	require.NoError(t, err)
	require.Equal(t, bureau.Answer{Message: "text"}, a)
	require.Equal(t, "/ISPWebService/upDownLoad", s.path)
	for name, want := range map[string]string{"ispId": "310001", "userName": "u", "dataSequence": "41", "beianInfo": "emlw",
		"beianInfoHash": bureau.Digest([]byte("zip")), "encryptAlgorithm": "0", "hashAlgorithm": "0", "compressionFormat": "0"} {
		require.Equal(t, want, s.parameter(name), name)
	}
	require.Len(t, s.parameter("randVal"), 20)
	before := s.parameter("randVal")
	_, err = c.DownloadAck(ctx, "DOWN<1>")
	require.NoError(t, err)
	require.Equal(t, "DOWN&lt;1&gt;", s.parameter("fileName"))
	require.NotEqual(t, before, s.parameter("randVal"), "each call has its own")
	require.EqualValues(t, 310001, c.ISPID())
	require.Equal(t, "V.3.0", c.Version())
	s.answer = returns(0, "<StatusInfo><Bazt>1</Bazt></StatusInfo>")
	_, _, err = c.QueryStatus(ctx, 11, "T1")
	require.NoError(t, err)
	require.Equal(t, "/BeianStatusWebService/queryBeianStatus", s.path)
	require.Equal(t, "11", s.parameter("queryConditionType"))
	_, _, err = c.QueryStatus(ctx, -1, "T1")
	require.ErrorContains(t, err, "-1")
	s.answer = returns(0, "<VerifyRes> 0 </VerifyRes>")
	_, _, err = c.VerifyPassword(ctx, "沪ICP备05000940号", "secret")
	require.NoError(t, err)
	require.Equal(t, "/BeianStatusWebService/verifyBamm", s.path)
	require.Equal(t, "secret", s.parameter("bamm"))
}

// An answer that isn't the interface's is an error that names the method, never a success.
func TestAnswersThatArentTheInterfaces(t *testing.T) {
	s, c := scripted(t)
	const fault = `<e:Envelope xmlns:e="x"><e:Body><e:Fault><faultcode>%s</faultcode><faultstring>secret</faultstring></e:Fault></e:Body></e:Envelope>`
	for name, answer := range map[string]struct {
		script
		want string
	}{
		"no code":       {script{status: 200, answer: "<return><msg>x</msg></return>"}, "has no msg_code"},
		"no XML":        {script{status: 200, answer: "0"}, "not the XML of the interface"},
		"no envelope":   {script{status: 200, body: "<html></html>"}, "not a SOAP envelope"},
		"a page of 404": {script{status: 404, answer: returns(0, "")}, "HTTP 404"},
		"a fault":       {script{status: 500, body: fmt.Sprintf(fault, "e:Server")}, "SOAP fault: Server"},
		"a fault as 200": {script{status: 200, body: fmt.Sprintf(fault, "Client.Authentication")},
			"SOAP fault: Client.Authentication"},
		"a fault's odd code": {script{status: 500, body: fmt.Sprintf(fault, "e:1 secret")}, "SOAP fault"},
		"a long code":        {script{status: 500, body: fmt.Sprintf(fault, strings.Repeat("a", 41))}, "SOAP fault"},
		"no sequence": {script{status: 200, answer: returns(14, "<dataSequences><dataSequence>x</dataSequence></dataSequences>")},
			"malformed sequence"},
		"sequence 0": {script{status: 200, answer: returns(14, "<dataSequences><dataSequence>0</dataSequence></dataSequences>")},
			"malformed sequence"},
	} {
		*s = answer.script
		_, err := c.Upload(t.Context(), 1, []byte("zip"))
		require.ErrorContains(t, err, "isp_upload: ", name)
		require.ErrorContains(t, err, answer.want, name)
		require.NotContains(t, err.Error(), "secret", name)
	}
	*s = script{status: 200, answer: returns(14,
		"<dataSequences><dataSequence>1,2;3 4</dataSequence><dataSequence>5</dataSequence></dataSequences>")}
	a, err := c.Upload(t.Context(), 9, []byte("zip"))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3, 4, 5}, a.Missing)
}

func TestAnswersOfQueries(t *testing.T) {
	s, c := scripted(t)
	ctx := t.Context()
	for more, want := range map[string]string{
		"": "no StatusInfo", "<StatusInfo></StatusInfo>": "neither 0 nor 1", "<StatusInfo><Bazt>2</Bazt></StatusInfo>": "neither 0 nor 1",
		"<StatusInfo><Bazt>1</Bazt><Wzmc>x</Wzmc></StatusInfo>": "", "<StatusInfo><Bazt> 0 </Bazt></StatusInfo>": "",
	} {
		s.answer = returns(0, more)
		status, _, err := c.QueryStatus(ctx, 0, "example.com")
		if want != "" {
			require.ErrorContains(t, err, want, more)
			continue
		}
		require.NoError(t, err, more)
		require.Equal(t, filing.Status{Filed: strings.Contains(more, " 0 ")}, status)
	}
	for more, want := range map[string]bool{"<VerifyRes> 0 </VerifyRes>": true, "<VerifyRes>1</VerifyRes>": false} {
		s.answer = returns(0, more)
		right, _, err := c.VerifyPassword(ctx, "n", "p")
		require.NoError(t, err)
		require.Equal(t, want, right)
	}
	s.answer = returns(0, "<VerifyRes>2</VerifyRes>")
	_, _, err := c.VerifyPassword(ctx, "n", "p")
	require.ErrorContains(t, err, "neither 0 nor 1")
	s.answer = returns(22, "<VerifyRes>0</VerifyRes>")
	right, a, err := c.VerifyPassword(ctx, "n", "p")
	require.NoError(t, err)
	require.False(t, right, "the code says that nothing was verified")
	require.Equal(t, 22, a.Code)
}

func TestAnswersWithFiles(t *testing.T) {
	s, c := scripted(t)
	ctx := t.Context()
	zipped, err := bureau.Pack("x", []byte("<a/>"))
	require.NoError(t, err)
	info := func(sequence, cipher, hash string) string {
		return fmt.Sprintf(`<fileInfos><encryptAlgorithm>%s</encryptAlgorithm><dataSequence>%s</dataSequence>`+
			`<return_FileName> F1 </return_FileName><beianInfo>%s</beianInfo><beianInfoHash>%s</beianInfoHash></fileInfos>`,
			cipher, sequence, base64Of(zipped), hash)
	}
	right := bureau.Digest(zipped)
	s.answer = returns(0, info("", "", right))
	file, _, err := c.Download(ctx)
	require.NoError(t, err)
	require.Equal(t, &bureau.DownloadedFile{Name: "F1", XML: []byte("<a/>")}, file)
	for _, none := range []string{"", "<fileInfos></fileInfos>"} {
		s.answer = returns(0, none)
		file, _, err = c.Download(ctx)
		require.NoError(t, err)
		require.Nil(t, file)
	}
	s.answer = returns(15, info("", "", right))
	file, _, err = c.Download(ctx)
	require.NoError(t, err)
	require.Nil(t, file, "the code says that there is none")
	s.answer = returns(0, info("", "2", right))
	_, _, err = c.Download(ctx)
	require.ErrorContains(t, err, "cipher")
	s.answer = returns(0, info("", "0", bureau.Digest(nil)))
	_, _, err = c.Download(ctx)
	require.ErrorIs(t, err, bureau.ErrHash)
	s.answer = returns(0, info("", "1", right))
	_, _, err = c.Download(ctx)
	require.ErrorContains(t, err, "16 bytes")

	s.answer = returns(0, info("7", "0", right))
	last, _, err := c.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.Equal(t, bureau.PreviousUpload{Sequence: 7, FileName: "F1", Zipped: zipped, Digest: right}, last)
	for _, sequence := range []string{"x", "-1"} {
		s.answer = returns(0, info(sequence, "0", right))
		_, _, err = c.QueryPreviousUpload(ctx)
		require.ErrorContains(t, err, "not a number", sequence)
	}
	for _, sequence := range []string{"", "0"} {
		s.answer = returns(0, info(sequence, "0", "wrong"))
		last, _, err = c.QueryPreviousUpload(ctx)
		require.NoError(t, err, "nothing was ever submitted, whatever else is there")
		require.Zero(t, last.Sequence)
		require.Nil(t, last.Zipped)
	}
}

func TestCertificatesAreLimited(t *testing.T) {
	s, c := scripted(t)
	fetch := func(status, size int) error {
		*s = script{status: status, body: strings.Repeat("x", size)}
		content, err := c.FetchCertificate(t.Context(), "/certs/1.cert")
		if err == nil {
			require.Len(t, content, size)
			require.Equal(t, "/certs/1.cert", s.path)
		}
		return err
	}
	require.NoError(t, fetch(200, 1))
	require.NoError(t, fetch(200, 1<<20))
	require.ErrorContains(t, fetch(200, 1<<20+1), "too big")
	require.ErrorContains(t, fetch(404, 5), "404")
	_, err := c.FetchCertificate(t.Context(), "https://elsewhere.example/1")
	require.ErrorContains(t, err, "another host")
}

// When to try again after each answer.
func TestWhenToTryAgain(t *testing.T) {
	now := time.Date(2026, 11, 25, 20, 0, 0, 0, bureau.China)
	settings := bureau.Hours{From: 8 * time.Hour, To: 18 * time.Hour}
	day := func(hours float64) time.Duration { return time.Duration(hours * float64(time.Hour)) }
	for name, c := range map[string]struct {
		answer bureau.Answer
		want   time.Duration
	}{
		"a full queue":           {bureau.Answer{Code: 15}, 10 * time.Minute},
		"maintenance":            {bureau.Answer{Code: 901}, 15 * time.Minute},
		"another":                {bureau.Answer{Code: 902}, 15 * time.Minute},
		"anything":               {bureau.Answer{Code: 999}, time.Minute},
		"hours that are named":   {bureau.Answer{Code: 20, Message: "上报时间：9:30－17:00"}, day(13.5)},
		"those in the settings":  {bureau.Answer{Code: 20}, day(12)},
		"hours that include now": {bureau.Answer{Code: 20, Message: "00:00-24:00"}, 15 * time.Minute},
	} {
		require.Equal(t, c.want, c.answer.ResumeAt(now, settings).Sub(now), name)
	}
}

func TestHoursAtTheirEnds(t *testing.T) {
	day, night := bureau.Hours{From: 9 * time.Hour, To: 17 * time.Hour}, bureau.Hours{From: 22 * time.Hour, To: 6 * time.Hour}
	midnight := time.Date(2026, 11, 25, 0, 0, 0, 0, bureau.China)
	for _, c := range []struct {
		hours    bureau.Hours
		at, want time.Duration
	}{
		{day, 9*time.Hour - 1, 9 * time.Hour}, {day, 9 * time.Hour, 9 * time.Hour}, {day, 17*time.Hour - 1, 17*time.Hour - 1},
		{day, 17 * time.Hour, 33 * time.Hour}, {night, 6*time.Hour - 1, 6*time.Hour - 1}, {night, 6 * time.Hour, 22 * time.Hour},
		{night, 22 * time.Hour, 22 * time.Hour}, {night, 23 * time.Hour, 23 * time.Hour}, {bureau.Hours{}, 5, 5},
	} {
		require.Equal(t, c.want, c.hours.Next(midnight.Add(c.at)).Sub(midnight), "%v at %v", c.hours, c.at)
	}
	for text, ok := range map[string]bool{"00:00-24:00": true, "24:00-06:00": true, "24:01-06:00": false, "06:00-24:30": false,
		"09:00-09:00": false, "9-17": false, "25:00-26:00": false, "9:60-10:00": false, "": true} {
		_, err := bureau.ParseHours(text)
		require.Equal(t, ok, err == nil, text)
	}
}

// Whose record a result is, by each kind of key.
func TestWhoseResultItIs(t *testing.T) {
	for _, c := range []struct {
		r    bureau.Result
		want int64
	}{
		{bureau.Result{Key: "7"}, 7}, {bureau.Result{Operation: 1, Key: "7"}, 7}, {bureau.Result{Operation: 1, Key: "0"}, 0},
		{bureau.Result{Operation: 1, Key: "-7"}, 0}, {bureau.Result{Operation: 1, Key: "x"}, 0},
		{bureau.Result{Operation: 1, Key: "1"}, 1},
		{bureau.Result{Operation: 2, Review: true, Key: "7001"}, 7}, {bureau.Result{Operation: 2, Key: "7001"}, 0},
		{bureau.Result{Operation: 2, Review: true, Key: "7002"}, 0}, {bureau.Result{Operation: 3, Key: "7002"}, 7},
		{bureau.Result{Operation: 3, Key: "7001"}, 0}, {bureau.Result{Operation: 4, Key: "7001"}, 0},
		{bureau.Result{Operation: 5, Key: "7002"}, 0},
	} {
		require.Equal(t, c.want, bureau.OwnRecord(c.r), c.r)
	}
	records := func(holder, site, access int64) []int64 {
		return bureau.RecordsOf(filing.FiledHolder{OurHolderID: holder}, filing.FiledSite{OurID: site},
			filing.FiledAccess{OurID: access})
	}
	require.Equal(t, []int64{7}, records(9, 7001, 7002))
	require.Equal(t, []int64{7, 8}, records(9, 7001, 8002))
	require.Equal(t, []int64{9}, records(9, 0, 0))
	require.Empty(t, records(0, 0, 0))
	require.Empty(t, records(9, 7002, 7001), "IDs of other parts")
	require.Empty(t, records(9, 7002, 0))
	require.Empty(t, records(9, 1, 2), "record 0 doesn't exist")
	subject := filing.Subject{HolderID: 1, HolderNumber: "H", SiteID: 2, SiteNumber: "S", AccessID: 3}
	for kind, want := range map[filing.Kind]bureau.Keys{
		filing.KindNew: {Operation: 1}, filing.KindNewSite: {Operation: 2, Result: []string{"P"}},
		filing.KindNewAccess:    {Operation: 3, Result: []string{"P"}},
		filing.KindChange:       {Operation: 4, Review: "1", Result: []string{"1", "H"}},
		filing.KindCancelAccess: {Operation: 5, Review: "3", Result: []string{"3"}},
		filing.KindEndHolder:    {Operation: 6, Review: "1", Result: []string{"1", "H"}},
		filing.KindEndSite:      {Operation: 7, Review: "2", Result: []string{"2", "S"}},
	} {
		require.Equal(t, want, bureau.KeysOf(filing.Dossier{Kind: kind, Subject: subject,
			OwnershipProof: filing.OwnershipProof{Number: "P"}}), kind)
	}
	require.Equal(t, "1.2.3.4", bureau.AddressText(0x01020304))
}

func TestOurIDsAreFoundInFiles(t *testing.T) {
	file, _, err := bureau.BuildRecords(version, 310001, records())
	require.NoError(t, err)
	ids, err := bureau.RecordIDs(file)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, ids)
	ids, err = bureau.AddressIDs(file)
	require.NoError(t, err)
	require.Empty(t, ids, "a file of filings has no blocks")
	blocks := []bureau.AddressBlock{{Operation: bureau.AddAddresses, ID: 8, From: 1, To: 2, Source: 5},
		{Operation: bureau.AddAddresses, ID: 9, From: 3, To: 4, Use: bureau.Reserved},
		{Operation: bureau.ChangeAddresses, ID: 10, BureauID: 77, From: 5, To: 6, Use: bureau.Reserved},
		{Operation: bureau.ChangeAddresses, ID: 11, From: 5, To: 6, Use: bureau.Reserved}}
	file, unfit, err := bureau.BuildAddresses(version, 310001, blocks)
	require.NoError(t, err)
	require.Equal(t, map[int64]filing.Unfit{11: {Code: bureau.CodeSchema}}, unfit, "the bureau's ID is missing")
	ids, err = bureau.AddressIDs(file)
	require.NoError(t, err)
	require.Equal(t, []int64{8, 9}, ids)
	ids, err = bureau.RecordIDs(file)
	require.NoError(t, err)
	require.Empty(t, ids)
	for i, b := range blocks {
		require.Equal(t, i < 3, bureau.HoldsAddresses(file, version, 310001, b), i)
	}
	moved := blocks[0]
	moved.To++
	require.False(t, bureau.HoldsAddresses(file, version, 310001, moved))
	for _, n := range []int{0, 1001} {
		_, _, err = bureau.BuildAddresses(version, 310001, make([]bureau.AddressBlock, n))
		require.ErrorContains(t, err, "1 to 1,000", n)
	}
	_, err = bureau.RecordIDs([]byte("<a>"))
	require.Error(t, err)
	_, err = bureau.AddressIDs([]byte("<a>"))
	require.Error(t, err)
}

func TestFilesAreCompared(t *testing.T) {
	require.True(t, bureau.SameXML([]byte("<a><b>x</b></a>"), []byte("<a>\n <b> x </b>\n</a>")))
	require.False(t, bureau.SameXML([]byte("<a><b>x</b></a>"), []byte("<a><b>y</b></a>")))
	require.False(t, bureau.SameXML([]byte("<a>"), []byte("<a>")), "broken files aren't the same")
	require.False(t, bureau.SameXML([]byte("<a/>"), []byte("<a>")))
	gbk := append([]byte(`<?xml version="1.0" encoding="GBK"?><a>`), 0xb1, 0xb8) // 备
	require.Equal(t, `<?xml version="1.0" encoding="GBK"?><a>备`, string(bureau.Text(gbk)))
	require.Equal(t, gbk[len(gbk)-2:], bureau.Text(gbk[len(gbk)-2:]), "another encoding stays")
	require.Equal(t, "GBK", string(bureau.Text([]byte("GBK"))))
}

func TestBuildersTakeAThousand(t *testing.T) {
	empty := make([]bureau.StaffRecord, 1001)
	for i := range empty {
		empty[i].ID = int64(i)
	}
	file, _, err := bureau.BuildStaffRecords(version, 310001, empty[:1000])
	require.NoError(t, err)
	require.Nil(t, file, "none of them is anything")
	_, _, err = bureau.BuildStaffRecords(version, 310001, empty)
	require.ErrorContains(t, err, "1001 records")
	for name, want := range map[string]int64{"ISP1S0000000001": 1, "ISP1S0000000000": 0, " ISP12S0000000010.xml ": 10,
		"ISP1S000000001": 0, "xISP1S0000000001": 0} {
		got, ok := bureau.SequenceOf(name)
		require.Equal(t, want, got, name)
		require.Equal(t, want > 0, ok, name)
	}
	require.Equal(t, "ISP310001S0000000042", bureau.FileName(310001, 42))
}

func base64Of(content []byte) string { return base64.StdEncoding.EncodeToString(content) }
