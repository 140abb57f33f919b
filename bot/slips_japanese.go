package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// labelNames are the labels that every ruler has, by what Japanese calls them.
var labelNames = map[string]string{
	"ジョブ": "job", "ジョブ名": "job", "ホスト": "host", "ホスト名": "host", "インスタンス": "instance", "サービス": "service", "コンテナ": "container", "レベル": "level",
}

// commaJapanese parts words that stand in a sentence or a list.
const commaJapanese = "、"

// japaneseList mends `ban、job=sshd、Ban、5m` and `5m、severity=critical`, where a part of it can only be a word of its own.
func japaneseList(r *respelling) {
	for i := 0; i < len(r.parts); i++ {
		p := r.parts[i]
		if p.quoted || p.isProse() || p.key == "expr" || !strings.Contains(p.typed, commaJapanese) {
			continue
		}
		all := strings.FieldsFunc(p.typed, func(c rune) bool { return strings.ContainsRune(commaJapanese, c) })
		if len(all) > 1 && slices.ContainsFunc(all, func(s string) bool { return isDuration(s) || strings.ContainsAny(s, "=＝") }) {
			r.replaceAll(i, all, "Between words stand spaces.")
			i += len(all) - 1
		}
	}
}

// japaneseKey is what Japanese calls an option or a label, before its value: with a sign between them, or the value in brackets.
var japaneseKey = regexp.MustCompile(`^([\p{Han}\p{Hiragana}\p{Katakana}ー]+)(?:[:=]|([「『]))(.+)$`)

// japaneseLabels mends ジョブ=sshd in the place of LABEL, and other labels behind it.
func japaneseLabels(r *respelling) {
	for i := 1; i <= r.words()-3; i++ {
		m := japaneseKey.FindStringSubmatch(plainKey(r.parts[i].typed))
		if m == nil || labelNames[m[1]] == "" {
			return
		}
		r.replace(i, i+1, labelNames[m[1]]+"="+uncornered(m[2]+m[3]), "It is called "+labelNames[m[1]]+"=.")
	}
}

// japaneseKeys mends しきい値：10 and 理由「…」.
func japaneseKeys(r *respelling) {
	for i, p := range r.parts {
		m := japaneseKey.FindStringSubmatch(plainKey(p.typed))
		if i == 0 && r.command != addName || m == nil || p.quoted && p.key == "" {
			continue
		}
		own := otherOptions[m[1]]
		if own != "" && p.key == m[1] && uncornered(p.afterEquals()) == p.afterEquals() {
			continue // which is certain
		}
		if m[1] == "期間" && slices.ContainsFunc(r.parts, func(p part) bool { return p.key == "expr" }) {
			own = "for" // of a log rule it can as well be TIME
		}
		value := uncornered(m[2] + m[3])
		if role := slices.IndexFunc(roles, func(names []string) bool { return slices.Contains(names, m[1]) }); own == "" && role >= 0 && value != m[3] {
			own = roles[role][0]
		}
		if own != "" {
			r.replace(i, i+1, own+"="+value, "It is called "+own+"=.")
		}
	}
}

// plainKey returns a word with what stands before its value in plain letters and signs.
func plainKey(typed string) string {
	end := strings.IndexAny(typed, ":：=＝「『")
	if end < 0 {
		return typed
	}
	end += firstSize(typed[end:])
	return fold(typed[:end]) + typed[end:]
}

// uncornered returns a value in 「 」 or 『 』 in plain quotes, any other as it is.
func uncornered(value string) string {
	if m := corners.FindStringSubmatch(value); m != nil {
		return quote(m[1] + m[2])
	}
	return value
}

// japaneseCount is how often something happens and what that is compared with, and japaneseSpan the same behind the time in which it does.
var (
	japaneseCount = regexp.MustCompile(`^(\d{1,6})(?:回|件|行|個)?(以上|超|超過|を超える|を超えたら|より多い|より多く)?$`)
	japaneseSpan  = regexp.MustCompile(`^(.+?)(?:で|に|以内に|以内で|あたり|当たり)(\d{1,6}(?:回|件|行|個).*)$`)
)

// japaneseCounts mends 5分間に10件以上, and 10回以上 after TIME: a threshold is the highest count that is none too many.
func japaneseCounts(r *respelling) {
	for i, p := range r.parts {
		if m := japaneseSpan.FindStringSubmatch(p.keyword()); i > 2 && p.bare() && m != nil && isDuration(m[1]) && japaneseCount.MatchString(m[2]) {
			r.replaceAll(i, m[1:3], "Between words stand spaces.")
		}
	}
	i := r.afterTime()
	if i >= len(r.parts) || !r.parts[i].bare() {
		return
	}
	m := japaneseCount.FindStringSubmatch(r.parts[i].keyword())
	if m == nil || m[0] == m[1] {
		return
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return
	}
	if m[2] == "" || m[2] == "以上" {
		n--
	}
	r.replace(i, i+1, "threshold="+strconv.Itoa(n), "How many lines are too many is given as threshold=: the alert fires when more than that are counted.")
}

// wideSeverity mends severity=ｃｒｉｔｉｃａｌ: nothing looks for a severity in letters of that width.
func wideSeverity(r *respelling) {
	for i, p := range r.parts {
		if value := p.value[p.keyLen:]; p.key == "severity" && norm.NFKC.String(value) != value {
			r.replace(i, i+1, "severity="+quote(norm.NFKC.String(value)), "A severity is written in plain letters.")
		}
	}
}

// particles are what Japanese puts behind a name or a value.
var particles = []string{"を", "に", "へ", "から", "は", "の", "で", "として", "にして", "に変更"}

// particlesBetween mends `edit NAME を for=5m に` and `rename NAME から NEW`.
func particlesBetween(r *respelling) {
	for i := 1; i < len(r.parts) && !r.parts[i].isProse(); {
		if !slices.Contains(particles, r.parts[i].typed) {
			i++
			continue
		}
		r.drop(i, "Between names and options stand no other words.")
	}
}
