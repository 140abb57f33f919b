package journal

import "sort"

// trust takes from the commits of a line, the newest first, of which we know when they came by our own clock, those at which that clock was wrong: a machine
// that was days ahead, or that began in 1970, must not hide what came after. A date that is to come is wrong. Of the others those stay that agree with most:
// the longest sequence in which none came before the one before it. Of two as long, that with the later dates.
func trust(line []standing, now int64) {
	// known is one of them: where it stands in the line, and in all that one which comes after it in the longest sequence that ends with it; -1 for none.
	type known struct{ at, after int }
	var (
		all  []known
		ends []int // of the sequences of each length, the latest one that ends any, as its place in all
	)
	when := func(i int) int64 { return line[all[i].at].state.Since.Unix() }
	for i := range line {
		if !line[i].sure {
			continue
		}
		line[i].sure = false
		came := line[i].state.Since.Unix()
		if came > now {
			continue
		}
		n := sort.Search(len(ends), func(n int) bool { return when(ends[n]) < came })
		one := known{at: i, after: -1}
		if n > 0 {
			one.after = ends[n-1]
		}
		all = append(all, one)
		if n == len(ends) {
			ends = append(ends, 0)
		}
		ends[n] = len(all) - 1
	}
	if len(ends) == 0 {
		return
	}
	for i := ends[len(ends)-1]; i >= 0; i = all[i].after {
		line[all[i].at].sure = true
	}
}
