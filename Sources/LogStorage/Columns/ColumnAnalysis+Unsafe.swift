internal import TelemetryModel

/// A column as it is to be written: found from its values, in the order of the rows.
struct ColumnAnalysis {
    enum Form {
        case dictionary(codes: [Int32], values: PackedTexts)
        case patterns(Patterns)
        case plain
    }

    struct Patterns {
        var codes: [Int32]
        /// Of each pattern the text around its slots.
        var literals: [[[UInt8]]]
        /// Of each pattern what its slots hold.
        var slots: [[SlotValues]]
    }

    let values: [Run]
    var form: Form

    /// - Parameters:
    ///   - isPlain: whether the texts are kept as they are.
    ///   - timeOfPlace: the time of the entry that a value is of.
    init(_ values: [Run], isPlain: Bool, timeOfPlace: (Int) -> Int64) {
        self.values = values
        form = .plain
        if isPlain { return }
        // What has many different values is smaller as patterns, where it has such.
        if let dictionary = ColumnAnalysis.dictionary(values, differentOneIn: 16) {
            form = dictionary
        } else if let patterns = ColumnAnalysis.patterns(values, TextCut(), timeOfPlace) {
            form = .patterns(patterns)
        } else if let dictionary = ColumnAnalysis.dictionary(values, differentOneIn: 4) {
            form = dictionary
        } else if let words = ColumnAnalysis.commonWords(values),
            let patterns = ColumnAnalysis.patterns(values, TextCut(commonWords: words), timeOfPlace)
        {
            form = .patterns(patterns)
        }
    }

    /// Nil where more values than one in so many are different.
    private static func dictionary(_ values: [Run], differentOneIn share: Int) -> Form? {
        var table = RunTable()
        var codes: [Int32] = []
        codes.reserveCapacity(values.count)
        var latest: (run: Run, code: Int32)?
        for (index, value) in values.enumerated() {
            if let latest, Run.areEqual(latest.run, value) {
                codes.append(latest.code)
                continue
            }
            let code = table.intern(value)
            latest = (value, code)
            codes.append(code)
            // Most columns with many different values show that early.
            if table.count > 48 + index / share { return nil }
        }
        return .dictionary(codes: codes, values: table.texts)
    }

    /// Nil where there are many patterns.
    private static func patterns(_ values: [Run], _ cut: TextCut, _ timeOfPlace: (Int) -> Int64) -> Patterns? {
        var table = RunTable()
        var codes: [Int32] = []
        codes.reserveCapacity(values.count)
        var tokens: [Run] = []
        tokens.reserveCapacity(values.count)
        var pattern: [UInt8] = []
        var outlines: [PatternText] = []
        var replay = PatternReplay()
        for (index, value) in values.enumerated() {
            if let code = replay.cut(value, tokens: &tokens) {
                codes.append(code)
                continue
            }
            pattern.removeAll(keepingCapacity: true)
            cut.cut(value, pattern: &pattern, tokens: &tokens)
            let code = pattern.withUnsafeBytes { table.intern(Run(base: $0.baseAddress ?? Run.nowhere, count: $0.count)) }
            codes.append(code)
            if Int(code) == outlines.count {
                outlines.append(PatternText(pattern))
                replay.add(outlines[Int(code)])
            }
            replay.note(value, code)
            if table.count > min(48 + index / 16, BlockLimits.patternsMax) { return nil }
        }
        if tokens.isEmpty { return nil }
        if outlines.count == 1 {
            return Patterns(codes: codes, literals: [outlines[0].literals], slots: [slots(of: outlines[0], tokens, timeOfPlace)])
        }
        var places = [[Int32]](repeating: [], count: outlines.count)
        var starts: [Int32] = []
        starts.reserveCapacity(codes.count)
        var next: Int32 = 0
        for (place, code) in codes.enumerated() {
            places[Int(code)].append(Int32(truncatingIfNeeded: place))
            starts.append(next)
            next += Int32(truncatingIfNeeded: outlines[Int(code)].times.count)
        }
        var slots: [[SlotValues]] = []
        for (number, outline) in outlines.enumerated() {
            var own: [SlotValues] = []
            for (slot, time) in outline.times.enumerated() {
                let slotTokens = places[number].map { tokens[Int(starts[Int($0)]) + slot] }
                own.append(SlotValues(slotTokens, time: time, timeOfToken: { timeOfPlace(Int(places[number][$0])) }))
            }
            slots.append(own)
        }
        return Patterns(codes: codes, literals: outlines.map(\.literals), slots: slots)
    }

    /// What the slots of the only pattern of a column hold.
    private static func slots(of outline: PatternText, _ tokens: [Run], _ timeOfPlace: (Int) -> Int64) -> [SlotValues] {
        let count = outline.times.count
        return outline.times.enumerated().map { slot, time in
            let own = count == 1 ? tokens : stride(from: slot, to: tokens.count, by: count).map { tokens[$0] }
            return SlotValues(own, time: time, timeOfToken: timeOfPlace)
        }
    }

    /// The words that many values have, of a sample; nil where there are none.
    private static func commonWords(_ values: [Run]) -> RunTable? {
        let step = max(1, values.count / 2000)
        var counts: [Int32: Int] = [:]
        var all = RunTable()
        var sampled = 0
        for index in stride(from: 0, to: values.count, by: step) {
            sampled += 1
            let bytes = values[index].bytes
            var start = 0
            while start < min(bytes.count, 4096) {
                guard TextCut.isWord(bytes[start]) else {
                    start += 1
                    continue
                }
                var end = start
                while end < bytes.count, TextCut.isWord(bytes[end]) { end += 1 }
                counts[all.intern(values[index].part(start, end - start)), default: 0] += 1
                start = end
            }
        }
        var common = RunTable()
        let least = max(4, sampled / 64)
        for (code, count) in counts.sorted(by: { $0.key < $1.key }) where count >= least {
            let range = all.texts.range(Int(code))
            all.texts.bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                _ = common.intern(Run(base: base + range.lowerBound, count: range.count))
            }
        }
        return common.count == 0 ? nil : common
    }

    /// Whether two columns of the same rows have the same values.
    func isEqual(to other: ColumnAnalysis) -> Bool {
        guard values.count == other.values.count else { return false }
        for index in values.indices where !Run.areEqual(values[index], other.values[index]) { return false }
        return true
    }

    /// Numbers that other columns may follow from, and how many there are.
    var codes: (codes: [Int32], distinct: Int)? {
        switch form {
        case .dictionary(let codes, let values): return (codes, values.count)
        case .patterns(let patterns):
            guard patterns.slots.count == 1, patterns.slots[0].count == 1, let codes = patterns.slots[0][0].idCodes,
                case .hexadecimal(let form) = patterns.slots[0][0].form, let distinct = form.distinct
            else { return nil }
            return (codes, distinct)
        case .plain: return nil
        }
    }
}

/// A pattern taken apart.
struct PatternText {
    var literals: [[UInt8]] = [[]]
    /// Of each slot the form of its times; nil for any other.
    var times: [TimeText.Form?] = []

    init(_ pattern: [UInt8]) {
        var index = 0
        while index < pattern.count {
            let byte = pattern[index]
            index += 1
            switch byte {
            case TextCut.slot:
                times.append(nil)
                literals.append([])
            case TextCut.time:
                times.append(
                    TimeText.Form(fraction: pattern[index] &- 32, separator: pattern[index + 1] &- 32, point: pattern[index + 2] &- 32))
                literals.append([])
                index += 3
            default: literals[literals.count - 1].append(byte)
            }
        }
    }
}
