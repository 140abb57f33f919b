package journal

import (
	"context"
	"errors"

	"github.com/alertsmith/alertsmith/rules"
)

func checkMattermost(c SinkConfig, at func(string, string, ...any)) {
	if !rules.IsMattermostID(c.Channel) {
		at("channel", "%q is no id of a channel: Mattermost's ids are 26 lower-case letters and digits", c.Channel)
	}
}

// openMattermost returns a sink that makes a post in a channel. What the channel was told by the answer to the command itself is not told twice.
func openMattermost(c SinkConfig, host SinkHost) (send, error) {
	if host.Post == nil {
		return nil, errors.New("only a bot can post: it needs mattermost.url and mattermost.bot_token_file")
	}
	return func(ctx context.Context, all []rules.Telling) error {
		for _, t := range all {
			r := t.Change.Entry.Record
			if answered := t.Change.Kind == rules.JournalEnded && r.InChannel && r.Request.Channel.ID == c.Channel; answered && len(t.Rules) == 0 {
				continue
			}
			if err := host.Post(ctx, c.Channel, t); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
