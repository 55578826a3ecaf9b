internal import TelemetryModel

/// What stands between the delimiters.
extension Lexer {
    /// Reads the tokens of an action with its right delimiter. False where the template ends there.
    mutating func lexAction() -> Bool {
        while true {
            let (isDelimiter, isTrimmed) = atRightDelimiter()
            if isDelimiter {
                guard parenthesisDepth == 0 else { return fail("unclosed left paren") }
                lexRightDelimiter(isTrimmed: isTrimmed)
                return true
            }
            guard position < input.count else { return fail("unclosed action") }
            let byte = input[position]
            let isFine: Bool
            switch byte {
            case _ where Lexer.isSpace(byte):
                lexSpace()
                isFine = true
            case UInt8(ascii: "="): isFine = single(.assign)
            case UInt8(ascii: ":"):
                position += 1
                guard position < input.count, input[position] == UInt8(ascii: "=") else { return fail("expected :=") }
                isFine = single(.declare)
            case UInt8(ascii: "|"): isFine = single(.pipe)
            case UInt8(ascii: "\""): isFine = lexQuoted(byte, .string, "unterminated quoted string")
            case UInt8(ascii: "'"): isFine = lexQuoted(byte, .characterConstant, "unterminated character constant")
            case UInt8(ascii: "`"): isFine = lexRaw()
            case UInt8(ascii: "$"): isFine = lexName(.variable)
            case UInt8(ascii: "."):
                let isNumber = position + 1 < input.count && (0x30...0x39).contains(input[position + 1])
                isFine = isNumber ? lexNumber() : lexName(.field)
            case UInt8(ascii: "+"), UInt8(ascii: "-"), 0x30...0x39: isFine = lexNumber()
            case UInt8(ascii: "("):
                parenthesisDepth += 1
                isFine = single(.leftParenthesis)
            case UInt8(ascii: ")"):
                parenthesisDepth -= 1
                guard parenthesisDepth >= 0 else { return fail("unexpected right paren") }
                isFine = single(.rightParenthesis)
            case _ where isAlphanumeric(at: position): isFine = lexIdentifier()
            case 0x21...0x7e: isFine = single(.character)
            default: return fail("unrecognized character in action: " + GoQuoting.codePoint(scalar(at: position).scalar))
            }
            guard isFine else { return false }
        }
    }

    private mutating func single(_ kind: TokenKind) -> Bool {
        position += 1
        emit(kind)
        return true
    }

    private mutating func lexSpace() {
        while position < input.count, Lexer.isSpace(input[position]) { position += 1 }
        // The last blank may belong to a mark that trims: ` -}}`.
        if hasRightTrimMark(at: position - 1), hasPrefix(Lexer.rightDelimiter, at: position + 1) {
            position -= 1
            if position == start { return }
        }
        emit(.space)
    }

    private mutating func lexQuoted(_ quote: UInt8, _ kind: TokenKind, _ message: String) -> Bool {
        position += 1
        while position < input.count, input[position] != quote, input[position] != UInt8(ascii: "\n") {
            if input[position] == UInt8(ascii: "\\") {
                position += 1
                guard position < input.count, input[position] != UInt8(ascii: "\n") else { return fail(message) }
            }
            position += 1
        }
        guard position < input.count, input[position] == quote else { return fail(message) }
        return single(kind)
    }

    private mutating func lexRaw() -> Bool {
        position += 1
        while position < input.count, input[position] != UInt8(ascii: "`") { position += 1 }
        guard position < input.count else { return fail("unterminated raw quoted string") }
        return single(.rawString)
    }

    private mutating func lexIdentifier() -> Bool {
        skipAlphanumeric()
        guard isAtTerminator else { return fail("bad character " + GoQuoting.codePoint(scalar(at: position).scalar)) }
        let word = String(decoding: input[start..<position], as: UTF8.self)
        switch TokenKind.words[word] {
        case .breakWord? where !breakIsWord, .continueWord? where !continueIsWord: emit(.identifier)
        case let kind?: emit(kind)
        case nil: emit(word == "true" || word == "false" ? .boolean : .identifier)
        }
        return true
    }

    /// A field or a variable, or the dot or the dollar alone.
    private mutating func lexName(_ kind: TokenKind) -> Bool {
        position += 1
        if isAtTerminator {
            emit(kind == .variable ? .variable : .dot)
            return true
        }
        skipAlphanumeric()
        guard isAtTerminator else { return fail("bad character " + GoQuoting.codePoint(scalar(at: position).scalar)) }
        emit(kind)
        return true
    }

    private mutating func skipAlphanumeric() {
        while position < input.count, isAlphanumeric(at: position) { position += scalar(at: position).width }
    }

    /// Whether what stands here may follow a name.
    private var isAtTerminator: Bool {
        guard position < input.count else { return true }
        switch input[position] {
        case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "|"), UInt8(ascii: ":"), UInt8(ascii: ")"), UInt8(ascii: "("): return true
        case let byte: return Lexer.isSpace(byte) || hasPrefix(Lexer.rightDelimiter, at: position)
        }
    }

    // MARK: Numbers

    private mutating func lexNumber() -> Bool {
        let isFine = scanNumber()
        guard isFine, position == input.count || (input[position] != UInt8(ascii: "+") && input[position] != UInt8(ascii: "-")) else {
            return fail("bad number syntax: " + GoQuoting.string(bytes: Array(input[start..<position])))
        }
        emit(.number)
        return true
    }

    /// Takes what looks like a number; whether it is one, the parser sees.
    private mutating func scanNumber() -> Bool {
        accept("+-")
        var digits: StaticString = "0123456789_"
        var exponents: StaticString = "eE"
        if accept("0") {
            if accept("xX") {
                digits = "0123456789abcdefABCDEF_"
                exponents = "pP"
            } else if accept("oO") {
                digits = "01234567_"
            } else if accept("bB") {
                digits = "01_"
            }
        }
        while accept(digits) {}
        if accept(".") { while accept(digits) {} }
        if accept(exponents) {
            accept("+-")
            while accept("0123456789_") {}
        }
        guard position < input.count, isAlphanumeric(at: position) else { return true }
        position += scalar(at: position).width
        return false
    }

    @discardableResult
    private mutating func accept(_ set: StaticString) -> Bool {
        guard position < input.count else { return false }
        let byte = input[position]
        guard set.withUTF8Buffer({ $0.contains(byte) }) else { return false }
        position += 1
        return true
    }

    // MARK: Characters

    private func scalar(at index: Int) -> (scalar: Unicode.Scalar?, width: Int) {
        guard index < input.count else { return (nil, 0) }
        return UTF8Characters.decode(input[...], at: index)
    }

    private func isAlphanumeric(at index: Int) -> Bool {
        let byte = input[index]
        if byte < 0x80 {
            return byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        }
        guard let scalar = scalar(at: index).scalar else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: return true
        default: return false
        }
    }
}
