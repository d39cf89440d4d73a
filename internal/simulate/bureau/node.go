package bureau

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// node is an XML element as submitted.
type node struct {
	Name string  `json:"n"`
	Text string  `json:"t,omitempty"`
	Kids []*node `json:"k,omitempty"`
	// version is the attribute of a data file's root.
	version string
}

const maxDepth = 64

// parse reads a data file in its declared encoding.
func parse(content []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(content))
	d.CharsetReader = charsetReader
	top := &node{}
	open := []*node{top}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(top.Kids) != 1 {
				return nil, fmt.Errorf("%d root elements", len(top.Kids))
			}
			return top.Kids[0], nil
		} else if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{Name: t.Name.Local}
			for _, a := range t.Attr {
				if a.Name.Local == "version" {
					n.version = a.Value
				}
			}
			last.Kids = append(last.Kids, n)
			if open = append(open, n); len(open) > maxDepth {
				return nil, fmt.Errorf("nested deeper than %d", maxDepth)
			}
		case xml.EndElement:
			if len(last.Kids) > 0 {
				last.Text = ""
			}
			open = open[:len(open)-1]
		case xml.CharData:
			last.Text += string(t)
		}
	}
}

// all lists the elements at a path such as "Zt_xx/Zj".
func (n *node) all(path string) []*node {
	if n == nil {
		return nil
	}
	name, rest, deeper := strings.Cut(path, "/")
	var list []*node
	for _, k := range n.Kids {
		if k.Name != name {
			continue
		}
		if deeper {
			list = append(list, k.all(rest)...)
		} else {
			list = append(list, k)
		}
	}
	return list
}

func (n *node) first(path string) *node {
	if list := n.all(path); len(list) > 0 {
		return list[0]
	}
	return nil
}

func (n *node) text(path string) string {
	if f := n.first(path); f != nil {
		return strings.TrimSpace(f.Text)
	}
	return ""
}

// number is 0 if there is none.
func (n *node) number(path string) int64 {
	if f := n.first(path); f != nil {
		return f.value()
	}
	return 0
}

// value is the element's own number.
func (n *node) value() int64 {
	if v, err := strconv.ParseInt(strings.TrimSpace(n.Text), 10, 64); err == nil {
		return v
	}
	return 0
}

// each visits an element and all below it.
func (n *node) each(visit func(*node)) {
	visit(n)
	for _, k := range n.Kids {
		k.each(visit)
	}
}

// xml writes the elements with the given names, in the order of the names.
func (n *node) xml(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		for _, k := range n.all(name) {
			k.write(&b)
		}
	}
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	b.WriteString("<" + n.Name + ">")
	if len(n.Kids) == 0 {
		b.WriteString(escape(n.Text))
	}
	for _, k := range n.Kids {
		k.write(b)
	}
	b.WriteString("</" + n.Name + ">")
}

// without is a copy without the named children.
func (n *node) without(names ...string) *node {
	kids := slices.DeleteFunc(slices.Clone(n.Kids), func(k *node) bool { return slices.Contains(names, k.Name) })
	return &node{Name: n.Name, Text: n.Text, Kids: kids}
}

// el writes an element; nothing for an empty text.
func el(name string, value any) string {
	return wrap(name, escape(fmt.Sprint(value)))
}

// wrap writes an element around others; nothing without any.
func wrap(name, inner string) string {
	if inner == "" {
		return ""
	}
	return "<" + name + ">" + inner + "</" + name + ">"
}

// elID writes an identifier; nothing for 0.
func elID(name string, id int64) string {
	if id == 0 {
		return ""
	}
	return el(name, id)
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder never fails
	return b.String()
}
