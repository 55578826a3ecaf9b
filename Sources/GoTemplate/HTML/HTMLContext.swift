/// Where in an HTML document the output of a template stands, and what a value has to become there: what Go's `html/template` does, decided
/// while the output is written.
///
/// It knows elements, attributes by what they hold (texts, addresses, styles, scripts), and the contents of `script`, `style`, `title` and
/// `textarea`. Comments of the template are left out, as in Go.
struct HTMLContext {
    enum State: Equatable {
        /// Between tags; within an element whose content is no markup, its name.
        case text(raw: String)
        case tagName, tag, attributeName, afterName, beforeValue
        /// Within the value of an attribute; nil for one without quotes.
        case value(quote: UInt8?)
        case comment
    }

    /// What an attribute holds.
    enum AttributeKind: Equatable { case plain, address, script, style, markup }

    /// How far an address has come.
    enum AddressPart: Equatable { case start, beforeQuery, query }

    private(set) var state = State.text(raw: "")
    private(set) var kind = AttributeKind.plain
    private(set) var part = AddressPart.start
    /// The quote of the string of a script that is open; nil outside of strings.
    private(set) var scriptQuote: UInt8?
    private var isEscapedInScript = false
    private var tagName = ""
    private var isEndTag = false
    private var attributeName = ""

    // MARK: Text of the template

    /// Goes through a text of the template.
    ///
    /// - Returns: what is written of it: all but comments.
    mutating func literal(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            if state == .comment {
                guard let end = HTMLContext.find("-->", in: text, from: position) else { return output }
                position = end + 3
                state = .text(raw: "")
                continue
            }
            if state == .text(raw: ""), text[position...].starts(with: "<!--".utf8) {
                state = .comment
                position += 4
                continue
            }
            if text[position] == UInt8(ascii: "<"), case .text(let raw) = state, isStray(text, position, raw) {
                output += "&lt;".utf8
            } else {
                step(text[position], text, position)
                output.append(text[position])
            }
            position += 1
        }
        return output
    }

    /// Whether a `<` between tags opens none, so that it has to be escaped.
    private func isStray(_ text: [UInt8], _ position: Int, _ raw: String) -> Bool {
        let rest = text[(position + 1)...].prefix(9)
        switch raw {
        case "script", "style": return false
        case "":
            if HTMLContext.startsTag(rest) { return false }
            return !rest.prefix(8).map { HTMLContext.lower($0) }.elementsEqual("!doctype".utf8)
        default: return !HTMLContext.ends(rest, raw)
        }
    }

    private static func startsTag(_ rest: ArraySlice<UInt8>) -> Bool {
        let name = rest.first == UInt8(ascii: "/") ? rest.dropFirst() : rest
        return name.first.map { isLetter($0) } ?? false
    }

    /// Whether what follows a `<` ends an element.
    private static func ends(_ rest: ArraySlice<UInt8>, _ name: String) -> Bool {
        rest.first == UInt8(ascii: "/") && rest.dropFirst().prefix(name.utf8.count).map { lower($0) }.elementsEqual(name.utf8)
    }

    private mutating func step(_ byte: UInt8, _ text: [UInt8], _ position: Int) {
        switch state {
        case .text(let raw): stepText(byte, text, position, raw)
        case .tagName: stepTagName(byte)
        case .tag: stepTag(byte)
        case .attributeName: stepAttributeName(byte)
        case .afterName:
            if byte == UInt8(ascii: "=") {
                state = .beforeValue
            } else if !HTMLContext.isSpace(byte) {
                stepTag(byte)
            }
        case .beforeValue:
            if HTMLContext.isSpace(byte) { return }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): beginValue(quote: byte)
            case UInt8(ascii: ">"): endTag()
            default:
                beginValue(quote: nil)
                stepValue(byte, nil)
            }
        case .value(let quote): stepValue(byte, quote)
        case .comment: break
        }
    }

    private mutating func stepText(_ byte: UInt8, _ text: [UInt8], _ position: Int, _ raw: String) {
        if byte == UInt8(ascii: "<") {
            let rest = text[(position + 1)...]
            if raw.isEmpty {
                guard HTMLContext.startsTag(rest) else { return }
            } else if !HTMLContext.ends(rest, raw) {
                return stepScript(byte)
            }
            (state, tagName, isEndTag, scriptQuote) = (.tagName, "", false, nil)
        } else if raw == "script" {
            stepScript(byte)
        }
    }

    /// Notes where strings of a script begin and end.
    private mutating func stepScript(_ byte: UInt8) {
        if isEscapedInScript {
            isEscapedInScript = false
        } else if let quote = scriptQuote {
            if byte == UInt8(ascii: "\\") { isEscapedInScript = true }
            if byte == quote { scriptQuote = nil }
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
            scriptQuote = byte
        }
    }

    private mutating func stepTagName(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: ">"): endTag()
        case UInt8(ascii: "/") where tagName.isEmpty: isEndTag = true
        case _ where HTMLContext.isSpace(byte) || byte == UInt8(ascii: "/"): state = .tag
        default: tagName.unicodeScalars.append(Unicode.Scalar(HTMLContext.lower(byte)))
        }
    }

    private mutating func stepTag(_ byte: UInt8) {
        if byte == UInt8(ascii: ">") { return endTag() }
        guard !HTMLContext.isSpace(byte), byte != UInt8(ascii: "/") else { return }
        attributeName = ""
        state = .attributeName
        stepAttributeName(byte)
    }

    private mutating func stepAttributeName(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: ">"): endTag()
        case UInt8(ascii: "="): state = .beforeValue
        case UInt8(ascii: "/"): state = .tag
        case _ where HTMLContext.isSpace(byte): state = .afterName
        default: attributeName.unicodeScalars.append(Unicode.Scalar(HTMLContext.lower(byte)))
        }
    }

    private mutating func beginValue(quote: UInt8?) {
        kind = HTMLContext.kind(ofAttribute: attributeName)
        (state, part, scriptQuote, isEscapedInScript) = (.value(quote: quote), .start, nil, false)
    }

    private mutating func stepValue(_ byte: UInt8, _ quote: UInt8?) {
        if let quote {
            if byte == quote { state = .tag; return }
        } else if HTMLContext.isSpace(byte) {
            state = .tag
            return
        } else if byte == UInt8(ascii: ">") {
            return endTag()
        }
        switch kind {
        case .address:
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                part = .query
            } else if part == .start, !HTMLContext.isSpace(byte) {
                part = .beforeQuery
            }
        case .script: stepScript(byte)
        case .plain, .style, .markup: break
        }
    }

    private mutating func endTag() {
        let holdsNoMarkup = ["script", "style", "title", "textarea"].contains(tagName)
        state = .text(raw: holdsNoMarkup && !isEndTag ? tagName : "")
        (scriptQuote, isEscapedInScript) = (nil, false)
    }

    // MARK: Values

    /// What stands for a value here.
    ///
    /// - Parameter escapedBy: the function for escaping that the template itself called last, if it did.
    mutating func value(_ value: HTMLValue, escapedBy function: String?) -> [UInt8] {
        switch state {
        case .comment: return []
        case .tagName, .tag, .attributeName, .afterName:
            if state != .tagName { (state, attributeName) = (.attributeName, "") }
            return HTMLEscaping.name(value.bytes)
        case .beforeValue:
            beginValue(quote: nil)
            return attribute(value, quote: nil, function)
        case .value(let quote): return attribute(value, quote: quote, function)
        case .text(let raw):
            switch raw {
            case "script": return script(value)
            case "style": return HTMLEscaping.style(value.bytes)
            default:
                if function == "html" { return value.bytes }
                if value.meaning == .markup { return raw.isEmpty ? value.bytes : HTMLEscaping.text(value.bytes, keepsAmpersands: true) }
                return HTMLEscaping.text(value.bytes)
            }
        }
    }

    private func attribute(_ value: HTMLValue, quote: UInt8?, _ function: String?) -> [UInt8] {
        var bytes: [UInt8]
        switch kind {
        case .plain:
            if function == "html", quote != nil { return value.bytes }
            bytes = value.bytes
            if value.meaning == .markup { return HTMLEscaping.markupAsText(bytes) }
        case .address: bytes = address(value, function)
        case .script: bytes = script(value)
        case .style: bytes = HTMLEscaping.style(value.bytes)
        case .markup: bytes = value.meaning == .markup ? value.bytes : HTMLEscaping.text(value.bytes)
        }
        return quote == nil ? HTMLEscaping.unquoted(bytes) : HTMLEscaping.text(bytes)
    }

    private func address(_ value: HTMLValue, _ function: String?) -> [UInt8] {
        if function == "urlquery" { return value.bytes }
        switch part {
        case .start:
            guard value.meaning == .address || HTMLEscaping.isSafeAddress(value.bytes) else { return Array("#ZgotmplZ".utf8) }
            return HTMLEscaping.address(value.bytes, keepsReserved: true)
        case .beforeQuery: return HTMLEscaping.address(value.bytes, keepsReserved: true)
        case .query: return HTMLEscaping.address(value.bytes, keepsReserved: value.meaning == .address)
        }
    }

    private func script(_ value: HTMLValue) -> [UInt8] {
        if scriptQuote != nil { return HTMLEscaping.scriptString(value.bytes) }
        if value.isNumberOrTruth { return [UInt8(ascii: " ")] + value.bytes + [UInt8(ascii: " ")] }
        return HTMLEscaping.scriptValue(value.bytes)
    }

    // MARK: Names and bytes

    private static let addressNames: Set<String> = [
        "action", "archive", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon", "longdesc", "manifest",
        "poster", "profile", "src", "srcset", "usemap", "xmlns",
    ]

    static func kind(ofAttribute name: String) -> AttributeKind {
        var name = name[...]
        if name.hasPrefix("data-") {
            name = name.dropFirst(5)
        } else if let colon = name.firstIndex(of: ":") {
            if name[..<colon] == "xmlns" { return .address }
            name = name[name.index(after: colon)...]
        }
        if addressNames.contains(String(name)) { return .address }
        if name == "style" { return .style }
        if name == "srcdoc" { return .markup }
        if name.hasPrefix("on") { return .script }
        return ["src", "uri", "url"].contains { name.contains($0) } ? .address : .plain
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0c, 0x0d].contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

    private static func find(_ needle: String, in text: [UInt8], from start: Int) -> Int? {
        let needle = Array(needle.utf8)
        guard text.count >= needle.count, start <= text.count - needle.count else { return nil }
        return (start...text.count - needle.count).first { text[$0...].starts(with: needle) }
    }
}

/// A value on its way into HTML.
struct HTMLValue {
    /// What the host says that a text is (``TemplateMarkup``).
    var meaning: TemplateMarkup.Meaning?
    var isNumberOrTruth = false
    var bytes: [UInt8]
}
