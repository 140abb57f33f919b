package web

import (
	"regexp"
	"strings"
)

// block is a part of a reply as the console shows it: a fenced text, or lines of spans.
type block struct {
	Fence string // the fenced text
	Diff  bool   // which is a difference
	Spans []span
}

// span is a piece of a line.
type span struct {
	Kind    string // "text", "strong", "code", "break", "link"
	Text    string
	Address string // that a link leads to
}

var webLink = regexp.MustCompile(`^\[([^\[\]\\]+)\]\((https?://[^\s()\\]+)\)`)

// blocksOf reads the Markdown that the bot writes: fences, code spans, bold, links, and characters that are escaped. All else stays as it is.
func blocksOf(reply string) (blocks []block) {
	var text []string
	flush := func() {
		if len(text) > 0 {
			blocks = append(blocks, block{Spans: spansOf(text)})
			text = nil
		}
	}
	lines := strings.Split(reply, "\n")
	for i := 0; i < len(lines); i++ {
		ticks := len(lines[i]) - len(strings.TrimLeft(lines[i], "`"))
		if ticks < 3 {
			text = append(text, lines[i])
			continue
		}
		flush()
		fence, end := lines[i][:ticks], i+1
		for end < len(lines) && lines[end] != fence {
			end++
		}
		blocks = append(blocks, block{Fence: strings.Join(lines[i+1:end], "\n"), Diff: lines[i][ticks:] == "diff"})
		i = end
	}
	flush()
	return blocks
}

// spansOf reads lines.
func spansOf(lines []string) (spans []span) {
	for i, text := range lines {
		if i > 0 {
			spans = append(spans, span{Kind: "break"})
		}
		kind := "text"
		var piece strings.Builder
		flush := func() {
			if piece.Len() > 0 {
				spans = append(spans, span{Kind: kind, Text: piece.String()})
				piece.Reset()
			}
		}
		for len(text) > 0 {
			ticks := len(text) - len(strings.TrimLeft(text, "`"))
			code, rest, closed := strings.Cut(text[ticks:], text[:ticks])
			link := webLink.FindStringSubmatch(text)
			switch {
			case link != nil:
				flush()
				spans = append(spans, span{"link", link[1], link[2]})
				text = text[len(link[0]):]
			case text[0] == '\\' && len(text) > 1:
				piece.WriteByte(text[1])
				text = text[2:]
			case strings.HasPrefix(text, "**"):
				flush()
				kind, text = map[string]string{"text": "strong", "strong": "text"}[kind], text[2:]
			case ticks > 0 && closed:
				flush()
				spans = append(spans, span{Kind: "code", Text: strings.TrimSpace(code)})
				text = rest
			default:
				piece.WriteByte(text[0])
				text = text[1:]
			}
		}
		flush()
	}
	return spans
}
