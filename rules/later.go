package rules

import (
	"strings"
	"time"
)

// maxLater is how far ahead a time may lie: what is further was mistyped.
const maxLater = 10 * 365 * 24 * time.Hour

// ParseLater reads a date or a time that is to come, or how long from now, as Prometheus writes it or in words. field is the argument's name
// for the error, an *Error of kind Invalid.
func ParseLater(field, text string, now time.Time, zone *time.Location) (time.Time, error) {
	local := now.In(zone)
	text = onDay(strings.TrimSpace(strings.ToUpper(fold(text))), local)
	var later time.Time
	switch days, named := dayWords[text]; {
	case named && days == 0: // its first moment is past, so its end is meant
		later = dayOf(local).Next
	case named:
		later = dayOf(local.AddDate(0, 0, days)).At // as its date
	}
	for _, form := range momentForms {
		if t, err := time.ParseInLocation(form, text, zone); later.IsZero() && err == nil && !(strings.Contains(form, "MST") && madeUp(t)) {
			later = t
		}
	}
	if later.IsZero() {
		if clock, err := time.ParseInLocation("15:04", text, zone); err == nil {
			e := invalid(field, "%s= is a time without its day.", field)
			next := time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
			if !next.After(now) {
				next = next.AddDate(0, 0, 1)
			}
			e.Fixes = []string{next.Format("2006-01-02 15:04")}
			return time.Time{}, e
		}
		span, err := timeAgo(field, strings.TrimSuffix(strings.TrimPrefix(text, "IN "), "後"))
		if err != nil {
			return time.Time{}, invalid(field, `%s= takes how long from now, such as 2h or 30d, or a time, such as 2027-01-01 or "2027-01-01 09:00" (in %s).`, field, local.Format("MST"))
		}
		later = now.Add(span)
	}
	switch {
	case later.Equal(dayOf(local).At):
		e := invalid(field, "%s= names today, and a date stands for its first moment, which is past. Tomorrow's date is the end of today.", field)
		e.Fixes = []string{dayOf(local).Next.Format(time.DateOnly)}
		return time.Time{}, e
	case !later.After(now):
		return time.Time{}, invalid(field, "%s= lies in the past: it is %s now.", field, local.Format("2006-01-02 15:04:05 MST"))
	case later.Sub(now) > maxLater:
		return time.Time{}, invalid(field, "%s= lies more than ten years ahead.", field)
	}
	return later, nil
}
