package api

// DocsPath is the readable page of the API.
const DocsPath = "/api"
