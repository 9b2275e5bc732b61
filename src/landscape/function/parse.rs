//! Reads a formula: operator precedence (Pratt 1973) over a text of letters, digits and signs.
//!
//! `+ - * /`, `^` or `**` (to the right, and closer than a sign: `-x^2` is `-(x^2)`), parentheses, the numbers `pi` and `e`, the
//! variables `x` and `y`, the numbers `u` and `v` of a sample, and the functions of [`NAMES`].

use super::expression::{Expression, Term, Unary};
use crate::error::{Error, Result};

/// Longest formula, in letters.
const MOST_LETTERS: usize = 1000;
/// Most parentheses, signs and powers inside each other: each is a call, and the stack of a worker is small.
const MOST_DEPTH: usize = 100;
/// Largest whole power that is written out as products.
const MOST_POWER: f64 = 64.0;

/// What a name with parentheses may be.
const NAMES: &str = "sin, cos, tan, exp, log, sqrt, abs, tanh, sigmoid, min, max";

/// Reads a formula of x and y.
///
/// # Errors
/// [`Error::Spec`] with the column, from 1, and what was expected there; `column` is among the arguments of the report.
pub(super) fn parse(text: &str) -> Result<Expression> {
    let letters: Vec<char> = text.chars().collect();
    let mut parser = Parser { letters, at: 0, depth: 0, expression: Expression::default() };
    if parser.letters.len() > MOST_LETTERS {
        return Err(parser.fault("formula-long", &format!("at most {MOST_LETTERS} letters"), "shorten it"));
    }
    let value = parser.sum(0)?;
    if parser.peek().is_some() {
        let closing = parser.peek() == Some(')');
        let hint =
            if closing { "take it away, or open one before" } else { "put an operator such as * before it" };
        return Err(parser.fault("formula-operator", "an operator or the end", hint));
    }
    // the value is the last term: what nothing needs stands before it and costs next to nothing
    if value + 1 != parser.expression.terms.len() {
        let term = parser.expression.terms[value];
        parser.expression.terms.push(term);
    }
    Ok(parser.expression)
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    expression: Expression,
}

impl Parser {
    /// The next letter that is no space.
    fn peek(&mut self) -> Option<char> {
        while self.letters.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.letters.get(self.at).copied()
    }

    fn take(&mut self, sign: char) -> bool {
        let there = self.peek() == Some(sign);
        self.at += usize::from(there);
        there
    }

    #[inline(never)]
    fn fault(&self, code: &'static str, expected: &str, hint: &str) -> Error {
        let got = self.letters.get(self.at).map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
        let column = self.at + 1;
        Error::spec(code, format!("formula, column {column}"))
            .expected(expected)
            .got(got.clone())
            .hint(hint)
            .arg("column", column)
            .arg("found", got.trim_matches('`'))
    }

    /// Operators that bind at least as close as `least`: 1 for sums, 2 for products, 4 for powers; a sign binds as 3.
    fn sum(&mut self, least: u8) -> Result<usize> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(self.fault("formula-deep", "fewer parts inside each other", "take parentheses away"));
        }
        let mut left = self.operand()?;
        while let Some(sign) = self.peek() {
            let power = sign == '^' || (sign == '*' && self.letters.get(self.at + 1) == Some(&'*'));
            let (binding, width) = match sign {
                '+' | '-' => (1, 1),
                _ if power => (4, 1 + usize::from(sign == '*')),
                '*' | '/' => (2, 1),
                _ => break,
            };
            if binding < least {
                break;
            }
            self.at += width;
            // a power takes what follows first, the others what came before
            let right = self.sum(if power { 3 } else { binding + 1 })?;
            left = match sign {
                '+' => self.expression.push(Term::Add(left, right)),
                '-' => self.expression.push(Term::Sub(left, right)),
                _ if power => self.power(left, right),
                '*' => self.expression.push(Term::Mul(left, right)),
                _ => self.expression.push(Term::Div(left, right)),
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    /// A whole power is a product, a half one a root, any other one goes by exp and log.
    fn power(&mut self, base: usize, exponent: usize) -> usize {
        let terms = &mut self.expression;
        match terms.number(exponent) {
            Some(n) if n.fract() == 0.0 && n.abs() <= MOST_POWER => terms.push(Term::Power(base, n as i32)),
            Some(0.5) => terms.push(Term::Of(Unary::Sqrt, base)),
            _ if terms.number(base).is_some_and(|b| b.to_bits() == std::f64::consts::E.to_bits()) => {
                terms.push(Term::Of(Unary::Exp, exponent))
            }
            _ => {
                let log = terms.push(Term::Of(Unary::Log, base));
                let product = terms.push(Term::Mul(exponent, log));
                terms.push(Term::Of(Unary::Exp, product))
            }
        }
    }

    fn operand(&mut self) -> Result<usize> {
        if self.take('-') {
            let operand = self.sum(3)?;
            return Ok(self.expression.push(Term::Neg(operand)));
        }
        if self.take('+') {
            return self.sum(3);
        }
        if self.take('(') {
            let value = self.sum(0)?;
            return self.close().map(|()| value);
        }
        match self.peek() {
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() => self.name(),
            next => Err(self.fault(
                if next.is_none() { "formula-end" } else { "formula-operand" },
                "a number, x, y, a function or a parenthesis",
                "put one here, or take the operator before it away",
            )),
        }
    }

    fn close(&mut self) -> Result<()> {
        if self.take(')') {
            return Ok(());
        }
        Err(self.fault(
            "formula-parenthesis",
            "an operator or a closing parenthesis",
            "close the parenthesis",
        ))
    }

    fn number(&mut self) -> Result<usize> {
        let start = self.at;
        let digits = |parser: &mut Self| {
            while parser.letters.get(parser.at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
                parser.at += 1;
            }
        };
        digits(self);
        // 2e is two times e no more than 2x is two times x: an exponent has digits
        let signed = usize::from(matches!(self.letters.get(self.at + 1), Some('+' | '-')));
        if matches!(self.letters.get(self.at), Some('e' | 'E'))
            && self.letters.get(self.at + 1 + signed).is_some_and(char::is_ascii_digit)
        {
            self.at += 1 + signed;
            digits(self);
        }
        let word: String = self.letters[start..self.at].iter().collect();
        match word.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(self.expression.push(Term::Number(value))),
            _ => {
                self.at = start;
                Err(self.fault("formula-number", "a number such as 2, 0.5 or 1e-3", "write it so"))
            }
        }
    }

    fn name(&mut self) -> Result<usize> {
        let start = self.at;
        while self.letters.get(self.at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
            self.at += 1;
        }
        let word: String = self.letters[start..self.at].iter().collect();
        let term = match word.as_str() {
            "x" => Term::X,
            "y" => Term::Y,
            "u" => Term::U,
            "v" => Term::V,
            "pi" => Term::Number(std::f64::consts::PI),
            "e" => Term::Number(std::f64::consts::E),
            _ => return self.function(&word, start),
        };
        Ok(self.expression.push(term))
    }

    fn function(&mut self, word: &str, start: usize) -> Result<usize> {
        let unary = match word {
            "sin" | "tan" => Some(Unary::Sin),
            "cos" => Some(Unary::Cos),
            "exp" => Some(Unary::Exp),
            "log" => Some(Unary::Log),
            "sqrt" => Some(Unary::Sqrt),
            "abs" => Some(Unary::Abs),
            "tanh" => Some(Unary::Tanh),
            "sigmoid" => Some(Unary::Sigmoid),
            "min" | "max" => None,
            _ => {
                self.at = start;
                let expected = format!("x, y, pi, e or one of {NAMES}");
                return Err(self
                    .fault("formula-name", &expected, "write * between factors")
                    .got(format!("`{word}`"))
                    .arg("name", word));
            }
        };
        if !self.take('(') {
            return Err(self.fault(
                "formula-call",
                "an opening parenthesis after a function",
                "write its argument in parentheses",
            ));
        }
        let first = self.sum(0)?;
        let Some(unary) = unary else {
            if !self.take(',') {
                return Err(self.fault(
                    "formula-comma",
                    "a comma: min and max take two arguments",
                    "give the second one",
                ));
            }
            let second = self.sum(0)?;
            self.close()?;
            return Ok(self.expression.push(if word == "min" {
                Term::Min(first, second)
            } else {
                Term::Max(first, second)
            }));
        };
        self.close()?;
        let value = self.expression.push(Term::Of(unary, first));
        if word == "tan" {
            let cosine = self.expression.push(Term::Of(Unary::Cos, first));
            return Ok(self.expression.push(Term::Div(value, cosine)));
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::{Function, FunctionSpec, Region};

    fn at(formula: &str, x: f64, y: f64) -> f64 {
        let region = Region { x: [-9.0, 9.0], y: [-9.0, 9.0] };
        Function::new(FunctionSpec::of(formula, region)).unwrap().value([x, y]).unwrap()
    }

    #[test]
    fn operators_bind_as_in_print() {
        for (formula, want) in [
            ("-x^2", -9.0),
            ("2^-1", 0.5),
            ("2^3^2", 512.0),
            ("2**3**2", 512.0),
            ("-x**2 - -y", -7.0),
            ("x - y - 1", 0.0),
            ("12/x/y", 2.0),
            ("x/y*4", 6.0),
            ("(x + y)*(x - y)^2", 5.0),
            ("- x + y", -1.0),
            ("1.5e-1*x + .5", 0.95),
            ("max(min(x, y), -1)", 2.0),
            ("abs(-x)^0.5 - sqrt(3)", 0.0),
            ("e^x - exp(x)", 0.0),
            ("tan(pi/4) - 1", 0.0),
            ("y^2.5 - 4*sqrt(2)", 0.0),
            ("log(x^-1) + log(x)", 0.0),
            ("sigmoid(y) - 1/(1 + exp(-y)) + tanh(0)", 0.0),
            ("x", 3.0),
            ("7", 7.0),
        ] {
            let got = at(formula, 3.0, 2.0);
            assert!((got - want).abs() < 1e-14, "{formula} is {got}, not {want}");
        }
    }

    #[test]
    fn a_mistake_is_said_with_its_column() {
        for (formula, code, column) in [
            ("", "formula-end", "1"),
            ("x + ", "formula-end", "5"),
            ("x + * y", "formula-operand", "5"),
            ("2x", "formula-operator", "2"),
            ("(x + y", "formula-parenthesis", "7"),
            ("x + y)", "formula-operator", "6"),
            ("sin x", "formula-call", "5"),
            ("min(x)", "formula-comma", "6"),
            ("x + foo(y)", "formula-name", "5"),
            ("1.2.3", "formula-number", "1"),
            ("x ^ é", "formula-name", "5"),
            ("x & y", "formula-operator", "3"),
        ] {
            let error = parse(formula).unwrap_err();
            let report = error.report();
            assert_eq!((report.code, report.args[0].1.as_str()), (code, column), "{formula}: {error}");
        }
        assert_eq!(parse(&"(".repeat(900)).unwrap_err().report().code, "formula-deep");
        assert_eq!(parse(&"x+".repeat(900)).unwrap_err().report().code, "formula-long");
        let error = parse("x + foo(y)").unwrap_err().to_string();
        assert!(error.starts_with("formula, column 5: expected x, y, pi, e or one of sin, cos"), "{error}");
    }
}
