package bot

// nearest returns the name that s was probably meant to be: the one with the fewest typing slips, at most a third of its
// letters, rounded, and never all; "" when none is near.
func nearest(s string, names []string) string {
	best, fewest := "", 1000
	s = fold(s)
	if len(s) > 40 {
		return ""
	}
	for _, name := range names {
		if n := slips(s, name); n <= max(1, (len(name)+1)/3) && n < len(name) && n < fewest {
			best, fewest = name, n
		}
	}
	return best
}

// slips returns how many letters were left out, added, changed or swapped with their neighbour between a and b.
func slips(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
