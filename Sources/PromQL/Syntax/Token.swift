internal import QueryModel
internal import TelemetryModel

/// What a token is.
enum TokenKind: UInt8 {
    case endOfInput
    case identifier, metricIdentifier, string, number, duration

    // Punctuation.
    case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket
    case comma, colon, assign, matches, notMatches, at

    // Operators.
    case add, subtract, multiply, divide, modulo, power, atan2
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, trimUpper, trimLower
    case and, or, unless

    // Aggregations.
    case avg, bottomk, count, countValues, group, max, min, quantile, stddev, stdvar, sum, topk, limitk, limitRatio

    // Keywords.
    case bool, by, groupLeft, groupRight, fill, fillLeft, fillRight, ignoring, offset, smoothed, anchored, on, without

    // Words that are also functions.
    case start, end, step, range, maxOf, minOf
}

/// A token: its kind and its place in the text.
struct Token {
    var kind: TokenKind
    var start: Int
    var end: Int

    var range: SourceRange { SourceRange(start, end) }
}

extension TokenKind {
    /// The longest word in ``words``, in bytes.
    private static let longestWord = 12

    private static let words: [String: TokenKind] = [
        "and": .and, "or": .or, "unless": .unless, "atan2": .atan2,
        "sum": .sum, "avg": .avg, "count": .count, "min": .min, "max": .max, "group": .group, "stddev": .stddev, "stdvar": .stdvar,
        "topk": .topk, "bottomk": .bottomk, "count_values": .countValues, "quantile": .quantile, "limitk": .limitk,
        "limit_ratio": .limitRatio,
        "offset": .offset, "smoothed": .smoothed, "anchored": .anchored, "by": .by, "without": .without, "on": .on,
        "ignoring": .ignoring, "group_left": .groupLeft, "group_right": .groupRight, "fill": .fill, "fill_left": .fillLeft,
        "fill_right": .fillRight, "bool": .bool,
        "start": .start, "end": .end, "step": .step, "range": .range, "max_of": .maxOf, "min_of": .minOf,
        "inf": .number, "nan": .number,
    ]

    /// The keyword that a word is, whatever its case, or nil.
    init?(word: ArraySlice<UInt8>) {
        guard word.count <= TokenKind.longestWord else { return nil }
        let lowercased = String(unsafeUninitializedCapacity: word.count) { buffer in
            for (index, byte) in word.enumerated() {
                buffer[index] = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            }
            return word.count
        }
        guard let kind = TokenKind.words[lowercased] else { return nil }
        self = kind
    }

    /// The aggregation that the token names, if any.
    var aggregation: AggregationOperator? {
        switch self {
        case .avg: .avg
        case .bottomk: .bottomk
        case .count: .count
        case .countValues: .countValues
        case .group: .group
        case .max: .max
        case .min: .min
        case .quantile: .quantile
        case .stddev: .stddev
        case .stdvar: .stdvar
        case .sum: .sum
        case .topk: .topk
        case .limitk: .limitk
        case .limitRatio: .limitRatio
        default: nil
        }
    }

    /// The binary operator that the token is, if any.
    var binaryOperator: BinaryOperator? {
        switch self {
        case .add: .add
        case .subtract: .subtract
        case .multiply: .multiply
        case .divide: .divide
        case .modulo: .modulo
        case .power: .power
        case .atan2: .atan2
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .trimUpper: .trimUpper
        case .trimLower: .trimLower
        case .and: .and
        case .or: .or
        case .unless: .unless
        default: nil
        }
    }

    /// Whether an expression may begin with the token.
    var startsExpression: Bool {
        switch self {
        case .number, .duration, .string, .leftParenthesis, .leftBrace, .add, .subtract: true
        default: isMetricName
        }
    }

    /// Whether the token may stand for a metric name where an expression is expected.
    var isMetricName: Bool {
        switch self {
        case .identifier, .metricIdentifier, .and, .or, .unless, .by, .without, .offset, .fill, .fillLeft, .fillRight, .anchored, .smoothed,
            .start, .end, .step, .range, .maxOf, .minOf:
            true
        default: aggregation != nil
        }
    }

    /// Whether the token may stand for a label name in a list of them.
    var isLabelName: Bool {
        switch self {
        case .without: false
        case .bool, .groupLeft, .groupRight, .ignoring, .on, .atan2: true
        default: isMetricName
        }
    }

    /// Whether the token is a function when a parenthesis follows.
    var isFunctionName: Bool {
        switch self {
        case .identifier, .start, .end, .step, .range, .maxOf, .minOf: true
        default: false
        }
    }
}

extension Token {
    /// The token as error messages name it.
    func description(_ text: String) -> String {
        switch kind {
        case .endOfInput: "end of input"
        case .identifier: "identifier " + GoQuoting.string(text)
        case .metricIdentifier: "metric identifier " + GoQuoting.string(text)
        case .string: "string " + Token.shortened(text)
        case .number: "number " + Token.shortened(text)
        case .duration: "duration " + Token.shortened(text)
        case .bool, .by, .groupLeft, .groupRight, .fill, .fillLeft, .fillRight, .ignoring, .offset, .smoothed, .anchored, .on, .without:
            "<\(text)>"
        case .at, .matches, .notMatches: "<op:\(text)>"
        default:
            if kind.binaryOperator != nil {
                "<op:\(text)>"
            } else if kind.aggregation != nil {
                "<aggr:\(text)>"
            } else {
                Token.shortened(text)
            }
        }
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count > 10 ? GoQuoting.string(text, limit: 10) + "..." : GoQuoting.string(text)
    }
}
