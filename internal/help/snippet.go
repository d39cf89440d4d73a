package help

// marked splits a text at the matches.
func marked(text string, wanted map[string]bool) []Part {
	var parts []Part
	at, from, to := 0, -1, -1
	flush := func() {
		if from < 0 {
			return
		}
		if from > at {
			parts = append(parts, Part{Text: text[at:from]})
		}
		parts = append(parts, Part{Text: text[from:to], Marked: true})
		at, from = to, -1
	}
	for _, t := range tokens(text) {
		if !wanted[t.term] {
			continue
		}
		if from >= 0 && t.from > to {
			flush()
		}
		if from < 0 {
			from, to = max(t.from, at), t.to
		}
		to = max(to, t.to)
	}
	flush()
	if at < len(text) {
		parts = append(parts, Part{Text: text[at:]})
	}
	return parts
}

// snippet is the part of a text with the most matches.
func snippet(text string, wanted map[string]bool) []Part {
	var starts []int // by rune
	for i := range text {
		starts = append(starts, i)
	}
	if len(starts) <= snippetRunes {
		return marked(text, wanted)
	}
	found := make([]int, len(starts)+1) // how many matches start before the i-th rune
	next := 0
	begins := map[int]int{}
	for _, t := range tokens(text) {
		if wanted[t.term] {
			begins[t.from]++
		}
	}
	for i, at := range starts {
		next += begins[at]
		found[i+1] = next
	}
	best, most := 0, -1
	for i := 0; i+snippetRunes <= len(starts); i++ {
		if n := found[i+snippetRunes] - found[i]; n > most {
			best, most = i, n
		}
	}
	best = max(0, best-snippetRunes/8) // some context before the first match
	end := len(text)
	if best+snippetRunes < len(starts) {
		end = starts[best+snippetRunes]
	}
	parts := marked(text[starts[best]:end], wanted)
	if best > 0 {
		parts = append([]Part{{Text: "…"}}, parts...)
	}
	if end < len(text) {
		parts = append(parts, Part{Text: "…"})
	}
	return parts
}
