package rules

import "context"

// OwnOf returns the commits of a request that are ours, the newest first: whoever may push can write a request's id in a message.
func (a *Applier) OwnOf(ctx context.Context, request string) ([]Found, error) {
	found, err := a.Store.FindRequest(ctx, request)
	if err != nil {
		return nil, err
	}
	var own []Found
	for _, f := range found {
		err := a.Store.Log(ctx, f.Parent, f.Revision, func(c PastCommit) error {
			if c.Revision != f.Revision {
				return nil
			}
			judged, err := c.Judged(ctx, a.Ours)
			if err == nil && !judged.External() {
				own = append(own, f)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return own, nil
}
