extension LinearPattern {
    /// Appends a template to `output` with its references replaced by the groups of a match in `bytes`.
    public func expand(
        _ template: ReplacementTemplate, _ match: Match, in bytes: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) {
        for part in template.parts {
            switch part {
            case .text(let text): output.append(contentsOf: text.utf8)
            case .group(let number):
                if number < match.groups.count, let range = match.groups[number] { output.append(contentsOf: bytes[range]) }
            case .name(let name):
                for (number, groupName) in groupNames.enumerated() where groupName.map({ $0.utf8.elementsEqual(name.utf8) }) ?? false {
                    guard let range = match.groups[number] else { continue }
                    output.append(contentsOf: bytes[range])
                    break
                }
            }
        }
    }

    /// The template with its references replaced by the groups of the first match, or nil where nothing matches.
    public func expand(_ template: ReplacementTemplate, firstMatchIn text: String) -> String? {
        if template.isPlainText {
            guard matches(text) else { return nil }
        }
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            guard let match = firstMatch(in: bytes) else { return nil }
            var output: [UInt8] = []
            expand(template, match, in: bytes, into: &output)
            return String(decoding: output, as: UTF8.self)
        }
    }

    /// The text with every match replaced, as Go's `ReplaceAllString` does it: matches do not overlap, and an empty match right behind
    /// another is not replaced.
    public func replaceAll(in text: String, with template: ReplacementTemplate) -> String {
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            var output: [UInt8] = []
            replaceAll(in: bytes, with: template, into: &output)
            return String(decoding: output, as: UTF8.self)
        }
    }

    /// Appends some bytes to `output` with every match replaced.
    public func replaceAll(in bytes: UnsafeRawBufferPointer, with template: ReplacementTemplate, into output: inout [UInt8]) {
        var copiedEnd = 0
        var searchStart = 0
        while searchStart <= bytes.count, let match = firstMatch(in: bytes, from: searchStart) {
            let range = match.range
            output.append(contentsOf: bytes[copiedEnd..<range.lowerBound])
            if range.upperBound > copiedEnd || range.lowerBound == 0 { expand(template, match, in: bytes, into: &output) }
            copiedEnd = range.upperBound
            // Always ahead by a character at least, or an empty match would be found for ever.
            searchStart = max(range.upperBound, nextCharacter(bytes, after: searchStart))
        }
        output.append(contentsOf: bytes[copiedEnd...])
    }

    private func nextCharacter(_ bytes: UnsafeRawBufferPointer, after position: Int) -> Int {
        var next = position + 1
        while next < bytes.count, bytes[next] & 0xc0 == 0x80 { next += 1 }
        return next
    }
}
