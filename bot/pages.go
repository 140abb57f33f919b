package bot

import (
	"fmt"
	"strconv"
	"strings"
)

// maxPage is far behind the last page of anything, and small enough to be multiplied.
const maxPage = 100_000

// page returns the number that the option page= gives; without one it is the first.
func (c *call) page() (int, error) {
	arg, given := c.args["page"]
	if !given {
		return 1, nil
	}
	page, err := strconv.Atoi(fold(arg.value))
	if err != nil || page < 1 || page > maxPage {
		return 0, invalidOption("page", "takes a number from 1", "1")
	}
	return page, nil
}

// paged returns one page of blocks below a heading, and the command for the next page.
func (c *call) paged(head string, blocks []string, page int, again string) string {
	pages := paginate(blocks)
	page = min(page, len(pages))
	if len(pages) > 1 {
		head += fmt.Sprintf(", page %d of %d", page, len(pages))
	}
	return head + "\n" + pages[page-1] + c.turning(again, page, page < len(pages), turn{id: "previous", label: "Previous"}, turn{id: "next", label: "Next"})
}

// turning offers the pages around one of a command without its page=, as buttons that are called back and on, and returns the line of text that names
// the page behind it; "" when that is the last.
func (c *call) turning(again string, page int, more bool, back, on turn) string {
	if page > 1 {
		back.line = fmt.Sprintf("%s page=%d", again, page-1)
		c.turns = append(c.turns, back)
	}
	if !more {
		return ""
	}
	on.line = fmt.Sprintf("%s page=%d", again, page+1)
	c.turns = append(c.turns, on)
	if strings.ContainsAny(on.line, "\r\n") {
		return "\n…and more: the same command with " + code(fmt.Sprintf("page=%d", page+1))
	}
	return "\n…and more: " + code(c.trigger+" "+on.line)
}

// The buttons of what begins with the newest.
var (
	newer = turn{id: "newer", label: "Newer"}
	older = turn{id: "older", label: "Older"}
)

// paginate puts blocks onto as few pages as hold them, in their order.
func paginate(blocks []string) []string {
	var pages []string
	size := 0
	for _, b := range blocks {
		n := runes(b) + 1
		if len(pages) == 0 || size+n > pageSize {
			pages, size = append(pages, b), n
			continue
		}
		pages[len(pages)-1] += "\n" + b
		size += n
	}
	return pages
}
