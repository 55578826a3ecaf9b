/// Text that came from outside, as it may be written to a terminal.
///
/// Names and messages of spans are whatever their sender made them: left as they are, an escape sequence in one would move the cursor or
/// colour the screen, and a direction mark would show a name as another.
struct ShownText: Sendable {
    let hasUnicode: Bool

    init(for terminal: Terminal) { hasUnicode = terminal.hasUnicode }

    /// The text on one line, with what must not or cannot be shown as escapes: `\n`, `\u{1b}`.
    func callAsFunction(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isEscaped) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isEscaped(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // C0, delete, C1.
        case 0..<0x20, 0x7f..<0xa0: true
        case ..<0x7f: false
        // No width, direction of writing, line and paragraph separators, byte order mark, tags.
        case 0x200b, 0x200e, 0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe007f: true
        default: !hasUnicode
        }
    }
}

extension Terminal {
    /// Text in a style (the parameters of `ESC [ … m`), where the terminal has colours.
    func painted(_ text: String, _ style: String) -> String {
        hasColor && !style.isEmpty && !text.isEmpty ? "\u{1b}[\(style)m\(text)\u{1b}[0m" : text
    }

    /// The first where characters beyond ASCII show, else the second.
    func mark(_ unicode: String, _ ascii: String) -> String { hasUnicode ? unicode : ascii }
}

/// Text and the spaces that fill it up to a width.
func padded(_ text: String, to width: Int, trailing: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - displayWidth(text)))
    return trailing ? spaces + text : text + spaces
}

extension String {
    /// Without the spaces at its end.
    var withoutTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// A number and what it counts: `1 span`, `2,345 spans`.
func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    grouped(number) + " " + (number == 1 ? one : many ?? one + "s")
}

/// A number with a comma between thousands.
func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var text = ""
    while digits.count > 3 {
        text = "," + digits.suffix(3) + text
        digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + digits + text
}
