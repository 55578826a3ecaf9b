internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Cuts texts as ones before them were cut, which is quicker than to find a pattern anew.
struct PatternReplay {
    private struct Known {
        var literals: RenderedTexts
        var times: [TimeText.Form?]
    }

    private var patterns: [Known] = []
    /// By the first bytes of a text the pattern of the latest that began with them; -1 for none.
    private var guesses = [Int32](repeating: -1, count: 256)

    /// Takes note of a pattern that is new.
    mutating func add(_ pattern: PatternText) {
        patterns.append(Known(literals: RenderedTexts(PackedTexts(parts: pattern.literals), codes: nil), times: pattern.times))
    }

    @inline(__always)
    private static func place(_ text: Run) -> Int {
        var word: UInt32 = 0
        if text.count >= 4 {
            word = text.base.loadUnaligned(as: UInt32.self)
        } else {
            for byte in text.bytes { word = word &<< 8 | UInt32(byte) }
        }
        return Int((word &* 0x9e37_79b1) &>> 24)
    }

    /// Takes note of the pattern of a text.
    @inline(__always)
    mutating func note(_ text: Run, _ code: Int32) { guesses[PatternReplay.place(text)] = code }

    /// The pattern of a text where it is one that is likely, and its tokens; nil where it has to be found.
    func cut(_ text: Run, tokens: inout [Run]) -> Int32? {
        let code = guesses[PatternReplay.place(text)]
        guard code >= 0 else { return nil }
        let before = tokens.count
        if cut(text, Int(code), &tokens) { return code }
        tokens.removeSubrange(before...)
        return nil
    }

    private func cut(_ text: Run, _ number: Int, _ tokens: inout [Run]) -> Bool {
        let bytes = text.base.assumingMemoryBound(to: UInt8.self)
        let literals = patterns[number].literals
        let slots = patterns[number].times.count
        var position = 0
        for slot in 0..<slots {
            let literal = literals.text(slot)
            guard literal.count < text.count &- position, memcmp(bytes + position, literal.base, literal.count) == 0 else { return false }
            position &+= literal.count
            let start = position
            if let form = patterns[number].times[slot] {
                guard let time = TimeText.read(text, at: position), time.form == form else { return false }
                position &+= form.length
            } else {
                let next = literals.text(slot &+ 1)
                let stop: UInt8 = next.count > 0 ? next.base.load(as: UInt8.self) : 0
                var digits = 0
                while position < text.count {
                    let byte = bytes[position]
                    if byte &- 0x30 < 10 { digits &+= 1 } else if !((byte | 0x20) &- 0x61 < 26 || byte == 0x2e && stop != 0x2e) { break }
                    position &+= 1
                }
                // A point belongs to a number only between digits.
                guard digits > 0, position == start || bytes[position &- 1] != 0x2e else { return false }
            }
            tokens.append(text.part(start, position &- start))
        }
        let last = literals.text(slots)
        return last.count == text.count &- position && memcmp(bytes + position, last.base, last.count) == 0
    }
}
