package worker

import (
	"context"

	"github.com/beian/beian/activities"
)

// classified gives activities' errors about our own database their reason, by which steps wait for it.
func classified(ctx context.Context, execute func(context.Context) (any, error)) (any, error) {
	result, err := execute(ctx)
	return result, activities.Classified(err)
}
