package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// maxClaims is how many commits are named that say to be made for one request.
const maxClaims = 3

// claimed returns the error about a request for which this service made no commit. Commits whose messages say to be made for it are named, and their hashes are its
// fixes: whoever may push can write any id into a message, so it is a person who says which of them is meant. field and before are as commit has them.
func (c *call) claimed(ctx context.Context, field, before, request string) error {
	none := &rules.Error{Kind: rules.NotFound, Field: field, Offset: -1, Text: fmt.Sprintf("The rulebook has no change of the request %q. The command history shows what there is.", request)}
	if c.backend.Claims == nil {
		return none
	}
	hashes, err := c.backend.Claims(ctx, request)
	if err != nil {
		return err
	}
	var named, fixes []string
	for _, hash := range hashes[:min(len(hashes), maxClaims)] {
		commit, err := c.backend.Commit(ctx, hash)
		switch {
		case rules.KindOf(err) == rules.NotFound: // the branch was put elsewhere just now
			continue
		case err != nil:
			return err
		case !commit.External(): // it is ours, and changed no rule
			continue
		}
		named = append(named, fmt.Sprintf("%s of %s by %s (%s)", short(commit.Revision), c.when(commit.When), oneLine(cut(commit.Author.Name, 60)), oneLine(cut(commit.Subject, 200))))
		fixes = append(fixes, before+short(commit.Revision))
	}
	if len(named) == 0 {
		return none
	}
	none.Fixes = fixes
	none.Text = fmt.Sprintf("This service made no change for the request %q. Another service did, or somebody who pushed says so: the commit %s. "+
		"Whoever may push can write any id into a message, so name the commit by its hash.", request, strings.Join(named, ", and the commit "))
	return none
}
