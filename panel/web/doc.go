// Package web is the kit of the panel's pages: forms, tables, the layout and what else
// pages of several wings share. The components are compiled by templ (`make generate`).
package web
