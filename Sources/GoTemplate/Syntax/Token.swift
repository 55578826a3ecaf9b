internal import TelemetryModel

/// What a token is.
enum TokenKind: Sendable, Hashable {
    case error, boolean, character, characterConstant, assign, declare, end, field, identifier, leftDelimiter, leftParenthesis, number, pipe
    case rawString, rightDelimiter, rightParenthesis, space, string, text, variable
    case dot, nilWord
    case blockWord, breakWord, continueWord, defineWord, elseWord, endWord, ifWord, rangeWord, templateWord, withWord

    /// The words of the language.
    static let words: [String: TokenKind] = [
        "block": .blockWord, "break": .breakWord, "continue": .continueWord, "define": .defineWord, "else": .elseWord, "end": .endWord,
        "if": .ifWord, "range": .rangeWord, "nil": .nilWord, "template": .templateWord, "with": .withWord,
    ]

    var isKeyword: Bool {
        switch self {
        case .dot, .nilWord, .blockWord, .breakWord, .continueWord, .defineWord, .elseWord, .endWord, .ifWord, .rangeWord, .templateWord,
            .withWord:
            true
        default: false
        }
    }
}

struct Token: Sendable {
    var kind: TokenKind
    /// Where it starts in the UTF-8 of the template.
    var position: Int
    /// Its text; for an error the message.
    var text: [UInt8]
    /// The line on which it starts, from 1.
    var line: Int

    var string: String { String(decoding: text, as: UTF8.self) }

    /// As error messages show it.
    var shown: String {
        switch kind {
        case .end: "EOF"
        case .error: string
        case _ where kind.isKeyword: "<\(string)>"
        case _ where text.count > 10: GoQuoting.string(string, limit: 10) + "..."
        default: GoQuoting.string(string)
        }
    }
}
