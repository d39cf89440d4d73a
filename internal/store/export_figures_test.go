package store

import "context"

// FigureQueries are the queries over filings that count the figures.
var FigureQueries = []string{stagesQuery, attentionQuery, stuckQuery}

// CountFigures counts regardless of the age of the stored figures.
func (s *Store) CountFigures(ctx context.Context) (Figures, error) { return s.countFigures(ctx) }
