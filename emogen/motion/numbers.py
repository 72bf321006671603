"""Numbers to words: digits in, the English words that a reader says out."""

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ("", "thousand", "million", "billion")


def read_out(digits: str) -> list[str]:
    """Return how digits are said; more than twelve, or a leading zero, digit by digit.

    A number of four digits from 1100 to 1999 is read as a year.

    >>> read_out("42"), read_out("1986"), read_out("007")
    (['forty', 'two'], ['nineteen', 'eighty', 'six'], ['zero', 'zero', 'seven'])
    >>> read_out("2026")
    ['two', 'thousand', 'twenty', 'six']
    """
    if len(digits) > 12 or (digits[0] == "0" and len(digits) > 1):
        return [_ONES[int(digit)] for digit in digits]
    number = int(digits)
    if 1100 <= number < 2000:
        rest = _below_hundred(number % 100) or ["hundred"]
        return [*_below_hundred(number // 100), *rest]
    if number == 0:
        return ["zero"]
    words: list[str] = []
    for power in range(len(_GROUPS) - 1, -1, -1):
        group = number // 1000**power % 1000
        if group:
            words += [*_below_thousand(group), *_GROUPS[power].split()]
    return words


def _below_hundred(number: int) -> list[str]:
    if number < 20:
        return [_ONES[number]] if number else []
    return [_TENS[number // 10 - 2], *_below_hundred(number % 10)]


def _below_thousand(number: int) -> list[str]:
    hundreds = [_ONES[number // 100], "hundred"] if number >= 100 else []
    return hundreds + _below_hundred(number % 100)
