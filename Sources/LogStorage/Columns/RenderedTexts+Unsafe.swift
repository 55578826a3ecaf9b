internal import ColumnCoding
internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// All texts of a column or a slot at once, for reading many rows: bytes in memory of their own, at addresses that do not change. Filled by one thread before
/// others see it, hence unchecked.
final class RenderedTexts: @unchecked Sendable {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let ends: UnsafeMutablePointer<Int>
    /// For each place the number of its text; nil where each place has its own.
    private let codes: UnsafeMutablePointer<Int32>?
    private let textCount: Int
    private let capacity: Int
    private var filled = 0
    private var ended = 0

    /// - Parameters:
    ///   - codes: numbers of texts, all below their count.
    private init(texts: Int, capacity: Int, codes: [Int32]?) {
        textCount = texts
        self.capacity = capacity
        bytes = .allocate(capacity: max(capacity, 1))
        ends = .allocate(capacity: texts + 1)
        ends[0] = 0
        if let codes {
            let copy = UnsafeMutablePointer<Int32>.allocate(capacity: max(codes.count, 1))
            codes.withUnsafeBufferPointer { if let base = $0.baseAddress { copy.update(from: base, count: codes.count) } }
            self.codes = copy
        } else {
            self.codes = nil
        }
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
        codes?.deallocate()
    }

    /// The text of a place.
    ///
    /// - Precondition: the place is below the count of places.
    @inline(__always)
    func text(_ place: Int) -> Run {
        let number = codes.map { Int($0[place]) } ?? place
        let start = ends[number]
        return Run(base: UnsafeRawPointer(bytes + start), count: ends[number &+ 1] &- start)
    }

    // MARK: Filling

    @inline(__always)
    private func end() {
        ended &+= 1
        ends[ended] = filled
    }

    @inline(__always)
    private func append(_ run: Run) {
        memcpy(bytes + filled, run.base, run.count)
        filled &+= run.count
    }

    @inline(__always)
    private func append(_ number: UInt64, digits: Int) {
        var length = digits
        var power = number
        var counted = 1
        while power >= 10 {
            power /= 10
            counted &+= 1
        }
        length = max(length, counted)
        var rest = number
        var place = filled &+ length
        while place > filled {
            place &-= 1
            let quotient = rest / 10
            bytes[place] = UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 0x30
            rest = quotient
        }
        filled &+= length
    }

    private static let digitsMax = 20

    convenience init(_ texts: PackedTexts, codes: [Int32]?) {
        self.init(texts: texts.count, capacity: texts.bytes.count, codes: codes)
        texts.bytes.withUnsafeBufferPointer { if let base = $0.baseAddress { bytes.update(from: base, count: texts.bytes.count) } }
        for (index, end) in texts.ends.enumerated() { ends[index + 1] = end }
    }

    /// Renders a slot.
    ///
    /// - Parameter times: of each place the time of its entry; needed for times only.
    convenience init(_ slot: DecodedSlot, times: [Int64]) {
        switch slot.form {
        case .integers(let numbers):
            self.init(texts: numbers.count, capacity: numbers.count * RenderedTexts.digitsMax, codes: slot.keyCodes)
            for number in numbers {
                append(number, digits: 1)
                end()
            }
        case .padded(let numbers, let digits):
            self.init(texts: numbers.count, capacity: numbers.count * max(digits, RenderedTexts.digitsMax), codes: slot.keyCodes)
            for number in numbers {
                append(number, digits: digits)
                end()
            }
        case .decimals(let numbers, let scales, let scale):
            self.init(texts: numbers.count, capacity: numbers.count * (RenderedTexts.digitsMax + 20), codes: slot.keyCodes)
            for (index, number) in numbers.enumerated() {
                let scale = min(scales.isEmpty ? scale : Int(scales[index]), 18)
                if scale == 0 {
                    append(number, digits: 1)
                } else {
                    let (whole, fraction) = number.quotientAndRemainder(dividingBy: DecodedSlot.powers[scale])
                    append(whole, digits: 1)
                    bytes[filled] = 0x2e
                    filled &+= 1
                    append(fraction, digits: scale)
                }
                end()
            }
        case .hexadecimal(let high, let low, let codes, let form):
            self.init(texts: low.count, capacity: low.count * form.textLength, codes: codes ?? slot.keyCodes)
            renderIDs(high, low, form)
        case .time(let differences, let form):
            self.init(texts: times.count, capacity: times.count * form.length, codes: nil)
            var text: [UInt8] = []
            var second = Int64.min
            for (place, time) in times.enumerated() {
                let difference = differences[slot.keyCodes.map { Int($0[place]) } ?? place]
                let units = TimeText.units(ofTime: time, form) &+ Int64(bitPattern: difference)
                let (seconds, fraction) = units.quotientAndRemainder(dividingBy: form.unitsPerSecond)
                // Many entries are of one second; what differs is the fraction.
                if seconds != second || fraction < 0 || text.count != form.length {
                    text.removeAll(keepingCapacity: true)
                    TimeText.append(units, form, to: &text)
                    second = fraction < 0 ? .min : seconds
                } else if form.fraction > 0 {
                    var rest = fraction
                    for place in stride(from: text.count - 1, to: 19, by: -1) {
                        text[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
                        rest /= 10
                    }
                }
                // Numbers that no text gave may give longer years.
                let count = min(text.count, form.length)
                text.withUnsafeBytes { if let base = $0.baseAddress { append(Run(base: base, count: count)) } }
                end()
            }
        case .dictionary(let codes, let values):
            self.init(values, codes: slot.keyCodes.map { keys in keys.map { codes[Int($0)] } } ?? codes)
        case .plain(let texts): self.init(texts, codes: slot.keyCodes)
        }
    }

    private func renderIDs(_ high: [UInt64], _ low: [UInt64], _ form: HexForm) {
        let letter: UInt8 = form.isUpper ? 0x41 - 10 : 0x61 - 10
        low.withUnsafeBufferPointer { low in
            high.withUnsafeBufferPointer { high in
                for index in 0..<low.count {
                    var digit = form.digits
                    while digit > 0 {
                        digit &-= 1
                        let word =
                            digit >= 16 && index < high.count
                            ? high[index] &>> UInt64((digit &- 16) &* 4) : low[index] &>> UInt64(digit &* 4)
                        let value = UInt8(truncatingIfNeeded: word) & 15
                        bytes[filled] = value &+ (value < 10 ? 0x30 : letter)
                        filled &+= 1
                        if form.isUUID, digit == 24 || digit == 20 || digit == 16 || digit == 12 {
                            bytes[filled] = 0x2d
                            filled &+= 1
                        }
                    }
                    end()
                }
            }
        }
    }

    /// Renders a column.
    ///
    /// - Parameters:
    ///   - times: of each place the time of its entry.
    ///   - bytesMax: the bytes that all its texts may have.
    static func column(_ column: DecodedColumn, times: [Int64], bytesMax: Int) throws(BlockError) -> RenderedTexts {
        switch column.form {
        case .dictionary(let codes, let values): return RenderedTexts(values, codes: codes)
        case .plain(let texts): return RenderedTexts(texts, codes: nil)
        case .patterns(let patterns): return try RenderedTexts.patterns(patterns, column.count, times, bytesMax)
        }
    }

    private static func patterns(
        _ patterns: DecodedPatterns, _ count: Int, _ times: [Int64], _ bytesMax: Int
    ) throws(BlockError) -> RenderedTexts {
        // Of each pattern the times of its places.
        var timesOf = [[Int64]](repeating: [], count: patterns.patterns.count)
        if let codes = patterns.codes {
            for (place, code) in codes.enumerated() { timesOf[Int(code)].append(times[place]) }
        } else {
            timesOf[0] = times
        }
        var slots: [[RenderedTexts]] = []
        for (number, pattern) in patterns.patterns.enumerated() {
            slots.append(pattern.slots.map { RenderedTexts($0, times: timesOf[number]) })
        }
        if patterns.codes == nil, patterns.patterns[0].slots.count == 1, patterns.patterns[0].literals.allSatisfy(\.isEmpty) {
            return slots[0][0]
        }
        let literalBytes = patterns.patterns.map(\.literalBytes)
        var capacity = 0
        for place in 0..<count {
            let (number, rank) = patterns.place(place)
            for slot in slots[number] { capacity += slot.text(rank).count }
            capacity += literalBytes[number]
            guard capacity <= bytesMax else { throw BlockError("texts of more than \(bytesMax) bytes") }
        }
        let literals = patterns.patterns.map { RenderedTexts(PackedTexts(parts: $0.literals), codes: nil) }
        let rendered = RenderedTexts(texts: count, capacity: capacity, codes: nil)
        if patterns.codes == nil {
            let (own, between) = (slots[0], literals[0])
            for place in 0..<count {
                for slot in own.indices {
                    rendered.append(between.text(slot))
                    rendered.append(own[slot].text(place))
                }
                rendered.append(between.text(own.count))
                rendered.end()
            }
            return rendered
        }
        for place in 0..<count {
            let (number, rank) = patterns.place(place)
            let own = slots[number]
            for slot in own.indices {
                rendered.append(literals[number].text(slot))
                rendered.append(own[slot].text(rank))
            }
            rendered.append(literals[number].text(own.count))
            rendered.end()
        }
        return rendered
    }
}

extension DecodedPatterns.Pattern {
    var literalBytes: Int { literals.reduce(0) { $0 + $1.count } }
}

extension PackedTexts {
    init(parts: [[UInt8]]) {
        self.init()
        for part in parts { append(part) }
    }
}

/// Writes lines one after the other into memory of which the size is known.
final class LineWriter {
    private let arena: UnsafeMutableRawBufferPointer
    private var filled = 0

    init(capacity: Int) { arena = .allocate(byteCount: max(capacity, 1), alignment: 16) }

    deinit { arena.deallocate() }

    var count: Int { filled }

    /// - Precondition: there is room.
    @inline(__always)
    func append(_ run: Run) {
        precondition(run.count <= arena.count &- filled, "BUG: lines are longer than was counted")
        guard let base = arena.baseAddress else { return }
        memcpy(base + filled, run.base, run.count)
        filled &+= run.count
    }

    /// What was written.
    var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(rebasing: arena[..<filled])) }
}
