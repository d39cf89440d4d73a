package help

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"sync"
	"text/template"
)

//go:embed privacy
var privacy embed.FS

// PrivacyData are what a provider's privacy notice names (个人信息保护法, article 17): the provider, whom to ask, and
// how long data are kept, in the reader's words.
type PrivacyData struct {
	Provider, Contact                              string
	Drafts, Papers, Filings, Tickets, Files, Audit string
}

// privacyText is a privacy notice in one language.
type privacyText struct {
	version string
	text    *template.Template
}

var privacyTexts = sync.OnceValues(func() (map[string]privacyText, error) {
	texts := map[string]privacyText{}
	for _, lang := range Languages {
		raw, err := privacy.ReadFile("privacy/" + lang + ".md")
		if err != nil {
			return nil, err
		}
		head, body, _ := strings.Cut(string(raw), "\n")
		version, ok := strings.CutPrefix(head, "version: ")
		if !ok || version == "" {
			return nil, fmt.Errorf("privacy notice, %s: it must start with its version", lang)
		}
		t, err := template.New(lang).Option("missingkey=error").Parse(body)
		if err != nil {
			return nil, err
		}
		texts[lang] = privacyText{version, t}
	}
	return texts, nil
})

// PrivacyVersion is the version of the privacy notice. Changing it asks everybody for consent again.
func PrivacyVersion() (string, error) {
	texts, err := privacyTexts()
	return texts[Languages[0]].version, err
}

// PrivacyNotice renders the privacy notice as HTML in a language; Chinese for an unknown one.
func PrivacyNotice(lang string, data PrivacyData) (string, error) {
	texts, err := privacyTexts()
	if err != nil {
		return "", err
	}
	t, ok := texts[lang]
	if !ok {
		t = texts[Languages[0]]
	}
	var b bytes.Buffer
	if err := t.text.Execute(&b, data); err != nil {
		return "", err
	}
	return RenderAnnouncement(b.String(), 1)
}
