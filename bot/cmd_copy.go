package bot

import (
	"context"
	"maps"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

var copyCommand = Command{
	Name:    "copy",
	Aliases: []string{"cp"},
	Spelled: []string{"コピー", "複製"},
	Usage:   []string{"copy NAME NEW [option=value …]", "copy NAME NEW parameter=value …"},
	Summary: "Add a rule that is another one but for its name and what the options say",
	Help: "`option=` without a value leaves out what the other rule has. The copy gets a group of its own in the same namespace, which is evaluated as often; " +
		"`group=` and `namespace=` put it elsewhere. What the other rule remembers it remembers too: its template, until when it is wanted, which findings are accepted.\n" +
		"A copy of a rule that was made from a template takes the template's parameters: it is made anew with them.",
	Examples: []string{`copy sshd-ban sshd-ban-many threshold=100 severity=critical`, `copy disk-full disk-full-db percent=80`},
	Options:  copyOptions,
	Changes:  true,
	Check: func(call *call) error {
		if _, meant := call.templateEdit(2); meant {
			return nil // whether the template has such parameters is seen when it is run
		}
		intent, err := parseCopy(call)
		return call.planning(intent, err)
	},
	Run: func(ctx context.Context, call *call) (answer, error) {
		if ofTemplate, meant := call.templateEdit(2); meant {
			anew, err := call.copyAnew(ctx, ofTemplate)
			if err != nil {
				return answer{}, err
			}
			return call.apply(ctx, anew)
		}
		intent, err := parseCopy(call)
		if err = call.meant(err); err != nil {
			return answer{}, err
		}
		return call.apply(ctx, intent)
	},
}

// parseCopy makes the intent of a copy.
func parseCopy(call *call) (rules.Copy, error) {
	words, err := call.words()
	if err != nil {
		return rules.Copy{}, err
	}
	var alter, place []word
	for _, w := range words {
		if slices.Contains(placeOptions, w.key) {
			place = append(place, w)
		} else {
			alter = append(alter, w)
		}
	}
	if _, err := call.args.takeOptions(place, copyOptions); err != nil {
		return rules.Copy{}, err
	}
	placed := map[string]argument{}
	for _, name := range placeOptions {
		if arg, given := call.args[name]; given {
			placed[name] = arg
			delete(call.args, name)
		}
	}
	rest, alteration, err := call.alteration(alter)
	maps.Copy(call.args, placed)
	if err != nil {
		return rules.Copy{}, err
	}
	alteration.Options.Group, alteration.Options.Namespace = placed["group"].value, placed["namespace"].value
	intent := rules.Copy{Alteration: alteration}
	intent.Address, intent.Name, err = call.twoNames(rest, copyOptions)
	return intent, err
}

// copyAnew makes the intent of a copy that is made anew from a template.
func (c *call) copyAnew(ctx context.Context, e templateEdit) (rules.Copy, error) {
	anew, err := c.anew(ctx, e, placeOptions)
	c.args["new name"] = e.names[1].whole()
	o := rules.Options{Group: c.args["group"].value, Namespace: c.args["namespace"].value, Reason: c.args["reason"].value}
	return rules.Copy{Address: address(e.names[0]), Name: e.names[1].value, Alteration: rules.Alteration{Options: o}, Anew: &anew}, err
}
