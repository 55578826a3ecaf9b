/// One line of output, in pieces of different style, that can be cut to a width.
struct StyledLine: Sendable {
    private var pieces: [(text: String, style: String)] = []
    private(set) var width = 0

    init() {}

    mutating func add(_ text: String, _ style: String = "") {
        if text.isEmpty { return }
        pieces.append((text, style))
        width += displayWidth(text)
    }

    /// The line, cut to a width with an ellipsis where something is missing.
    ///
    /// - Parameter isFilled: whether spaces fill it up to the width.
    func rendered(_ terminal: Terminal, width limit: Int, isFilled: Bool = false) -> String {
        var text = ""
        var left = limit
        if width <= limit {
            for piece in pieces { text += terminal.painted(piece.text, piece.style) }
            return text + (isFilled ? String(repeating: " ", count: limit - width) : "")
        }
        let mark = terminal.mark("…", "...")
        left -= displayWidth(mark)
        for piece in pieces {
            var part = ""
            var isCut = false
            for character in piece.text {
                let columns = displayWidth(String(character))
                if columns > left {
                    isCut = true
                    break
                }
                left -= columns
                part.append(character)
            }
            text += terminal.painted(isCut ? part + mark : part, piece.style)
            if isCut { break }
        }
        return text + (isFilled ? String(repeating: " ", count: max(0, left)) : "")
    }
}

/// Lines that hold as many of some parts as fit, each of which is cut where it is wider than a line.
func flowed(_ parts: [String], separator: String, width: Int, hasUnicode: Bool, indent: String = "") -> String {
    let ending = separator.withoutTrailingSpaces
    var text = ""
    var line = ""
    for part in parts {
        let part = truncated(part, to: max(1, width - displayWidth(indent + ending)), hasUnicode: hasUnicode)
        if line.isEmpty {
            line = (text.isEmpty ? "" : indent) + part
        } else if displayWidth(line + separator + part + ending) <= width {
            line += separator + part
        } else {
            text += line + ending + "\n"
            line = indent + part
        }
    }
    return line.isEmpty ? text : text + line.withoutTrailingSpaces + "\n"
}
