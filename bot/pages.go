package bot

import (
	"fmt"
	"strconv"
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
	text := head + "\n" + pages[page-1]
	if page < len(pages) {
		text += "\n…and more: " + code(fmt.Sprintf("%s %s page=%d", c.trigger, again, page+1))
	}
	return text
}

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
