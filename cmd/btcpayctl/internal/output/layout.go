package output

import "slices"

// A Fit says what happens to the values of a column on a terminal that is too narrow.
// Anywhere else they are printed as they are.
type Fit int

// The fits of columns.
const (
	FitWhole  Fit = iota // never changed: amounts, times, states
	FitMiddle            // shortened in the middle: ids, keys, addresses
	FitWords             // broken into lines between words
	FitNames             // like FitWords, with the ids in it shortened: "Books" (J8Rx6Z…ABCDE)
	FitBelow             // printed whole on a line of its own: links, commands
)

// The least widths of columns that can be narrower than their values.
const (
	leastMiddle = 11
	leastWords  = 20
)

// columnGap is the number of blanks between columns.
const columnGap = 2

// A layout is the form of a table on a terminal.
type layout struct {
	cards  bool  // a line for each value
	shown  []int // the columns of a row
	widths []int // of all columns
	below  []int // on lines of their own below each row
	left   []int // not shown
}

// arrange finds a form in which columns of these widths fit. In a list, ids may be
// shortened; leaveOut says that it may leave out the columns that are declared so.
func arrange(columns []plainColumn, natural []int, width int, list, leaveOut bool) layout {
	l := layout{}
	for i := range columns {
		l.shown = append(l.shown, i)
	}
	for {
		if len(l.shown) == 1 && len(l.below) > 0 {
			return layout{cards: true, widths: natural}
		}
		if widths, ok := distribute(columns, natural, l.shown, width, list); ok {
			l.widths = widths
			return l
		}
		at := lastOf(columns, l.shown, func(c plainColumn) bool { return c.fit == FitBelow || c.spare && (leaveOut || !list) })
		if at < 0 || len(l.shown) == 1 {
			return layout{cards: true, widths: natural}
		}
		column := l.shown[at]
		l.shown = slices.Delete(l.shown, at, at+1)
		if leaveOut && columns[column].spare {
			l.left = slices.Insert(l.left, 0, column)
		} else {
			l.below = slices.Insert(l.below, 0, column)
		}
	}
}

func lastOf(columns []plainColumn, shown []int, is func(plainColumn) bool) int {
	for i := len(shown) - 1; i >= 0; i-- {
		if is(columns[shown[i]]) {
			return i
		}
	}
	return -1
}

// distribute gives each column its width. It fails if the columns do not fit.
func distribute(columns []plainColumn, natural, shown []int, width int, list bool) (widths []int, ok bool) {
	widths = slices.Clone(natural)
	left := width - columnGap*(len(shown)-1)
	var middle, text []int
	for _, i := range shown {
		least := natural[i]
		switch columns[i].fit {
		case FitMiddle:
			if !list {
				break // the id of what was made is copied from the screen
			}
			least = min(least, max(leastMiddle, Width(columns[i].title)))
			middle = append(middle, i)
		case FitWords, FitNames:
			least = min(least, max(leastWords, Width(columns[i].title)))
			text = append(text, i)
		case FitWhole, FitBelow:
		}
		widths[i] = least
		left -= least
	}
	if left < 0 {
		return nil, false
	}
	missing := func(a, b int) int { return (natural[a] - widths[a]) - (natural[b] - widths[b]) }
	for _, i := range slices.SortedStableFunc(slices.Values(middle), missing) { // an id is of use only if it is whole
		if more := natural[i] - widths[i]; more <= left {
			widths[i], left = natural[i], left-more
		}
	}
	for ; left > 0 && len(text) > 0; left-- { // the text that would have most lines becomes wider
		lines := func(a, b int) int { return natural[a]*widths[b] - natural[b]*widths[a] }
		i := slices.MaxFunc(text, lines)
		if widths[i] >= natural[i] {
			break
		}
		widths[i]++
	}
	for _, i := range middle {
		more := min(natural[i]-widths[i], left)
		widths[i], left = widths[i]+more, left-more
	}
	return widths, true
}
