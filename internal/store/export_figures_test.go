package store

import "context"

// FigureQueries are the queries over filings that figures are counted by.
var FigureQueries = []string{stagesQuery, attentionQuery, stuckQuery}

// CountFigures counts whether or not it is time to.
func (s *Store) CountFigures(ctx context.Context) (Figures, error) { return s.countFigures(ctx) }
