// Package locale contains every text of the user interface, in Chinese and English: one JSON file per topic and
// language, mapping keys to texts. A key begins with its topic, usually the name of a page's file: send_back.lead is
// in send_back.LANGUAGE.json. Names and hints of a form's fields are in the file of the form.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.json
var files embed.FS

// Languages lists the languages, the default first.
var Languages = []string{"zh", "en"}

// Bundle holds the texts of every language.
type Bundle struct {
	// localizers are by language.
	localizers map[string]*Localizer
}

// New loads the embedded files (TOPIC.LANGUAGE.json).
func New() (*Bundle, error) {
	b := i18n.NewBundle(language.Chinese)
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := b.LoadMessageFileFS(files, name); err != nil {
			return nil, fmt.Errorf("locale file %s: %w", name, err)
		}
	}
	localizers := map[string]*Localizer{}
	for _, lang := range Languages {
		localizers[lang] = &Localizer{lang: lang, localizer: i18n.NewLocalizer(b, lang)}
	}
	return &Bundle{localizers}, nil
}

// Keys lists the keys of a language, file by file.
func Keys(lang string) (map[string]bool, error) {
	names, err := fs.Glob(files, "*."+lang+".json")
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, name := range names {
		raw, err := files.ReadFile(path.Base(name))
		if err != nil {
			return nil, err
		}
		var texts map[string]string
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for k := range texts {
			if keys[k] {
				return nil, fmt.Errorf("%s: key %q is also in another file", name, k)
			}
			keys[k] = true
		}
	}
	return keys, nil
}

// Localizer returns texts in one language.
type Localizer struct {
	lang      string
	localizer *i18n.Localizer
	// plain are the texts without placeholders, by key, once looked up: a list shows the same ones in every row.
	plain sync.Map
}

// For returns the Localizer for a language; Chinese for an unknown one.
func (b *Bundle) For(lang string) *Localizer {
	if !strings.HasPrefix(lang, "en") {
		lang = "zh"
	}
	return b.localizers[lang]
}

// Lang is "zh" or "en".
func (l *Localizer) Lang() string { return l.lang }

// T returns the text of a key with its placeholders filled. A missing key returns itself, which a test forbids.
func (l *Localizer) T(key string, args map[string]any) string {
	if text, known := l.plain.Load(key); known && args == nil {
		return text.(string)
	}
	text, err := l.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: args})
	switch {
	case err != nil && text == "":
		return key
	case err == nil && args == nil:
		l.plain.Store(key, text)
	}
	return text
}

// Labelled puts a label before a text, such as a field's name before its error.
func (l *Localizer) Labelled(label, text string) string {
	return l.T("punctuation.labelled", map[string]any{"label": label, "text": text})
}

// List joins names with the language's separator.
func (l *Localizer) List(names []string) string {
	return strings.Join(names, l.T("punctuation.separator", nil))
}

// Has reports whether a key has a text.
func (l *Localizer) Has(key string) bool { return l.T(key, nil) != key }
