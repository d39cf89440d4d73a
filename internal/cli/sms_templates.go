package cli

import (
	"fmt"
	"strings"

	"github.com/beian/beian/internal/message"
)

// smsTemplatesCommand prints what Aliyun must approve.
type smsTemplatesCommand struct {
	PanelURL string `env:"BEIAN_PANEL_URL" help:"public address of the panel; empty: texts without a link"`
	Language string `env:"BEIAN_MESSAGE_LANGUAGE" help:"zh or en" enum:"zh,en" default:"zh"`
}

// Help says what to do with them.
func (smsTemplatesCommand) Help() string {
	return "Submit each text in Aliyun's console as a template of the type that is printed with it, and name the codes " +
		"that Aliyun gives them in BEIAN_SMS_TEMPLATES."
}

// Run prints the templates.
func (c smsTemplatesCommand) Run() error {
	texts, err := message.NewTexts(c.Language)
	if err != nil {
		return err
	}
	params := map[string]string{}
	for _, name := range []string{"user_name", "login", "code", "order", "number", "left", "step", "what"} {
		params[name] = "${" + name + "}"
	}
	if c.PanelURL != "" {
		params[message.PageParam] = strings.TrimRight(c.PanelURL, "/") + "/orders"
	}
	for _, name := range message.SMSTemplates {
		text, err := texts.SMS(name, params)
		if err != nil {
			return err
		}
		kind := "通知短信"
		if !name.Linked() {
			kind = "验证码"
		}
		fmt.Printf("%s\t%s\t%s\n", name, kind, text)
	}
	return nil
}
