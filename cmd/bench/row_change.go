package main

import (
	"context"
	"fmt"
	"time"
)

// changes gives commands that change rules and leave the rulebook as it was: a rule in a file of its own comes and goes, and then one in a
// group that has others, of another team every time.
type changes struct {
	service *service
	shape   shape
	prefix  string // of the names of its rules
	turn    int
}

// next gives the next command.
func (c *changes) next(ctx context.Context) error {
	round, step := c.turn/4, c.turn%4
	name := fmt.Sprintf("%s-%d", c.prefix, round)
	where := ""
	if step >= 2 {
		name += "-shared"
		where = c.group(round)
	}
	text := "delete " + name
	if step%2 == 0 {
		text = fmt.Sprintf(`add %s expr="sum by (job) (rate(http_requests_total{team=\"bench\"}[5m])) > %d" for=5m severity=page summary="too many requests"%s`, name, round, where)
	}
	if err := c.service.command(ctx, text); err != nil {
		return err
	}
	c.turn++
	return nil
}

// group returns the options that name an existing group.
func (c *changes) group(round int) string {
	directory, file := round*7%c.shape.directories, round*3%c.shape.files
	return fmt.Sprintf(" namespace=team-%03d group=service-%03d-%d", directory, directory, file)
}

// times clocks n commands.
func (c *changes) times(ctx context.Context, n int) (taken times, err error) {
	for range n {
		if err := taken.clock(func() error { return c.next(ctx) }); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// measureChange measures one change from the HTTP request to the answer, beside a person's script. Their turns alternate.
func measureChange(ctx context.Context, l *lab) ([]result, error) {
	service, err := l.service(ctx, large)
	if err != nil {
		return nil, err
	}
	person, err := newPerson(ctx, l, large)
	if err != nil {
		return nil, err
	}
	ours, script := &changes{service: service, shape: large, prefix: "one"}, func() error {
		paths, err := person.edit()
		if err != nil {
			return err
		}
		return person.script(ctx, paths)
	}
	if _, err := ours.times(ctx, 40); err != nil { // to warm up
		return nil, err
	}
	if err := script(); err != nil {
		return nil, err
	}
	before, err := service.steps(ctx)
	if err != nil {
		return nil, err
	}
	var taken, scripts times
	for range 5 {
		more, err := ours.times(ctx, 80)
		if err != nil {
			return nil, err
		}
		taken = append(taken, more...)
		if err := scripts.clock(script); err != nil {
			return nil, err
		}
	}
	after, err := service.steps(ctx)
	if err != nil {
		return nil, err
	}
	l.say("steps of a change on average: %s", after.since(before))
	return []result{
		faster("change", "one change, from request to answer; a person's script", taken.median(), scripts.median(), 100),
		under("change-p50", "one change, median", taken.median(), 25*time.Millisecond),
		under("change-p99", "one change, 99 of 100", taken.quantile(0.99), 60*time.Millisecond),
	}, nil
}
