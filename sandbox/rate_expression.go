package sandbox

import "strings"

// expression is the right side of a rule.
type expression interface {
	// evaluate computes it for the pair the rule was found for; text is the expression with its pairs filled in.
	evaluate(e *evaluator, asked currencyPair, depth int) (v decimal, text, errText string)
}

type literal struct {
	value decimal
	text  string
}

func (l literal) evaluate(*evaluator, currencyPair, int) (decimal, string, string) {
	return l.value, l.text, ""
}

// pairRef is another pair, in which X is what it was for the rule.
type pairRef struct{ left, right string }

func (p pairRef) evaluate(e *evaluator, asked currencyPair, depth int) (decimal, string, string) {
	return e.evaluate(p.fill(asked), depth+1)
}

func (p pairRef) fill(asked currencyPair) currencyPair {
	pair := currencyPair(p)
	if pair.left == "X" {
		pair.left = asked.left
		if p.right != "X" && asked.left == p.right {
			pair.left = asked.right
		}
	}
	if pair.right == "X" {
		pair.right = asked.right
	}
	return pair
}

// exchange is a call such as kraken(X_X): there is no network here, so it has no rate.
type exchange struct{ name string }

func (x exchange) evaluate(_ *evaluator, asked currencyPair, _ int) (decimal, string, string) {
	return decimal{}, "ERR_RATE_UNAVAILABLE(" + x.name + ", " + asked.brief() + ")", "RateUnavailable"
}

// maxEvaluated bounds the text of an evaluation, which is for the log of an invoice alone.
const maxEvaluated = 4 << 10

// brief is a pair for that text: a currency of an invoice may have any length.
func (p currencyPair) brief() string {
	return currencyPair{p.left[:min(len(p.left), maxEvaluated)], p.right[:min(len(p.right), maxEvaluated)]}.String()
}

type operation struct {
	op          byte
	left, right expression
}

func (b operation) evaluate(e *evaluator, asked currencyPair, depth int) (decimal, string, string) {
	x, xt, xe := b.left.evaluate(e, asked, depth)
	y, yt, ye := b.right.evaluate(e, asked, depth)
	text := xt
	if len(xt)+len(yt) < maxEvaluated {
		text = xt + " " + string(b.op) + " " + yt
	}
	switch {
	case xe != "":
		return decimal{}, text, xe
	case ye != "":
		return decimal{}, text, ye
	}
	switch b.op {
	case '+':
		return x.add(y), text, ""
	case '-':
		return x.sub(y), text, ""
	case '*':
		return x.mul(y), text, ""
	}
	if y.sign() == 0 {
		return decimal{}, text, "DivideByZero"
	}
	return x.div(y), text, ""
}

type group struct{ inner expression }

func (g group) evaluate(e *evaluator, asked currencyPair, depth int) (decimal, string, string) {
	v, text, err := g.inner.evaluate(e, asked, depth)
	return v, "(" + text + ")", err
}

type negated struct{ inner expression }

func (n negated) evaluate(e *evaluator, asked currencyPair, depth int) (decimal, string, string) {
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
		value, err := parseDecimal(word)
		return literal{value, word}, err == nil && !strings.ContainsAny(word, "eE")
	}
	if _, call := p.next("("); call {
		_, ok := p.sum(depth + 1)
		_, closed := p.next(")")
		return exchange{strings.ToLower(word)}, ok && closed
	}
	pair, ok := parsePair(word)
	return pairRef(pair), ok && strings.Contains(word, "_")
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
