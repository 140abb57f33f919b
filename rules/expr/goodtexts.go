package expr

import "sync"

// goodTexts remembers texts that a parser took, which it will always take. It is safe for concurrent use.
type goodTexts struct {
	mu         sync.Mutex
	young, old map[string]struct{} // when young is full it becomes old
}

// At most so many texts of at most so many bytes are remembered, in each half.
const (
	maxGoodTexts = 10_000
	maxGoodText  = 500
)

// has reports whether the text is remembered.
func (g *goodTexts) has(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.young[text]; known {
		return true
	}
	_, known := g.old[text]
	return known
}

// add remembers a text, unless it is long.
func (g *goodTexts) add(text string) {
	if len(text) > maxGoodText {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.young == nil || len(g.young) >= maxGoodTexts {
		g.young, g.old = map[string]struct{}{}, g.young
	}
	g.young[text] = struct{}{}
}
