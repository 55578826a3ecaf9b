// What rules would have done: unit tests of rules, and backtests over stored history.
