package bot

import "context"

var webCommand = Command{
	Name:     "web",
	Spelled:  []string{"pages", "ウェブ"},
	Usage:    []string{"web"},
	Summary:  "Open the pages: the journal, the rules as they are and were, and how each came to be",
	Help:     "The answer is a link for you alone that signs you in once, within five minutes; you stay signed in for twelve hours, or until the service is started anew.",
	Examples: []string{"web"},
	Check:    reading(0, nil),
	Run:      runWeb,
}

// SignInAction is the action of the journal's entries that say that somebody opened the pages with such a link.
const SignInAction = "sign-in"

func runWeb(ctx context.Context, call *call) (answer, error) {
	words, err := call.words()
	if err != nil {
		return answer{}, err
	}
	if len(words) > 0 {
		return answer{}, call.args.unexpected(words[0], nil, "web takes nothing more.")
	}
	link, err := call.backend.SignIn(ctx, call.request)
	if err != nil {
		return answer{}, err
	}
	ended := told("This opens the pages as " + escape(call.request.Actor.Name) + ", once and within five minutes. Do not pass it on.\n" + link)
	ended.reply.secret = link
	return ended, nil
}
