/// The smallest part of a query's text that means something.
enum Token: Equatable {
    case end
    case identifier(String)
    case string(String)
    /// As it was written.
    case number(String)
    /// Nanoseconds.
    case duration(Int64)
    case byteSize(UInt64)
    /// `[5m]`; nanoseconds.
    case range(Int64)
    /// `--strict`
    case flag(String)
    case word(Word)
    /// A character that means nothing anywhere.
    case unknown(String)

    /// Symbols and reserved words, by their text. Of words case does not matter.
    enum Word: String, CaseIterable {
        case openBrace = "{"
        case closeBrace = "}"
        case openParenthesis = "("
        case closeParenthesis = ")"
        case closeBracket = "]"
        case comma = ","
        case dot = "."
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case notMatches = "!~"
        case notPattern = "!>"
        case pipeExact = "|="
        case pipeMatch = "|~"
        case pipePattern = "|>"
        case pipe = "|"
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case modulo = "%"
        case power = "^"
        case compareEqual = "=="
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="
        case or, and, unless, by, without, bool, on, ignoring, offset, unwrap, unpack, json, regexp, logfmt, pattern, decolorize, drop, keep
        case groupLeft = "group_left"
        case groupRight = "group_right"
        case labelFormat = "label_format"
        case lineFormat = "line_format"
        // From here on words that are reserved only in front of a parenthesis.
        case ip, vector, bytes, duration
        case labelReplace = "label_replace"
        case durationSeconds = "duration_seconds"
        case rate, sum, avg, max, min, count, stddev, stdvar, bottomk, topk, sort
        case rateCounter = "rate_counter"
        case countOverTime = "count_over_time"
        case bytesRate = "bytes_rate"
        case bytesOverTime = "bytes_over_time"
        case avgOverTime = "avg_over_time"
        case sumOverTime = "sum_over_time"
        case minOverTime = "min_over_time"
        case maxOverTime = "max_over_time"
        case stdvarOverTime = "stdvar_over_time"
        case stddevOverTime = "stddev_over_time"
        case quantileOverTime = "quantile_over_time"
        case firstOverTime = "first_over_time"
        case lastOverTime = "last_over_time"
        case absentOverTime = "absent_over_time"
        case sortDesc = "sort_desc"
        case approxTopk = "approx_topk"

        /// Whether it is reserved only in front of a parenthesis, and a name elsewhere.
        var isFunction: Bool { Word.functions.contains(self) }

        private static let functions: Set<Word> = {
            let all = Word.allCases
            guard let first = all.firstIndex(of: .ip) else { return [] }
            return Set(all[first...])
        }()

        static let byText = Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.rawValue, $0) })

        /// What messages call it.
        var name: String {
            switch self {
            case .ip, .labelReplace: rawValue
            case .bytes, .duration, .durationSeconds: rawValue.uppercased() + "_CONV"
            default: isFunction ? rawValue.uppercased() : rawValue
            }
        }
    }

    /// What messages call it.
    var name: String {
        switch self {
        case .end: "$end"
        case .identifier: "IDENTIFIER"
        case .string: "STRING"
        case .number: "NUMBER"
        case .duration: "DURATION"
        case .byteSize: "BYTES"
        case .range: "RANGE"
        case .flag: "FUNCTION_FLAG"
        case .word(let word): word.name
        case .unknown(let text): text
        }
    }
}
