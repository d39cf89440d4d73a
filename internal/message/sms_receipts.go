package message

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
)

// Receipts are what operators report about messages that Aliyun took. Aliyun pushes them (SmsReport,
// https://help.aliyun.com/zh/sms/developer-reference/smsreport-2) and answers questions about them (QuerySendDetails).

func number(means string) smsFault { return smsFault{Recipient, means} }

func again(means string) smsFault { return smsFault{Limit, means} }

// smsReceipts follows Aliyun's list of operators' codes (国内消息 API 错误码, 运营商回执错误码,
// https://help.aliyun.com/zh/sms/developer-reference/api-error-codes). MOBLLE is Aliyun's spelling. The states of
// CMPP 3.0 (5.4.6, Stat) come at the end: older routes pass them on.
var smsReceipts = map[string]smsFault{
	"MOBILE_NOT_ON_SERVICE":   number("switched off, suspended, out of reach, or not in use"),
	"INVALID_NUMBER":          number("not in use, or out of service"),
	"MOBILE_ACCOUNT_ABNORMAL": number("arrears, or ported to another operator"),
	"MOBILE_IN_BLACK":         number("on the operator's or the signature's black list"),
	"MOBLLE_TERMINAL_ERROR":   number("the phone can't take it: its memory is full, or the device is faulty"),
	"MOBILE_TERMINAL_ERROR":   number("the phone can't take it: its memory is full, or the device is faulty"),
	"USER_REJECT":             number("the recipient has unsubscribed"),
	"SP_NOT_BY_INTER_SMS":     number("the recipient takes no SMS from abroad"),
	"REQUEST_SUCCESS":         number("no receipt came, usually because the phone is out of reach"),

	"MOBILE_SEND_LIMIT": again("too many messages to this number"),

	"SP_UNKNOWN_ERROR": wait("the operator gives no reason"),
	"UNKNOWN":          wait("the operator gives no reason"),
	// Aliyun takes closed routes out by itself (阿里云会自动剔除被关停通道).
	"IS_CLOSE": wait("the route was closed"),

	"CONTENT_KEYWORD":                        ours("the operator filters a word"),
	"CONTENT_ERROR":                          ours("advertising without a way to unsubscribe"),
	"PARAMS_ILLEGAL":                         ours("signature, text or number aren't valid"),
	"isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": ours("the text doesn't fit the template's type"),

	"SIGNATURE_BLACKLIST":        account("the operator blocks the signature"),
	"PORT_NOT_REGISTERED":        account("the signature isn't registered with the operator (实名制报备)"),
	"NO_ROUTE":                   account("no route for this kind of message"),
	"isv.ONE_CODE_MULTIPLE_SIGN": account("signatures share an extension code"),
	"isv.CODE_EXCEED_LIMIT":      account("too many extension codes"),
	"isv.CODE_ERROR":             account("the extension code isn't available"),

	"EXPIRED": number("not delivered in time: switched off or out of reach"),
	"UNDELIV": number("out of service, suspended or not in use"),
	"REJECTD": account("the operator rejects it"),
	"DELETED": account("the operator deleted it"),
	"ACCEPTD": wait("the operator's customer service took it"),
}

// notInUse are the codes of numbers that nobody has. Others that blame the number stand for phones that are switched
// off as well.
var notInUse = map[string]bool{"INVALID_NUMBER": true}

// receiptFault says whose fault an operator's code is. What nobody knows is staff's to find out; until then nobody
// tells a customer that the number is wrong.
func receiptFault(code string) smsFault {
	for _, table := range []map[string]smsFault{smsReceipts, smsFaults} {
		if fault, known := table[code]; known {
			return fault
		}
	}
	return account("a code that we don't know")
}

// smsDelivery makes a receipt's outcome. words are the operator's, if there are any.
func smsDelivery(delivered bool, code, words string, at time.Time) filing.Delivery {
	d := filing.Delivery{Outcome: filing.OutcomeDelivered, Code: anonymous(code, maxCode), At: at}
	if !delivered {
		d.Outcome, d.Fault, d.Words = filing.OutcomeRefused, string(receiptFault(code).kind), anonymous(words, maxWords)
		d.Permanent = d.Fault == string(Recipient) && (notInUse[code] || strings.Contains(words, "空号"))
	}
	return d
}

// personal are addresses and numbers of people, which the other side's words may repeat.
var personal = regexp.MustCompile(`[^\s<>()"';:,]+@[^\s<>()"';:,]+|\+?\d[\d -]{5,}\d`)

// anonymous takes addresses and numbers out of the other side's words, and line breaks and what is too long.
func anonymous(words string, most int) string {
	words = strings.Join(strings.Fields(strings.ToValidUTF8(words, "")), " ")
	return shorten(personal.ReplaceAllString(words, "…"), most)
}

// maxCode and maxWords bound what the other side says, in characters.
const (
	maxCode  = 64
	maxWords = 200
)

// SMSReport is one receipt that Aliyun pushed.
type SMSReport struct {
	// Key and To are those of the SMSMessage.
	Key, To string
	filing.Delivery
}

// ReadSMSReports reads what Aliyun pushes: a JSON list. Receipts that don't repeat a key aren't about our messages.
func ReadSMSReports(r io.Reader) (list []SMSReport, err error) {
	var raw []struct {
		PhoneNumber string `json:"phone_number"`
		ReportTime  string `json:"report_time"`
		Success     bool   `json:"success"`
		ErrCode     string `json:"err_code"`
		ErrMsg      string `json:"err_msg"`
		OutID       string `json:"out_id"`
	}
	if err := json.NewDecoder(r).Decode(&raw); err != nil {
		return nil, fmt.Errorf("an SMS report is not a JSON list of receipts: %T", err) // the text may quote a number
	}
	for _, one := range raw {
		if one.OutID == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateTime, one.ReportTime, china)
		if err != nil {
			at = time.Time{}
		}
		list = append(list, SMSReport{one.OutID, one.PhoneNumber, smsDelivery(one.Success, one.ErrCode, one.ErrMsg, at)})
	}
	return list, nil
}
