package help

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// noticeHeadings is how far a notice's headings are moved down: its title is a
// heading of level 2 already.
const noticeHeadings = 2

var notices = goldmark.New(goldmark.WithExtensions(tables), goldmark.WithParserOptions(
	parser.WithASTTransformers(util.Prioritized(tame{}, 100)),
))

// Notice renders what staff wrote in Markdown. Raw HTML and dangerous links are
// left out, links aren't followed by search engines, pictures show their text.
func Notice(markdown string) (template.HTML, error) {
	var b bytes.Buffer
	if err := notices.Convert([]byte(markdown), &b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

type tame struct{}

// Transform makes a notice fit for a page that isn't its own.
func (tame) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var images []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink:
			n.SetAttributeString("rel", []byte("nofollow noopener noreferrer"))
		case *ast.Heading:
			n.Level = min(n.Level+noticeHeadings, 6)
		case *ast.Image:
			images = append(images, n)
		}
		return ast.WalkContinue, nil
	})
	for _, image := range images {
		parent := image.Parent()
		for child := image.FirstChild(); child != nil; child = image.FirstChild() {
			parent.InsertBefore(parent, image, child)
		}
		parent.RemoveChild(parent, image)
	}
}
