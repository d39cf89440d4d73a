package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/panel/web"
)

// DocsPath is the readable page of the API.
const DocsPath = "/api"

// PageRoutes registers the readable page of the document, for everybody.
func (a *API) PageRoutes(all web.Group) { all.GET(DocsPath, a.page) }

// docsData is the document as its page shows it.
type docsData struct {
	Operations []docsOperation
	Schemas    []docsSchema
}

type docsOperation struct {
	ID, Method, Path string
	Scopes           []string
	Parameters       []string
	// Body and Answer name schemas; empty: there is none.
	Body, Answer string
}

type docsSchema struct {
	Name       string
	Properties []docsProperty
}

type docsProperty struct{ Schema, Name, Type string }

type docsProblem struct {
	Code   string
	Status int
}

// methods are those of operations, in the order of the page.
var methods = []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete}

func (a *API) page(c *gin.Context) error {
	doc := a.Document()
	var data docsData
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		byMethod := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPut: item.Put,
			http.MethodPost: item.Post, http.MethodDelete: item.Delete}
		for _, method := range methods {
			if op := byMethod[method]; op != nil {
				data.Operations = append(data.Operations, docsOf(method, path, op))
			}
		}
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		s := docsSchema{Name: name}
		for _, property := range slices.Sorted(maps.Keys(schemas[name].Properties)) {
			s.Properties = append(s.Properties, docsProperty{name, property, typeOf(schemas[name].Properties[property])})
		}
		data.Schemas = append(data.Schemas, s)
	}
	return a.Render(c, http.StatusOK, web.Page{Title: "api_page.title"}, web.With(docsPage, data))
}

func docsOf(method, path string, op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: method, Path: Base + path}
	for _, alternative := range op.Security {
		d.Scopes = append(d.Scopes, alternative[securityScheme]...)
	}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, p.Name)
	}
	if op.RequestBody != nil {
		d.Body = schemaIn(op.RequestBody.Content)
	}
	for _, status := range []string{"201", "200"} {
		if ok := op.Responses[status]; ok != nil {
			d.Answer = schemaIn(ok.Content)
		}
	}
	return d
}

// schemaIn names the schema of JSON content.
func schemaIn(content map[string]*huma.MediaType) string {
	if json := content[jsonType]; json != nil && json.Schema != nil {
		return schemaName(json.Schema)
	}
	return ""
}

func schemaName(s *huma.Schema) string { return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:] }

// typeOf describes a property's type as people write it.
func typeOf(s *huma.Schema) string {
	text := s.Type
	switch {
	case s.Ref != "":
		return schemaName(s)
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		text = strings.Join(values, " | ")
	case s.Type == huma.TypeArray && s.Items != nil:
		text = typeOf(s.Items) + "[]"
	case s.Format != "":
		text += " (" + s.Format + ")"
	}
	if s.Nullable {
		text += " | null"
	}
	return text
}

// problemArgs fill in the placeholders of problems where nobody's request is meant.
var problemArgs = []any{"max", maxBody >> 10, "scope", "…"}

func docsProblems() (list []docsProblem) {
	for _, s := range statuses {
		list = append(list, docsProblem(s))
	}
	return list
}
