package rules

import (
	"testing"
	"time"
)

// TestParseLaterTakesAWordForADayAsItsDate reads words for a day that is to come: each is the first moment of that day, as its date is; of today, whose first moment
// is past, it is the end.
func TestParseLaterTakesAWordForADayAsItsDate(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*60*60)
	now := time.Date(2026, 11, 22, 10, 30, 0, 0, tokyo)
	for text, want := range map[string]string{
		"tomorrow": "2026-11-23", "Tomorrow": "2026-11-23", "明日": "2026-11-23", "today": "2026-11-23", "今日": "2026-11-23", "あした": "2026-11-23", "明後日": "2026-11-24", "あさって": "2026-11-24",
	} {
		got, err := ParseLater("until", text, now, tokyo)
		if date, dateErr := ParseLater("until", want, now, tokyo); err != nil || dateErr != nil || !got.Equal(date) {
			t.Errorf("%q: %s, %v; want %s, %v", text, got, err, date, dateErr)
		}
	}
	if _, err := ParseLater("until", "昨日", now, tokyo); KindOf(err) != Invalid {
		t.Errorf("yesterday: %v", err)
	}
}
