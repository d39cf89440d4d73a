package account

import (
	"strings"
)

// What User-Agent headers contain and its name, each before what it imitates.
var (
	browsers = [][2]string{
		{"MicroMessenger/", "WeChat"}, {"DingTalk/", "DingTalk"}, {"MQQBrowser/", "QQ Browser"},
		{"QQBrowser/", "QQ Browser"}, {"UCBrowser/", "UC Browser"}, {"HuaweiBrowser/", "Huawei Browser"},
		{"MiuiBrowser/", "Mi Browser"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"HarmonyOS", "HarmonyOS"}, {"OpenHarmony", "HarmonyOS"}, {"Android", "Android"},
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// deviceOf shortens a User-Agent to what people recognise a device by, without versions. The IP
// address isn't shown: it is personal data, and behind a mobile carrier nobody would recognise it.
func deviceOf(userAgent string) string {
	find := func(list [][2]string) string {
		for _, pair := range list {
			if strings.Contains(userAgent, pair[0]) {
				return pair[1]
			}
		}
		return ""
	}
	return strings.Trim(find(browsers)+" · "+find(systems), " ·")
}
