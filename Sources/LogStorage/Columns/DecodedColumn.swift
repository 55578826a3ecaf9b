internal import TelemetryModel

/// A column in memory: of each place its text can be given.
struct DecodedColumn: Sendable {
    enum Form: Sendable {
        case dictionary(codes: [Int32], values: PackedTexts)
        case patterns(DecodedPatterns)
        case plain(PackedTexts)
    }

    var count: Int
    var form: Form

    /// Appends the text of a place.
    ///
    /// - Parameter time: the time of the entry.
    @inline(__always)
    func append(_ place: Int, time: Int64, to text: inout [UInt8]) {
        switch form {
        case .dictionary(let codes, let values): text.append(contentsOf: values.bytes[values.range(Int(codes[place]))])
        case .patterns(let patterns): patterns.append(place, time: time, to: &text)
        case .plain(let texts): text.append(contentsOf: texts.bytes[texts.range(place)])
        }
    }

    /// The length of the text of a place.
    func length(_ place: Int) -> Int {
        switch form {
        case .dictionary(let codes, let values): values.range(Int(codes[place])).count
        case .patterns(let patterns): patterns.length(place)
        case .plain(let texts): texts.range(place).count
        }
    }

    var memoryBytes: Int {
        switch form {
        case .dictionary(let codes, let values): codes.count * 4 + values.bytes.count + values.count * 8
        case .patterns(let patterns): patterns.memoryBytes
        case .plain(let texts): texts.bytes.count + texts.count * 8
        }
    }
}

/// Texts as patterns and what their slots hold.
struct DecodedPatterns: Sendable {
    struct Pattern: Sendable {
        var literals: [[UInt8]]
        var slots: [DecodedSlot]
    }

    var patterns: [Pattern]
    /// Of each place its pattern, and the how manieth of that pattern it is; nil where there is one pattern.
    var codes: [Int32]?
    var ranks: [Int32]?

    @inline(__always)
    func place(_ place: Int) -> (pattern: Int, rank: Int) {
        guard let codes, let ranks else { return (0, place) }
        return (Int(codes[place]), Int(ranks[place]))
    }

    func append(_ place: Int, time: Int64, to text: inout [UInt8]) {
        let (pattern, rank) = self.place(place)
        let count = patterns[pattern].slots.count
        for slot in 0..<count {
            let literal = patterns[pattern].literals[slot]
            if !literal.isEmpty { text.append(contentsOf: literal) }
            patterns[pattern].slots[slot].append(rank, time: time, to: &text)
        }
        let last = patterns[pattern].literals[count]
        if !last.isEmpty { text.append(contentsOf: last) }
    }

    func length(_ place: Int) -> Int {
        let (pattern, rank) = self.place(place)
        var length = 0
        for literal in patterns[pattern].literals { length += literal.count }
        for slot in patterns[pattern].slots { length += slot.length(rank) }
        return length
    }

    var memoryBytes: Int {
        (codes?.count ?? 0) * 8
            + patterns.reduce(0) { sum, pattern in
                pattern.slots.reduce(sum + 128 + pattern.literals.reduce(0) { $0 + $1.count + 32 }) { $0 + $1.memoryBytes }
            }
    }
}

/// What a slot of a pattern holds.
struct DecodedSlot: Sendable {
    enum Form: Sendable {
        case integers(CompactNumbers)
        case padded(CompactNumbers, digits: Int)
        /// A scale for each, or one for all.
        case decimals(CompactNumbers, scales: [UInt8], scale: Int)
        /// Upper halves, none where all are 0, and lower halves; for each place its id where ids stand once.
        case hexadecimal(high: [UInt64], low: [UInt64], codes: [Int32]?, HexForm)
        case time(CompactNumbers, TimeText.Form)
        case dictionary(codes: [Int32], values: PackedTexts)
        case plain(PackedTexts)
    }

    var form: Form
    /// Of each place the place of its value, where the value follows from another column.
    var keyCodes: [Int32]?

    @inline(__always)
    func append(_ place: Int, time: Int64, to text: inout [UInt8]) {
        let place = keyCodes.map { Int($0[place]) } ?? place
        switch form {
        case .integers(let numbers): TimeText.appendPadded(numbers[place], 1, to: &text)
        case .padded(let numbers, let digits): TimeText.appendPadded(numbers[place], digits, to: &text)
        case .decimals(let numbers, let scales, let scale):
            DecodedSlot.appendDecimal(numbers[place], scales.isEmpty ? scale : Int(scales[place]), to: &text)
        case .hexadecimal(let high, let low, let codes, let form):
            let place = codes.map { Int($0[place]) } ?? place
            HexText.append(high.isEmpty ? 0 : high[place], low[place], form, to: &text)
        case .time(let differences, let form):
            TimeText.append(TimeText.units(ofTime: time, form) &+ Int64(bitPattern: differences[place]), form, to: &text)
        case .dictionary(let codes, let values): text.append(contentsOf: values.bytes[values.range(Int(codes[place]))])
        case .plain(let texts): text.append(contentsOf: texts.bytes[texts.range(place)])
        }
    }

    static func appendDecimal(_ number: UInt64, _ scale: Int, to text: inout [UInt8]) {
        if scale == 0 { return TimeText.appendPadded(number, 1, to: &text) }
        let power = powers[min(scale, 18)]
        TimeText.appendPadded(number / power, 1, to: &text)
        text.append(0x2e)
        TimeText.appendPadded(number % power, scale, to: &text)
    }

    static let powers: [UInt64] = (0...18).map { power in (0..<power).reduce(1) { value, _ in value * 10 } }

    func length(_ place: Int) -> Int {
        let place = keyCodes.map { Int($0[place]) } ?? place
        switch form {
        case .integers(let numbers): return DecodedSlot.digits(numbers[place])
        case .padded(let numbers, let digits): return max(digits, DecodedSlot.digits(numbers[place]))
        case .decimals(let numbers, let scales, let scale):
            let scale = scales.isEmpty ? scale : Int(scales[place])
            return scale == 0
                ? DecodedSlot.digits(numbers[place]) : DecodedSlot.digits(numbers[place] / DecodedSlot.powers[min(scale, 18)]) + 1 + scale
        case .hexadecimal(_, _, _, let form): return form.textLength
        case .time(_, let form): return form.length
        case .dictionary(let codes, let values): return values.range(Int(codes[place])).count
        case .plain(let texts): return texts.range(place).count
        }
    }

    static func digits(_ value: UInt64) -> Int {
        var (digits, rest) = (1, value)
        while rest >= 10 { (digits, rest) = (digits + 1, rest / 10) }
        return digits
    }

    var memoryBytes: Int {
        let keys = (keyCodes?.count ?? 0) * 4
        switch form {
        case .integers(let numbers), .padded(let numbers, _), .time(let numbers, _): return keys + numbers.memoryBytes
        case .decimals(let numbers, let scales, _): return keys + numbers.memoryBytes + scales.count
        case .hexadecimal(let high, let low, let codes, _): return keys + (high.count + low.count) * 8 + (codes?.count ?? 0) * 4
        case .dictionary(let codes, let values): return keys + codes.count * 4 + values.bytes.count + values.count * 8
        case .plain(let texts): return keys + texts.bytes.count + texts.count * 8
        }
    }
}

extension HexText {
    /// The digits of an id.
    @inline(__always)
    static func append(_ high: UInt64, _ low: UInt64, _ form: HexForm, to text: inout [UInt8]) {
        let letter: UInt8 = form.isUpper ? 0x41 - 10 : 0x61 - 10
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { buffer in
            var place = 0
            var digit = form.digits
            while digit > 0 {
                digit &-= 1
                let value = UInt8(truncatingIfNeeded: digit >= 16 ? high &>> UInt64((digit &- 16) &* 4) : low &>> UInt64(digit &* 4)) & 15
                buffer[place] = value &+ (value < 10 ? 0x30 : letter)
                place &+= 1
                if form.isUUID, digit == 24 || digit == 20 || digit == 16 || digit == 12 {
                    buffer[place] = 0x2d
                    place &+= 1
                }
            }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<place]))
        }
    }
}
