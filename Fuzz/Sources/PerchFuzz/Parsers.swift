/// Takes any bytes. It may refuse them; it may not trap, nor take time or memory out of proportion.
typealias Parser = @Sendable ([UInt8]) -> Void

/// Every parser by its name, which is also that of its folder in `Corpus`.
let parsers: [String: Parser] = [metricParsers, spanParsers, logParsers, discoveryParsers, languageParsers]
    .reduce(into: [:]) { all, some in all.merge(some) { _, _ in preconditionFailure("BUG: two parsers of one name") } }
