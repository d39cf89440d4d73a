package config

import "errors"

// DevelopmentOnly returns an error that names the settings which harm customers outside development: they send
// connections elsewhere, or in clear.
func (b Base) DevelopmentOnly(sms SMS, website Website) error {
	if b.Development {
		return nil
	}
	var problems []error
	if len(website.ConnectTo) > 0 {
		problems = append(problems, errors.New("BEIAN_CONNECT_TO sends connections to customers' sites elsewhere: unset it"+
			" (BEIAN_DEVELOPMENT permits it where no customers are served)"))
	}
	if sms.Scheme == "HTTP" {
		problems = append(problems, errors.New("BEIAN_SMS_SCHEME: HTTP sends codes in clear: want HTTPS"+
			" (BEIAN_DEVELOPMENT permits it where no customers are served)"))
	}
	return errors.Join(problems...)
}
