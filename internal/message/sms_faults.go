package message

import "strings"

// smsFault is what one of Aliyun's codes means and who can mend it.
type smsFault struct {
	kind  Kind
	means string
}

// ours marks what we send as wrong: staff must act, but in our texts, templates or program rather than in the account.
func ours(means string) smsFault { return smsFault{Operator, "our request: " + means} }

func account(means string) smsFault { return smsFault{Operator, means} }

func wait(means string) smsFault { return smsFault{Temporary, means} }

// smsFaults follows Aliyun's list of errors for domestic SMS (国内消息 API 错误码,
// https://help.aliyun.com/zh/sms/developer-reference/api-error-codes) and its gateway's common errors
// (https://api.aliyun.com/document/Dysmsapi/2017-05-25/errorCode). A code of the gateway stands for its variants:
// Throttling also for Throttling.User.
var smsFaults = map[string]smsFault{
	// 手机号码格式错误, 用户已退订推广短信.
	"isv.MOBILE_NUMBER_ILLEGAL": {Recipient, "not a mobile number"},
	"isv.CUSTOMER_REFUSED":      {Recipient, "the recipient has unsubscribed"},

	// 触发云通信流控限制; the message names the level.
	"isv.BUSINESS_LIMIT_CONTROL": {Limit, "too many messages to this number"},

	// 系统错误, 请重新调用.
	"isp.SYSTEM_ERROR":   wait("Aliyun failed"),
	"isp.GATEWAY_ERROR":  wait("Aliyun failed"),
	"Throttling":         wait("too many calls"),
	"ServiceUnavailable": wait("Aliyun failed"),
	"InternalError":      wait("Aliyun failed"),
	// A proxy repeated our call; the next attempt first asks what became of this one.
	"SignatureNonceUsed": wait("the call arrived twice"),

	// 黑名单管控是指变量内容含有限制发送的内容: the black list holds words, not numbers.
	"isv.BLACK_KEY_CONTROL_LIMIT":     ours("a variable contains a forbidden word or an address"),
	"isv.PARAM_NOT_SUPPORT_URL":       ours("a variable contains an address"),
	"isv.PARAM_LENGTH_LIMIT":          ours("a variable is too long"),
	"isv.TEMPLATE_PARAMS_ILLEGAL":     ours("a variable doesn't have the template's type"),
	"isv.TEMPLATE_MISSING_PARAMETERS": ours("the template has a variable that we don't fill"),
	"isv.UNSUPPORTED_CONTENT":         ours("characters that SMS can't carry"),
	"isv.SMS_CONTENT_ILLEGAL":         ours("forbidden content"),
	"isv.INVALID_JSON_PARAM":          ours("variables aren't JSON"),
	"isv.INVALID_PARAMETERS":          ours("wrong parameters"),
	"isv.MOBILE_COUNT_OVER_LIMIT":     ours("too many numbers in a call"), // we send to one
	"InvalidVersion":                  ours("unknown version of the interface"),
	"InvalidAction":                   ours("unknown call"),
	"MissingParameter":                ours("a parameter is missing"),

	"isv.AMOUNT_NOT_ENOUGH":             account("arrears"),
	"isv.OUT_OF_SERVICE":                account("suspended, usually for arrears"),
	"isv.PRODUCT_UN_SUBSCRIPT":          account("SMS isn't activated"),
	"isv.PRODUCT_UNSUBSCRIBE":           account("SMS isn't activated"),
	"isv.ACCOUNT_NOT_EXISTS":            account("no such account"),
	"isv.ACCOUNT_ABNORMAL":              account("the account is blocked"),
	"isv.SECURITY_FROZEN_ACCOUNT":       account("the account is frozen"),
	"isp.RAM_PERMISSION_DENY":           account("the access key lacks AliyunDysmsFullAccess"),
	"isv.DENY_IP_RANGE":                 account("calls from this network are refused"),
	"isv.DAY_LIMIT_CONTROL":             account("the console's daily limit is reached"),
	"isv.MONTH_LIMIT_CONTROL":           account("the console's monthly limit is reached"),
	"isv.SMS_SIGNATURE_ILLEGAL":         account("no such signature, or not approved"),
	"isv.SMS_SIGN_ILLEGAL":              account("the signature is forbidden"),
	"isv.SIGN_STATE_ILLEGAL":            account("the signature is unavailable"),
	"isv.SMS_SIGNATURE_SCENE_ILLEGAL":   account("signature and template are of different types"),
	"isv.EXTEND_CODE_ERROR":             account("signatures share an extension code"),
	"isv.SMS_TEMPLATE_ILLEGAL":          account("no such template, or not approved"),
	"isv.DOMESTIC_NUMBER_NOT_SUPPORTED": account("the template is for numbers abroad"),
	"isv.SMS_TEST_NUMBER_LIMIT":         account("a test signature or template"),
	"isv.SMS_TEST_SIGN_TEMPLATE_LIMIT":  account("a test signature or template"),
	"SignatureDoesNotMatch":             account("wrong access key secret"),
	"InvalidAccessKeyId":                account("unknown or disabled access key"),
	"MissingAccessKeyId":                account("no access key"),
	"InvalidTimeStamp":                  account("this machine's clock is wrong"),
	"Forbidden":                         account("the access key may not make this call"),
}

// businessError sorts Aliyun's codes by who can mend them. Unknown ones go to staff: waiting for them, or blaming the
// recipient, would hide them.
func businessError(code, message string) error {
	if code == "" {
		return &Error{Kind: Temporary, Code: "empty_answer"}
	}
	fault, known := smsFaults[code]
	if !known {
		family, _, _ := strings.Cut(code, ".")
		if fault, known = smsFaults[family]; !known {
			fault = account("a code that we don't know")
		}
	}
	e := &Error{Kind: fault.kind, Code: code, Means: fault.means}
	if fault.kind == Limit {
		e.RetryAfter = limitPause(message)
	}
	return e
}
