package rules

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Moment is a time as a person wrote it.
type Moment struct {
	At   time.Time // of a day, a minute or a second that was written, its first moment
	Next time.Time // the first moment behind that; At itself where it was written as how long ago
}

// Day reports whether a whole day was written.
func (m Moment) Day() bool { return m.Next.Sub(m.At) > time.Hour }

// momentForms are the ways in which a time is written, in the asker's zone where it names none; a date alone is its first moment.
var momentForms = []string{
	"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05",
	"2006-01-02 15:04:05 MST", "2006-01-02 15:04 MST", time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00",
	"2006/01/02", "2006/01/02 15:04", "2006/1/2", "2006/1/2 15:04", "2006.01.02", "2006年1月2日",
}

// ParseMoment reads a date, a time, or how long ago, as Prometheus writes it or in words. field is the argument's name for the error, an
// *Error of kind Invalid; what lies in the future is one.
func ParseMoment(field, text string, now time.Time, zone *time.Location) (Moment, error) {
	local := now.In(zone)
	text = onDay(strings.TrimSpace(strings.ToUpper(fold(text))), local)
	if text == "NOW" || text == "今" {
		return Moment{now, now}, nil
	}
	if days, named := dayWords[text]; named && days <= 0 {
		return dayOf(local.AddDate(0, 0, days)), nil
	}
	for _, form := range momentForms {
		t, err := time.ParseInLocation(form, text, zone)
		if err != nil || strings.Contains(form, "MST") && madeUp(t) {
			continue
		}
		if t.After(now) {
			return Moment{}, invalid(field, "%s= lies in the future: it is %s now.", field, local.Format("2006-01-02 15:04:05 MST"))
		}
		switch {
		case !strings.Contains(form, "15"):
			return Moment{t, t.AddDate(0, 0, 1)}, nil
		case strings.Contains(form, "05"):
			return Moment{t, t.Add(time.Second)}, nil
		default:
			return Moment{t, t.Add(time.Minute)}, nil
		}
	}
	ago, err := timeAgo(field, text)
	if err != nil {
		return Moment{}, invalid(field, `%s= takes how long ago, such as 7d, or a time, such as 2026-11-01 or "2026-11-01 02:00" (in %s).`, field, local.Format("MST"))
	}
	t := now.Add(-ago)
	return Moment{t, t}, nil
}

// dayWords are words for a day, and how many days after today it is. dayAndClock is such a word with a time of that day.
var (
	dayWords = map[string]int{
		"TODAY": 0, "今日": 0, "本日": 0, "YESTERDAY": -1, "昨日": -1, "きのう": -1, "一昨日": -2, "おととい": -2,
		"TOMORROW": 1, "明日": 1, "あした": 1, "明後日": 2, "あさって": 2,
	}
	dayAndClock = regexp.MustCompile(`^(` + strings.Join(slices.Sorted(maps.Keys(dayWords)), "|") + `)(?:の|\s|AT\s)*(\d{1,2})(?::([0-5]\d)(:[0-5]\d)?|時(?:(\d{1,2})分|(半))?)$`)
)

// onDay writes a text that names a day by a word, and a time of it, with the date instead; another text stays.
func onDay(text string, local time.Time) string {
	m := dayAndClock.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	hours, minutes := "0"+m[2], "0"+cmp.Or(m[3], m[5], "0")
	if m[6] != "" {
		minutes = "30"
	}
	day := local.AddDate(0, 0, dayWords[m[1]]).Format(time.DateOnly)
	return day + " " + hours[len(hours)-2:] + ":" + minutes[len(minutes)-2:] + m[4]
}

// dayOf returns the day of a time in its zone.
func dayOf(t time.Time) Moment {
	first := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	return Moment{first, first.AddDate(0, 0, 1)}
}

// madeUp reports whether the time package did not know the zone's abbreviation and put UTC in its place.
func madeUp(t time.Time) bool {
	name, offset := t.Zone()
	return offset == 0 && name != "UTC" && name != "GMT" && t.Location() != time.UTC && t.Location().String() == name
}

// timeAgo reads a span of time as Prometheus writes it, or in words that mean just one.
func timeAgo(field, text string) (time.Duration, error) {
	text = strings.ToLower(text)
	for _, word := range []string{"ago", "前", "before", "last "} {
		text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSuffix(text, word), word))
	}
	return ParseDuration(field, text)
}
