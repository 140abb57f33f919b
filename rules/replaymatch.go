package rules

import "slices"

// group returns the first group of that name; nil when there is none, or no file.
func (f *file) group(name string) *group {
	if f == nil {
		return nil
	}
	for i := range f.groups {
		if f.groups[i].Name == name {
			return &f.groups[i]
		}
	}
	return nil
}

// rules returns the rules of a group that may be none.
func (g *group) rules() []placedRule {
	if g == nil {
		return nil
	}
	return g.Rules
}

// ref returns the address of a group's rule; at says where the group is.
func (g *group) ref(at Ref, index int) Ref {
	at.Name = g.Rules[index].Name()
	for _, r := range g.Rules[:index+1] {
		if r.Name() == at.Name {
			at.Nth++
		}
	}
	return at
}

// sameSettings reports whether two groups say the same for all their rules.
func sameSettings(a, b group) bool {
	a.Rules, b.Rules = nil, nil
	return sameGroup(a, b)
}

// groupNames returns the names of the groups that one of two files has, in the order of the first, then of the second.
func groupNames(first, second *file) []string {
	var names []string
	for _, f := range []*file{first, second} {
		if f == nil {
			continue
		}
		for _, g := range f.groups {
			if !slices.Contains(names, g.Name) {
				names = append(names, g.Name)
			}
		}
	}
	return names
}

// pairing says which rules of two lists are the same rule at two times: [i, j] for the i-th of the first list and the j-th of the second.
type pairing [][2]int

// first returns the place in the first list of what is at j in the second; -1 for none.
func (p pairing) first(j int) int {
	for _, pair := range p {
		if pair[1] == j {
			return pair[0]
		}
	}
	return -1
}

// second returns the place in the second list of what is at i in the first; -1 for none.
func (p pairing) second(i int) int {
	for _, pair := range p {
		if pair[0] == i {
			return pair[1]
		}
	}
	return -1
}

// matchRules pairs the rules of a group at two times: those of one name in their order, as many equal ones as can be, and what
// stands between two equal ones one by one.
func matchRules(a, b []placedRule) pairing {
	inA, inB := byName(a), byName(b)
	var pairs pairing
	for _, name := range sortedKeys(inA) {
		pairs = append(pairs, matchFamily(a, b, inA[name], inB[name])...)
	}
	return pairs
}

func byName(rules []placedRule) map[string][]int {
	places := map[string][]int{}
	for i, r := range rules {
		places[r.Name()] = append(places[r.Name()], i)
	}
	return places
}

// maxFamily is up to how many rules of one name a group is compared thoroughly; beyond that, in order.
const maxFamily = 200

// matchFamily pairs the rules of one name, given their places in both lists.
func matchFamily(a, b []placedRule, inA, inB []int) pairing {
	same := func(i, j int) bool { return sameRule(a[inA[i]].Rule, b[inB[j]].Rule) }
	var pairs pairing
	between := func(i, iEnd, j, jEnd int) {
		for ; i < iEnd && j < jEnd; i, j = i+1, j+1 {
			pairs = append(pairs, [2]int{inA[i], inB[j]})
		}
	}
	if len(inA) > maxFamily || len(inB) > maxFamily {
		between(0, len(inA), 0, len(inB))
		return pairs
	}
	// common[i][j] is how many equal ones there are from i and j on.
	common := make([][]int, len(inA)+1)
	common[len(inA)] = make([]int, len(inB)+1)
	for i := len(inA) - 1; i >= 0; i-- {
		common[i] = make([]int, len(inB)+1)
		for j := len(inB) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); same(i, j) {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	lastI, lastJ := 0, 0
	for i, j := 0, 0; i < len(inA) && j < len(inB); {
		switch {
		case same(i, j):
			between(lastI, i, lastJ, j)
			pairs = append(pairs, [2]int{inA[i], inB[j]})
			i, j = i+1, j+1
			lastI, lastJ = i, j
		case common[i+1][j] >= common[i][j+1]:
			i++
		default:
			j++
		}
	}
	between(lastI, len(inA), lastJ, len(inB))
	return pairs
}
