package bot

import (
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// zone is where times are told and meant.
func (c *call) zone() *time.Location {
	if c.backend.Zone == nil {
		return time.UTC
	}
	return c.backend.Zone
}

// when tells a time, with its zone's name.
func (c *call) when(t time.Time) string { return t.In(c.zone()).Format("2006-01-02 15:04:05 MST") }

// moment returns the time that an option says; of a whole day its first moment. It is zero when the option is not given.
func (c *call) moment(name string) (time.Time, error) {
	arg, given := c.args[name]
	if !given {
		return time.Time{}, nil
	}
	m, err := rules.ParseMoment(name, arg.value, c.now, c.zone())
	return m.At, err
}

// momentAfter returns the first full second behind what an option says: a day, or the very second that at= would have the rulebook of. It is zero
// when the option is not given.
func (c *call) momentAfter(name string) (time.Time, error) {
	arg, given := c.args[name]
	if !given {
		return time.Time{}, nil
	}
	m, err := rules.ParseMoment(name, arg.value, c.now, c.zone())
	switch {
	case err != nil:
		return time.Time{}, err
	case m.Day():
		return m.Next, nil
	}
	return m.At.Truncate(time.Second).Add(time.Second), nil
}

// later returns the time to come that an option says; zero when it is not given, or without a value.
func (c *call) later(name string) (time.Time, error) {
	arg, given := c.args[name]
	if !given || arg.value == "" {
		return time.Time{}, nil
	}
	return rules.ParseLater(name, arg.value, c.now, c.zone())
}
