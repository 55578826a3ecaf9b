internal import TelemetryModel

/// What a slot's tokens were found to be, and their values.
struct SlotValues {
    var form: SlotOutline.Form
    /// Numbers, codes, differences of times, or the lower halves of ids.
    var low: [UInt64] = []
    /// The upper halves of ids; of decimals the digits behind the point where these vary.
    var high: [UInt64] = []
    /// Texts that are not taken apart further.
    var texts: [Run] = []
    /// Of ids that repeat the number of each, by first appearance in time.
    var idCodes: [Int32]?
    var keyColumn: Int?

    /// Finds the smallest form that gives all tokens back.
    ///
    /// - Parameters:
    ///   - time: the form of all tokens where they are times.
    ///   - unitsOfRow: what the entry of a token would say itself, by the place of the token.
    init(_ tokens: [Run], time: TimeText.Form?, timeOfToken: (Int) -> Int64) {
        if let time {
            form = .time(time)
            low.reserveCapacity(tokens.count)
            for (index, token) in tokens.enumerated() {
                let units = TimeText.read(token, at: 0)?.units ?? 0
                low.append(UInt64(bitPattern: units &- TimeText.units(ofTime: timeOfToken(index), time)))
            }
            return
        }
        // Most slots are of one of these two.
        if let numbers = TokenNature.integers(tokens) {
            low = numbers
            form = .integers(SlotValues.range(low))
            return
        }
        if let ids = TokenNature.ids(tokens) {
            (high, low) = (ids.high, ids.low)
            form = .hexadecimal(ids.form)
            return
        }
        let nature = TokenNature(tokens)
        if nature.areIntegers {
            low = tokens.map(TokenNature.integer)
            form = .integers(SlotValues.range(low))
        } else if nature.areDigits, let length = nature.length, length <= 18 {
            low = tokens.map(TokenNature.integer)
            form = .padded(digits: length, SlotValues.range(low))
        } else if nature.areDecimals {
            low = tokens.map(TokenNature.mantissa)
            if let scale = nature.scale, scale > 0 {
                form = .decimals(scale: scale)
            } else {
                high = tokens.map { UInt64(TokenNature.scale($0)) }
                form = .decimals(scale: nil)
            }
        } else if let hexadecimal = nature.hexadecimal {
            low.reserveCapacity(tokens.count)
            high.reserveCapacity(tokens.count)
            for token in tokens {
                let id = TokenNature.id(token)
                high.append(id.high)
                low.append(id.low)
            }
            form = .hexadecimal(hexadecimal)
        } else {
            var table = RunTable()
            var codes: [UInt64] = []
            codes.reserveCapacity(tokens.count)
            var isDictionary = true
            for (index, token) in tokens.enumerated() {
                codes.append(UInt64(table.intern(token)))
                if table.count > 64 + index / 4 {
                    isDictionary = false
                    break
                }
            }
            if isDictionary {
                low = codes
                form = .dictionary(values: table.texts)
            } else {
                var bounds = TextBounds()
                for token in tokens { bounds.add(token) }
                texts = tokens
                form = .plain(bounds)
            }
        }
    }

    private static func range(_ values: [UInt64]) -> ClosedRange<UInt64> { (values.min() ?? 0)...(values.max() ?? 0) }
}

/// What all tokens of a slot are.
private struct TokenNature {
    var areDigits = true
    var areIntegers = true
    var areDecimals = true
    /// Of all; nil where they differ.
    var length: Int?
    /// Digits behind the point of all; nil where they differ.
    var scale: Int?
    var hexadecimal: HexForm?

    init(_ tokens: [Run]) {
        guard let first = tokens.first else { return }
        length = first.count
        scale = TokenNature.scale(first)
        var (mayBeLower, mayBeUpper) = (true, true)
        let isUUID = first.count == UUIDText.length
        var areIDs = isUUID || (8...32).contains(first.count)
        for token in tokens {
            if token.count != length {
                length = nil
                areIDs = false
            }
            let bytes = token.base.assumingMemoryBound(to: UInt8.self)
            var points = 0
            var point = token.count
            var others = 0
            for index in 0..<token.count {
                let byte = bytes[index]
                if byte &- 0x30 < 10 { continue }
                if byte == 0x2e {
                    points &+= 1
                    point = index
                } else if byte &- 0x61 < 6 {
                    mayBeUpper = false
                } else if byte &- 0x41 < 6 {
                    mayBeLower = false
                } else if !(isUUID && byte == 0x2d && (index == 8 || index == 13 || index == 18 || index == 23)) {
                    areIDs = false
                }
                others &+= 1
            }
            if isUUID, areIDs, !UUIDText.isForm(token) { areIDs = false }
            if others > 0 { (areDigits, areIntegers) = (false, false) }
            if points > 0 { areIDs = false }
            let hasZeros = token.count > 1 && bytes[0] == 0x30
            if token.count > 18 || hasZeros { areIntegers = false }
            if points == 0
                ? token.count > 18 || hasZeros
                : others > 1 || point == 0 || point == token.count - 1 || token.count > 19 || hasZeros && point > 1
            {
                areDecimals = false
            } else if others > points {
                areDecimals = false
            }
            if scale != (points == 0 ? 0 : token.count - point - 1) { scale = nil }
            if !areDigits, !areDecimals, !areIDs { break }
        }
        if areIDs, mayBeLower || mayBeUpper {
            hexadecimal = HexForm(
                digits: isUUID ? 32 : first.count, isUpper: !mayBeLower, isUUID: isUUID, distinct: nil, hasFilter: false)
        }
    }

    /// Digits behind the point.
    static func scale(_ token: Run) -> Int {
        guard let point = token.bytes.firstIndex(of: 0x2e) else { return 0 }
        return token.count - point - 1
    }

    /// The numbers of tokens that are all decimal numbers of at most 18 digits without zeros in front; nil where they are not.
    static func integers(_ tokens: [Run]) -> [UInt64]? {
        var numbers: [UInt64] = []
        numbers.reserveCapacity(tokens.count)
        for token in tokens {
            let bytes = token.base.assumingMemoryBound(to: UInt8.self)
            guard token.count <= 18, token.count > 0, bytes[0] != 0x30 || token.count == 1 else { return nil }
            var value: UInt64 = 0
            for index in 0..<token.count {
                let digit = bytes[index] &- 0x30
                guard digit < 10 else { return nil }
                value = value &* 10 &+ UInt64(digit)
            }
            numbers.append(value)
        }
        return numbers
    }

    /// The numbers of tokens that are all ids of one length in lower case; nil where they are not.
    static func ids(_ tokens: [Run]) -> (form: HexForm, high: [UInt64], low: [UInt64])? {
        guard let digits = tokens.first?.count, (8...32).contains(digits) else { return nil }
        var high: [UInt64] = []
        var low: [UInt64] = []
        high.reserveCapacity(tokens.count)
        low.reserveCapacity(tokens.count)
        var areDigits = true
        for token in tokens {
            guard token.count == digits else { return nil }
            let bytes = token.base.assumingMemoryBound(to: UInt8.self)
            var upper: UInt64 = 0
            var lower: UInt64 = 0
            for index in 0..<digits {
                let byte = bytes[index]
                var value = byte &- 0x30
                if value >= 10 {
                    value = byte &- 0x57
                    guard byte &- 0x61 < 6 else { return nil }
                    areDigits = false
                }
                if index == digits &- 16 { (upper, lower) = (lower, 0) }
                lower = lower &<< 4 | UInt64(value)
            }
            high.append(upper)
            low.append(lower)
        }
        // Numbers of one length are smaller as numbers.
        if areDigits, digits <= 18 { return nil }
        return (HexForm(digits: digits, isUpper: false, isUUID: false, distinct: nil, hasFilter: false), high, low)
    }

    static func integer(_ token: Run) -> UInt64 {
        var value: UInt64 = 0
        for byte in token.bytes { value = value &* 10 &+ UInt64(byte &- 0x30) }
        return value
    }

    static func mantissa(_ token: Run) -> UInt64 {
        var value: UInt64 = 0
        for byte in token.bytes where byte != 0x2e { value = value &* 10 &+ UInt64(byte &- 0x30) }
        return value
    }

    static func id(_ token: Run) -> (high: UInt64, low: UInt64) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for byte in token.bytes where byte != 0x2d {
            high = high &<< 4 | low &>> 60
            low = low &<< 4 | UInt64(byte &- 0x30 < 10 ? byte &- 0x30 : (byte | 0x20) &- 0x57)
        }
        return (high, low)
    }
}
