package main

import "context"

// measureGrowth measures one change, and the durable commit alone, in a rulebook of 100 rules and 1,000 commits beside one of 10,000 rules
// and 100,000 commits.
func measureGrowth(ctx context.Context, l *lab) ([]result, error) {
	change, err := l.growthOfChange(ctx)
	if err != nil {
		return nil, err
	}
	commit, err := l.growthOfCommit(ctx)
	return []result{change, commit}, err
}

func (l *lab) growthOfChange(ctx context.Context) (result, error) {
	var in [2]*changes
	var taken [2]times
	for i, s := range []shape{small, large} {
		service, err := l.service(ctx, s)
		if err != nil {
			return result{}, err
		}
		in[i] = &changes{service: service, shape: s, prefix: "growth"}
	}
	for in[0].service.given.Load() < in[1].service.given.Load() { // the day's pages are to be as long
		if err := in[0].next(ctx); err != nil {
			return result{}, err
		}
	}
	for round := range 11 {
		for i := range in {
			more, err := in[i].times(ctx, 20)
			if err != nil {
				return result{}, err
			}
			if round > 0 { // warm
				taken[i] = append(taken[i], more...)
			}
		}
	}
	return grows("change-growth", "one change with 10,000 rules; with 100", taken[1].median(), taken[0].median(), hardly), nil
}

func (l *lab) growthOfCommit(ctx context.Context) (result, error) {
	var in [2]*commits
	var taken [2]times
	for i, s := range []shape{small, large} {
		c, err := l.commits(ctx, s)
		if err != nil {
			return result{}, err
		}
		in[i] = c
	}
	for round := range 110 {
		for i := range in {
			t := &taken[i]
			if round < 10 { // warm
				t = &times{}
			}
			if err := t.clock(func() error { return in[i].next(ctx) }); err != nil {
				return result{}, err
			}
		}
	}
	return grows("commit-growth", "the durable commit with 10,000 rules; with 100", taken[1].median(), taken[0].median(), hardly), nil
}
