internal import GoTemplate
internal import TelemetryModel

/// What template functions do with text. Characters are those of Go: a byte that is no UTF-8 is one.
enum TextFunctions {
    // MARK: Case

    static func lower(_ text: [UInt8]) -> [UInt8] {
        map(text, ascii: { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, other: { $0.properties.lowercaseMapping })
    }

    static func upper(_ text: [UInt8]) -> [UInt8] {
        map(text, ascii: { (0x61...0x7a).contains($0) ? $0 & 0xdf : $0 }, other: { $0.properties.uppercaseMapping })
    }

    private static func map(_ text: [UInt8], ascii: (UInt8) -> UInt8, other: (Unicode.Scalar) -> String) -> [UInt8] {
        if text.allSatisfy({ $0 < 0x80 }) { return text.map(ascii) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        UTF8Characters.forEach(text[...]) { scalar, range in
            guard let scalar else { return UTF8Characters.append("\u{fffd}", to: &result) }
            if scalar.isASCII { return result.append(ascii(text[range.lowerBound])) }
            // Go maps one character to one; what would become several stays.
            let mapped = other(scalar).unicodeScalars
            UTF8Characters.append(mapped.count == 1 ? mapped.first ?? scalar : scalar, to: &result)
        }
        return result
    }

    /// Words with a capital; letters, digits and `_` make words.
    static func title(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isInWord = false
        UTF8Characters.forEach(text[...]) { scalar, range in
            let isPart = scalar.map { isWordPart($0) } ?? true
            if isInWord || !isPart { result += text[range] } else { result += upper(Array(text[range])) }
            isInWord = isPart
        }
        return result
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            let byte = UInt8(truncatingIfNeeded: scalar.value)
            return byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        }
        return !scalar.properties.isWhitespace
    }

    // MARK: Trimming

    /// Without characters of a set at the ends.
    static func trim(_ text: [UInt8], of set: [UInt8], atStart: Bool = true, atEnd: Bool = true) -> [UInt8] {
        var members: Set<[UInt8]> = []
        UTF8Characters.forEach(set[...]) { _, range in members.insert(Array(set[range])) }
        var ranges: [Range<Int>] = []
        UTF8Characters.forEach(text[...]) { _, range in ranges.append(range) }
        var kept = ranges[...]
        if atStart { while let first = kept.first, members.contains(Array(text[first])) { kept = kept.dropFirst() } }
        if atEnd { while let last = kept.last, members.contains(Array(text[last])) { kept = kept.dropLast() } }
        guard let first = kept.first, let last = kept.last else { return [] }
        return Array(text[first.lowerBound..<last.upperBound])
    }

    static func withoutPrefix(_ text: [UInt8], _ prefix: [UInt8]) -> [UInt8] {
        text.starts(with: prefix) ? Array(text.dropFirst(prefix.count)) : text
    }

    static func withoutSuffix(_ text: [UInt8], _ suffix: [UInt8]) -> [UInt8] {
        text.count >= suffix.count && text[(text.count - suffix.count)...].elementsEqual(suffix) ? Array(text.dropLast(suffix.count)) : text
    }

    // MARK: Parts

    /// The first `count` bytes; with a negative count the last ones.
    static func truncate(_ text: [UInt8], _ count: Int) -> [UInt8] {
        if count >= 0 { return Array(text.prefix(count)) }
        return count > -text.count ? Array(text.suffix(-count)) : text
    }

    /// The bytes from one place to another; to the end where the second is negative or too large.
    static func part(_ text: [UInt8], _ start: Int, _ end: Int) throws(TemplateFault) -> [UInt8] {
        if start < 0 {
            guard end >= 0, end <= text.count else { throw TemplateFault("slice bounds out of range [:\(end)] with length \(text.count)") }
            return Array(text[..<end])
        }
        let stop = end < 0 || end > text.count ? text.count : end
        guard start <= stop else { throw TemplateFault("slice bounds out of range [\(start):\(stop)]") }
        return Array(text[start..<stop])
    }

    /// So many characters: cut off, or filled with blanks.
    static func align(_ text: [UInt8], _ count: Int, isLeft: Bool, bytesMax: Int) throws(TemplateFault) -> [UInt8] {
        var starts: [Int] = []
        UTF8Characters.forEach(text[...]) { _, range in starts.append(range.lowerBound) }
        guard count >= 0, count != starts.count else { return text }
        if count > starts.count {
            let blanks = try repeated([0x20], count - starts.count, bytesMax: bytesMax)
            return isLeft ? text + blanks : blanks + text
        }
        if isLeft { return Array(text[..<starts[count]]) }
        return count == 0 ? [] : Array(text[starts[starts.count - count]...])
    }

    // MARK: Making more of it

    static func repeated(_ text: [UInt8], _ count: Int, bytesMax: Int) throws(TemplateFault) -> [UInt8] {
        guard count >= 0 else { throw TemplateFault("strings: negative Repeat count") }
        let (size, overflowed) = text.count.multipliedReportingOverflow(by: count)
        guard !overflowed, size <= bytesMax else { throw TemplateFault("more than \(bytesMax) bytes") }
        var result: [UInt8] = []
        guard size > 0 else { return result }
        result.reserveCapacity(size)
        for _ in 0..<count { result += text }
        return result
    }

    static func indent(_ text: [UInt8], _ spaces: Int, bytesMax: Int) throws(TemplateFault) -> [UInt8] {
        let pad = try repeated([0x20], spaces, bytesMax: bytesMax)
        return pad + (try replace(text, [0x0a], with: [0x0a] + pad, count: -1, bytesMax: bytesMax))
    }

    /// With the first `count` places of a text replaced by another; with all where the count is negative. An empty text stands before each character
    /// and at the end.
    static func replace(
        _ text: [UInt8], _ old: [UInt8], with new: [UInt8], count: Int, bytesMax: Int
    ) throws(TemplateFault) -> [UInt8] {
        var left = count < 0 ? Int.max : count
        var result: [UInt8] = []
        var position = 0
        func check(_ size: Int) throws(TemplateFault) { if size > bytesMax { throw TemplateFault("more than \(bytesMax) bytes") } }
        if old.isEmpty {
            while left > 0 {
                result += new
                try check(result.count)
                left -= 1
                guard position < text.count else { break }
                let width = UTF8Characters.decode(text[...], at: position).width
                result += text[position..<position + width]
                position += width
            }
        } else {
            while left > 0, let found = text.withUnsafeBytes({ ByteSearch.firstIndex(of: old, in: $0, from: position) }) {
                result += text[position..<found]
                result += new
                try check(result.count)
                position = found + old.count
                left -= 1
            }
        }
        result += text[position...]
        return result
    }
}
