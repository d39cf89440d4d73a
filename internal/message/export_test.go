package message

import (
	"fmt"
	"slices"
)

// Faults lists what each answer of Aliyun, of operators and of mail servers means, a line each.
func Faults() (lines []string) {
	for name, table := range map[string]map[string]smsFault{"aliyun": smsFaults, "operator": smsReceipts} {
		for code, f := range table {
			lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s", name, code, f.kind, f.means))
		}
	}
	steps := map[string]smtpStep{"open": smtpOpen, "mail": smtpMail, "rcpt": smtpRcpt, "data": smtpData}
	for name, step := range steps {
		for _, code := range []int{354, 421, 432, 450, 451, 452, 454, 455, 500, 501, 502, 503, 504, 530, 534, 535, 538, 539, 550,
			551, 552, 553, 554, 555, 556} {
			for _, status := range []string{"", "0.0", "1.1", "1.7", "1.8", "2.1", "2.2", "2.3", "3.4", "4.1", "7.1"} {
				given := ""
				if status != "" {
					given = fmt.Sprintf("%d.%s", code/100, status)
				}
				e := smtpError(step, code, given)
				lines = append(lines, fmt.Sprintf("smtp %s\t%d %s\t%s\t%s\t%s", name, code, given, e.Kind, e.Means, e.RetryAfter))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// Defaults are the settings of senders that were given none.
func Defaults() (SMSConfig, MailConfig, error) {
	s, err := NewSMS(SMSConfig{})
	return s.cfg, NewMail(MailConfig{}).cfg, err
}
