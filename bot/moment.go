package bot

import (
	"errors"
	"strings"
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

// moments are the ways in which a time is written, in the journal's zone where it names none; a date alone is its first moment.
var moments = []string{
	"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05",
	"2006-01-02 15:04:05 MST", "2006-01-02 15:04 MST", time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00",
	"2006/01/02", "2006/01/02 15:04", "2006/1/2", "2006/1/2 15:04", "2006.01.02", "2006年1月2日",
}

// moment returns the time that an option says; of a whole day its first moment. It is zero when the option is not given.
func (c *call) moment(name string) (time.Time, error) {
	t, _, err := c.momentOrDay(name)
	return t, err
}

// momentAfter returns the time before which something is to be: what an option says, or the end of the day that it names. It is zero when
// the option is not given.
func (c *call) momentAfter(name string) (time.Time, error) {
	t, day, err := c.momentOrDay(name)
	if day {
		t = t.AddDate(0, 0, 1)
	}
	return t, err
}

// momentOrDay reads an option that takes a date, a time, or how long ago, as Prometheus writes it or in words. day reports that it names a
// whole day.
func (c *call) momentOrDay(name string) (t time.Time, day bool, err error) {
	arg, given := c.args[name]
	if !given {
		return time.Time{}, false, nil
	}
	text := strings.TrimSpace(strings.ToUpper(fold(arg.value)))
	today := c.now.In(c.zone())
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, c.zone())
	switch text {
	case "NOW", "今":
		return c.now, false, nil
	case "TODAY", "今日":
		return today, true, nil
	case "YESTERDAY", "昨日":
		return today.AddDate(0, 0, -1), true, nil
	}
	for _, layout := range moments {
		if t, err := time.ParseInLocation(layout, text, c.zone()); err == nil {
			if t.After(c.now) {
				return t, false, invalidOption(name, "lies in the future: it is "+c.when(c.now)+" now")
			}
			return t, !strings.Contains(layout, "15"), nil
		}
	}
	ago, err := timeAgo(name, text)
	if err != nil {
		return t, false, invalidOption(name, `takes how long ago, such as 7d, or a time, such as 2026-11-01 or "2026-11-01 02:00" (in `+c.now.In(c.zone()).Format("MST")+")")
	}
	return c.now.Add(-ago), false, nil
}

// timeAgo reads a span of time as Prometheus writes it, or in words that mean just one.
func timeAgo(name, text string) (time.Duration, error) {
	text = strings.ToLower(text)
	for _, word := range []string{"ago", "前", "before", "last "} {
		text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSuffix(text, word), word))
	}
	span, err := rules.ParseDuration(name, text)
	var e *rules.Error
	if err != nil && errors.As(err, &e) && len(e.Fixes) == 1 {
		return rules.ParseDuration(name, e.Fixes[0])
	}
	return span, err
}
