package help

import (
	"bytes"
	"fmt"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// renderers move an announcement's headings below its title, whose level is the key.
var renderers = map[int]goldmark.Markdown{1: renderer(1), 2: renderer(2)}

func renderer(title int) goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(tables), goldmark.WithParserOptions(
		parser.WithASTTransformers(util.Prioritized(tame{title}, 100)),
	))
}

// RenderAnnouncement renders Markdown written by staff, for use below a title that is a heading of level 1 or 2. It
// drops raw HTML and dangerous links, marks links as nofollow, and replaces pictures with their text.
func RenderAnnouncement(markdown string, title int) (string, error) {
	renderer, ok := renderers[title]
	if !ok {
		return "", fmt.Errorf("announcement title of level %d", title)
	}
	var b bytes.Buffer
	if err := renderer.Convert([]byte(markdown), &b); err != nil {
		return "", err
	}
	return b.String(), nil
}

// tame adapts an announcement for a page of the panel; title is the level of the heading above it.
type tame struct{ title int }

// Transform implements parser.ASTTransformer.
func (t tame) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var images []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink:
			n.SetAttributeString("rel", []byte("nofollow noopener noreferrer"))
		case *ast.Heading:
			n.Level = min(n.Level+t.title, 6)
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
