package money

import "strings"

// expression is the right side of a rule.
type expression interface {
	// evaluate computes it for the pair that the rule was found for; text is the expression with its pairs filled
	// in.
	evaluate(e *evaluator, asked Pair, depth int) (v Decimal, text, errText string)
}

type literal struct {
	value Decimal
	text  string
}

func (l literal) evaluate(*evaluator, Pair, int) (Decimal, string, string) {
	return l.value, l.text, ""
}

// pairRef is another pair, in which X has the same meaning as in the rule.
type pairRef Pair

func (p pairRef) evaluate(e *evaluator, asked Pair, depth int) (Decimal, string, string) {
	return e.evaluate(p.fill(asked), depth+1)
}

func (p pairRef) fill(asked Pair) Pair {
	pair := Pair(p)
	if pair.Left == "X" {
		pair.Left = asked.Left
		if p.Right != "X" && asked.Left == p.Right {
			pair.Left = asked.Right
		}
	}
	if pair.Right == "X" {
		pair.Right = asked.Right
	}
	return pair
}

// exchange is a call such as kraken(X_X). It has no rate, since there is no network here.
type exchange struct{ name string }

func (x exchange) evaluate(_ *evaluator, asked Pair, _ int) (Decimal, string, string) {
	return Decimal{}, "ERR_RATE_UNAVAILABLE(" + x.name + ", " + asked.brief() + ")", "RateUnavailable"
}

// maxEvaluated bounds the text of an evaluation, which is only for the log of an invoice.
const maxEvaluated = 4 << 10

// brief is a pair for that text. A currency of an invoice may have any length.
func (p Pair) brief() string {
	return Pair{p.Left[:min(len(p.Left), maxEvaluated)], p.Right[:min(len(p.Right), maxEvaluated)]}.String()
}

type operation struct {
	op          byte
	left, right expression
}

func (b operation) evaluate(e *evaluator, asked Pair, depth int) (Decimal, string, string) {
	x, xt, xe := b.left.evaluate(e, asked, depth)
	y, yt, ye := b.right.evaluate(e, asked, depth)
	text := xt
	if len(xt)+len(yt) < maxEvaluated {
		text = xt + " " + string(b.op) + " " + yt
	}
	switch {
	case xe != "":
		return Decimal{}, text, xe
	case ye != "":
		return Decimal{}, text, ye
	}
	switch b.op {
	case '+':
		return x.Add(y), text, ""
	case '-':
		return x.Sub(y), text, ""
	case '*':
		return x.Mul(y), text, ""
	}
	if y.Sign() == 0 {
		return Decimal{}, text, "DivideByZero"
	}
	return x.Div(y), text, ""
}

type group struct{ inner expression }

func (g group) evaluate(e *evaluator, asked Pair, depth int) (Decimal, string, string) {
	v, text, err := g.inner.evaluate(e, asked, depth)
	return v, "(" + text + ")", err
}

type negated struct{ inner expression }

func (n negated) evaluate(e *evaluator, asked Pair, depth int) (Decimal, string, string) {
	v, text, err := n.inner.evaluate(e, asked, depth)
	return v.neg(), "-" + text, err
}

// parser reads an expression: sums of products of numbers, pairs, calls and groups.
type parser struct {
	text string
	at   int
}

const maxNesting = 50

func (p *parser) skipBlanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) next(chars string) (byte, bool) {
	p.skipBlanks()
	if p.at < len(p.text) && strings.IndexByte(chars, p.text[p.at]) >= 0 {
		p.at++
		return p.text[p.at-1], true
	}
	return 0, false
}

func (p *parser) sum(depth int) (expression, bool) { return p.chain("+-", p.product, depth) }

func (p *parser) product(depth int) (expression, bool) { return p.chain("*/", p.operand, depth) }

func (p *parser) chain(ops string, part func(int) (expression, bool), depth int) (expression, bool) {
	left, ok := part(depth)
	for links := 0; ok && links < 1000; links++ {
		op, more := p.next(ops)
		if !more {
			return left, true
		}
		var right expression
		right, ok = part(depth)
		left = operation{op, left, right}
	}
	return nil, false
}

func (p *parser) operand(depth int) (expression, bool) {
	if depth > maxNesting {
		return nil, false
	}
	if _, minus := p.next("-"); minus {
		inner, ok := p.operand(depth + 1)
		return negated{inner}, ok
	}
	if _, opened := p.next("("); opened {
		inner, ok := p.sum(depth + 1)
		_, closed := p.next(")")
		return group{inner}, ok && closed
	}
	start := p.at
	for p.at < len(p.text) && (isWordByte(p.text[p.at]) || p.text[p.at] == '.') {
		p.at++
	}
	word := p.text[start:p.at]
	if word == "" {
		return nil, false
	}
	if word[0] >= '0' && word[0] <= '9' {
		value, err := Parse(word)
		return literal{value, word}, err == nil && !strings.ContainsAny(word, "eE")
	}
	if _, call := p.next("("); call {
		_, ok := p.sum(depth + 1)
		_, closed := p.next(")")
		return exchange{strings.ToLower(word)}, ok && closed
	}
	pair, ok := ParsePair(word)
	return pairRef(pair), ok && strings.Contains(word, "_")
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
