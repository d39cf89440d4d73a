package worker

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/worker"

	"github.com/beian/beian/workflows"
)

// WorkflowTasks stands, among the queues of Limits, for the workflow tasks of the queue filing, which have slots
// and pollers of their own.
const WorkflowTasks = "workflows"

// Limits are numbers by queue. A missing queue has the default.
type Limits map[string]float64

// Default slots: what one process of moderate size carries. A workflow task takes milliseconds; the bureau answers
// one call after another in any case; a site check or an installation mostly waits.
var defaultSlots = Limits{WorkflowTasks: 200, workflows.QueueFiling: 100, workflows.QueueMessage: 50,
	workflows.QueueBureau: 8, workflows.QueueWebsite: 50}

// defaultPollers is Temporal's default.
const defaultPollers = 2

// leastWorkflows is the SDK's minimum for slots and pollers of workflow tasks: one serves the sticky queue.
const leastWorkflows = 2

// ParseLimits reads pairs such as message=20. names lists the allowed queues; whole allows only whole numbers.
func ParseLimits(pairs []string, whole bool, names ...string) (Limits, error) {
	l := Limits{}
	for _, pair := range pairs {
		name, text, ok := strings.Cut(strings.TrimSpace(pair), "=")
		n, err := strconv.ParseFloat(text, 64)
		switch {
		case !ok || err != nil || !(n > 0) || n > 1e6 || whole && n != float64(int(n)):
			return nil, fmt.Errorf("%q: want QUEUE=NUMBER, such as message=20", pair)
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("%q: unknown queue; want any of %s", pair, strings.Join(names, ", "))
		case name == WorkflowTasks && n < leastWorkflows:
			return nil, fmt.Errorf("%q: want %d at least: one serves the sticky queue", pair, leastWorkflows)
		}
		if _, twice := l[name]; twice {
			return nil, fmt.Errorf("%q: the queue is listed twice", pair)
		}
		l[name] = n
	}
	return l, nil
}

func (l Limits) slots(queue string) int {
	return int(cmp.Or(l[queue], defaultSlots[queue]))
}

func (l Limits) pollers(queue string) int { return int(cmp.Or(l[queue], defaultPollers)) }

// limit sets a queue's bounds.
func (c Config) limit(o *worker.Options, queue string) {
	o.MaxConcurrentActivityExecutionSize = c.Slots.slots(queue)
	o.MaxConcurrentActivityTaskPollers = c.Pollers.pollers(queue)
	o.MaxConcurrentWorkflowTaskExecutionSize = c.Slots.slots(WorkflowTasks)
	o.MaxConcurrentWorkflowTaskPollers = c.Pollers.pollers(WorkflowTasks)
	o.WorkerActivitiesPerSecond = c.Rates[queue]
	o.TaskQueueActivitiesPerSecond = c.FleetRates[queue]
}
