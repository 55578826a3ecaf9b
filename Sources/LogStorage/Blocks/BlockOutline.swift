internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// What a block's rows have in common: shapes of lines, shapes of metadata, and the columns.
struct BlockOutline: Sendable {
    /// Rows that have values in the same columns.
    struct RowSet: Sendable, Hashable {
        /// Whether the shapes are those of metadata, not of lines.
        var isMetadata: Bool
        /// The shapes of the rows, sorted; -1 for lines without a shape.
        var shapes: [Int32]
    }

    var shapes: [LineShape] = []
    /// For each list of names that the metadata of rows has the columns of its values.
    var metadataShapes: [[Int32]] = []
    var columns: [ColumnOutline] = []
    /// The first is all rows.
    private(set) var rowSets: [RowSet] = []
    /// How long the words of values and of lines may be; found when the outline is read.
    private(set) var words = OutlineWords()

    /// Finds which rows each column is for.
    mutating func findRowSets(rows: Int) throws(BlockError) {
        var members = [[Int32]](repeating: [], count: columns.count)
        for (number, shape) in shapes.enumerated() { for column in shape.columns { members[Int(column)].append(Int32(number)) } }
        for (number, shape) in metadataShapes.enumerated() { for column in shape { members[Int(column)].append(Int32(number)) } }
        rowSets = [RowSet(isMetadata: false, shapes: [])]
        var known: [RowSet: Int] = [:]
        for column in columns.indices {
            if columns[column].owner == .text { members[column] = [-1] }
            guard zip(members[column], members[column].dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw BlockError("a shape has a column twice")
            }
            if columns[column].count == rows { continue }
            let set = RowSet(isMetadata: columns[column].owner == .metadata, shapes: members[column])
            columns[column].rowSet = known[set] ?? rowSets.count
            if known[set] == nil {
                known[set] = rowSets.count
                rowSets.append(set)
            }
        }
    }

    var memoryBytes: Int {
        shapes.reduce(256) { $0 + $1.literals.reduce(64) { $0 + $1.count + 48 } }
            + columns.reduce(0) { sum, column in
                switch column.form {
                case .dictionary(let values, _): sum + values.bytes.count + values.count * 8 + 128
                case .patterns(let patterns, _): sum + patterns.reduce(128) { $0 + $1.literals.reduce(128) { $0 + $1.count + 48 } }
                case .plain, .copy: sum + 128
                }
            }
    }
}

// MARK: Coding

extension BlockOutline {
    func encode(into part: inout PartWriter) {
        part.soft.appendVarint(count: shapes.count)
        for shape in shapes {
            part.soft.appendVarint(count: shape.leafCount)
            for literal in shape.literals { part.soft.appendLengthPrefixed(literal) }
            part.soft += shape.kinds
            for column in shape.columns { part.soft.appendVarint(count: Int(column)) }
        }
        part.soft.appendVarint(count: metadataShapes.count)
        for shape in metadataShapes {
            part.soft.appendVarint(count: shape.count)
            for column in shape { part.soft.appendVarint(count: Int(column)) }
        }
        part.soft.appendVarint(count: columns.count)
        for column in columns { column.encode(into: &part.soft) }
    }

    init(_ part: DecodedPart, rows: Int) throws {
        var reader = ByteReader(part.soft)
        for _ in 0..<(try reader.readCount(limit: BlockLimits.shapesMax)) {
            var shape = LineShape()
            let leaves = try reader.readCount(limit: BlockLimits.leavesMax)
            for _ in 0...leaves { shape.literals.append(Array(part.soft[try reader.readLengthPrefixed()])) }
            shape.kinds = Array(part.soft[try reader.readRange(count: leaves)])
            guard shape.kinds.allSatisfy({ LineScanner.Kind(rawValue: $0) != nil }) else { throw BlockError("a leaf of no kind") }
            for _ in 0..<leaves { shape.columns.append(Int32(try reader.readCount(limit: BlockLimits.columnsMax))) }
            shapes.append(shape)
        }
        for _ in 0..<(try reader.readCount(limit: rows)) {
            var shape: [Int32] = []
            for _ in 0..<(try reader.readCount(limit: BlockLimits.columnsMax)) {
                shape.append(Int32(try reader.readCount(limit: BlockLimits.columnsMax)))
            }
            metadataShapes.append(shape)
        }
        let count = try reader.readCount(limit: BlockLimits.columnsMax)
        for number in 0..<count { columns.append(try ColumnOutline(&reader, number: number, of: count, rows: rows)) }
        guard reader.isAtEnd, part.hard.isEmpty else { throw BlockError("the outline goes on") }
        let used = shapes.map(\.columns) + metadataShapes
        guard used.allSatisfy({ $0.allSatisfy { $0 < Int32(count) } }) else { throw BlockError("a shape has a column that is not there") }
        for shape in shapes { guard shape.columns.allSatisfy({ columns[Int($0)].owner == .leaf }) else { throw BlockError("no leaf") } }
        for shape in metadataShapes {
            guard shape.allSatisfy({ columns[Int($0)].owner == .metadata }) else { throw BlockError("no metadata") }
        }
        try findRowSets(rows: rows)
        try checkKeys()
        words = OutlineWords(self)
    }

    /// What a column follows from is of the same rows, and follows from nothing further itself that leads back.
    private func checkKeys() throws(BlockError) {
        var isSound = true
        for (number, column) in columns.enumerated() {
            func check(_ key: Int, needsCodes: Bool) {
                guard key < columns.count, key != number, columns[key].rowSet == column.rowSet, columns[key].count == column.count else {
                    isSound = false
                    return
                }
                if needsCodes, !hasCodes(key) { isSound = false }
            }
            switch column.form {
            case .dictionary(_, .column(let key)), .patterns(_, .column(let key)): check(key, needsCodes: true)
            case .copy(let other):
                check(other, needsCodes: false)
                if other < columns.count, case .copy = columns[other].form { isSound = false }
            default: break
            }
            if case .patterns(let patterns, let key) = column.form {
                if patterns.isEmpty || patterns.count == 1 && key != .none { isSound = false }
                for slot in patterns.flatMap(\.slots) {
                    guard let key = slot.keyColumn else { continue }
                    check(key, needsCodes: true)
                    if patterns.count != 1 { isSound = false }
                    if case .hexadecimal = slot.form { isSound = false }
                }
            }
        }
        guard isSound, !hasCircle() else { throw BlockError("a column follows from one that does not decide it") }
    }

    /// Whether a column has numbers that others may follow from: a dictionary, or ids that stand once.
    private func hasCodes(_ column: Int) -> Bool {
        switch columns[column].form {
        case .dictionary: return true
        case .patterns(let patterns, _):
            guard patterns.count == 1, patterns[0].slots.count == 1, case .hexadecimal(let form) = patterns[0].slots[0].form else {
                return false
            }
            return form.distinct != nil
        case .plain, .copy: return false
        }
    }

    private func hasCircle() -> Bool {
        for start in columns.indices {
            var column = start
            var steps = 0
            while case .dictionary(_, .column(let key)) = columns[column].form {
                (column, steps) = (key, steps + 1)
                if steps > columns.count { return true }
            }
        }
        return false
    }
}

extension ColumnOutline {
    private static let (dictionary, patterns, plain, copy): (UInt8, UInt8, UInt8, UInt8) = (0, 1, 2, 3)

    func encode(into bytes: inout [UInt8]) {
        bytes.append(owner.rawValue)
        bytes.appendLengthPrefixed(name)
        bytes.appendVarint(count: count)
        switch form {
        case .dictionary(let values, let key):
            bytes.append(ColumnOutline.dictionary)
            key.encode(into: &bytes)
            values.encode(into: &bytes)
        case .patterns(let patterns, let key):
            bytes.append(ColumnOutline.patterns)
            key.encode(into: &bytes)
            bytes.appendVarint(count: patterns.count)
            for pattern in patterns {
                bytes.appendVarint(count: pattern.slots.count)
                for literal in pattern.literals { bytes.appendLengthPrefixed(literal) }
                for slot in pattern.slots { slot.encode(into: &bytes) }
            }
        case .plain(let bounds):
            bytes.append(ColumnOutline.plain)
            bounds.encode(into: &bytes)
        case .copy(let other):
            bytes.append(ColumnOutline.copy)
            bytes.appendVarint(count: other)
        }
    }

    init(_ reader: inout ByteReader, number: Int, of columns: Int, rows: Int) throws {
        guard let owner = Owner(rawValue: try reader.readUInt8()) else { throw BlockError("a column of nothing") }
        self.owner = owner
        name = Array(reader.bytes[try reader.readLengthPrefixed()])
        count = try reader.readCount(limit: rows)
        switch try reader.readUInt8() {
        case ColumnOutline.dictionary:
            let key = try Key(&reader, columns: columns)
            let texts = try PackedTexts(&reader, limit: rows)
            values = ValueBounds(texts)
            form = .dictionary(values: texts, key: key)
        case ColumnOutline.patterns:
            let key = try Key(&reader, columns: columns)
            var patterns: [PatternOutline] = []
            for _ in 0..<(try reader.readCount(limit: BlockLimits.patternsMax)) {
                let slots = try reader.readCount(limit: reader.remaining)
                var pattern = PatternOutline(literals: [], slots: [])
                for _ in 0...slots { pattern.literals.append(Array(reader.bytes[try reader.readLengthPrefixed()])) }
                for _ in 0..<slots { pattern.slots.append(try SlotOutline(&reader, rows: rows)) }
                patterns.append(pattern)
            }
            form = .patterns(patterns, key: key)
        case ColumnOutline.plain: form = .plain(try TextBounds(&reader))
        case ColumnOutline.copy: form = .copy(of: try reader.readCount(limit: columns))
        default: throw BlockError("a column of no form")
        }
    }
}

extension ColumnOutline.Key {
    func encode(into bytes: inout [UInt8]) {
        switch self {
        case .none: bytes.append(0)
        case .stream: bytes.append(1)
        case .column(let column):
            bytes.append(2)
            bytes.appendVarint(count: column)
        }
    }

    init(_ reader: inout ByteReader, columns: Int) throws {
        switch try reader.readUInt8() {
        case 0: self = .none
        case 1: self = .stream
        case 2: self = .column(try reader.readCount(limit: columns))
        default: throw BlockError("a key of no kind")
        }
    }
}

extension SlotOutline {
    private enum Code {
        static let (integers, padded, decimals, hexadecimal, time, dictionary, plain): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) =
            (0, 1, 2, 3, 4, 5, 6)
        static let keyed: UInt8 = 0x40
        static let varyingScale: UInt8 = 255
    }

    func encode(into bytes: inout [UInt8]) {
        let flag = keyColumn == nil ? 0 : Code.keyed
        switch form {
        case .integers(let range):
            bytes.append(Code.integers | flag)
            bytes.appendVarint(range.lowerBound)
            bytes.appendVarint(range.upperBound)
        case .padded(let digits, let range):
            bytes += [Code.padded | flag, UInt8(digits)]
            bytes.appendVarint(range.lowerBound)
            bytes.appendVarint(range.upperBound)
        case .decimals(let scale): bytes += [Code.decimals | flag, scale.map { UInt8($0) } ?? Code.varyingScale]
        case .hexadecimal(let form):
            let flags = (form.isUpper ? 1 : 0) | (form.isUUID ? 2 : 0) | (form.distinct != nil ? 4 : 0) | (form.hasFilter ? 8 : 0)
            bytes += [Code.hexadecimal | flag, UInt8(form.digits), UInt8(flags)]
            if let distinct = form.distinct { bytes.appendVarint(count: distinct) }
        case .time(let form): bytes += [Code.time | flag, form.fraction, form.separator, form.point]
        case .dictionary(let values):
            bytes.append(Code.dictionary | flag)
            values.encode(into: &bytes)
        case .plain(let bounds):
            bytes.append(Code.plain | flag)
            bounds.encode(into: &bytes)
        }
        if let keyColumn { bytes.appendVarint(count: keyColumn) }
    }

    init(_ reader: inout ByteReader, rows: Int) throws {
        let code = try reader.readUInt8()
        switch code & ~Code.keyed {
        case Code.integers: form = .integers(try SlotOutline.range(&reader))
        case Code.padded:
            let digits = Int(try reader.readUInt8())
            guard (1...18).contains(digits) else { throw BlockError("numbers of \(digits) digits") }
            form = .padded(digits: digits, try SlotOutline.range(&reader))
        case Code.decimals:
            let scale = try reader.readUInt8()
            guard scale == Code.varyingScale || (1...18).contains(scale) else { throw BlockError("numbers of scale \(scale)") }
            form = .decimals(scale: scale == Code.varyingScale ? nil : Int(scale))
        case Code.hexadecimal:
            let (digits, flags) = (Int(try reader.readUInt8()), try reader.readUInt8())
            let distinct = flags & 4 != 0 ? try reader.readCount(limit: rows) : nil
            guard (1...32).contains(digits), flags < 16, flags & 2 == 0 || digits == 32 else { throw BlockError("ids of \(digits) digits") }
            form = .hexadecimal(
                HexForm(digits: digits, isUpper: flags & 1 != 0, isUUID: flags & 2 != 0, distinct: distinct, hasFilter: flags & 8 != 0))
        case Code.time:
            let form = TimeText.Form(fraction: try reader.readUInt8(), separator: try reader.readUInt8(), point: try reader.readUInt8())
            guard form.fraction <= 9 else { throw BlockError("times with \(form.fraction) digits") }
            self.form = .time(form)
        case Code.dictionary:
            let texts = try PackedTexts(&reader, limit: rows)
            values = ValueBounds(texts)
            form = .dictionary(values: texts)
        case Code.plain: form = .plain(try TextBounds(&reader))
        default: throw BlockError("a slot of no form")
        }
        keyColumn = code & Code.keyed != 0 ? try reader.readCount(limit: BlockLimits.columnsMax) : nil
    }

    private static func range(_ reader: inout ByteReader) throws -> ClosedRange<UInt64> {
        let (low, high) = (try reader.readVarint(), try reader.readVarint())
        guard low <= high else { throw BlockError("numbers out of order") }
        return low...high
    }
}

extension TextBounds {
    func encode(into output: inout [UInt8]) {
        output.appendVarint(count: longest)
        for word in [bytes.0, bytes.1, bytes.2, bytes.3] { output.appendLittleEndian(word) }
    }

    init(_ reader: inout ByteReader) throws {
        longest = try reader.readCount(limit: Int(Int32.max))
        bytes = (try reader.readLittleEndian(), try reader.readLittleEndian(), try reader.readLittleEndian(), try reader.readLittleEndian())
    }
}

extension PackedTexts {
    /// Number of texts (varint), their lengths (varints), their bytes.
    func encode(into output: inout [UInt8]) {
        output.appendVarint(count: count)
        for index in 0..<count { output.appendVarint(count: range(index).count) }
        output += bytes
    }

    init(_ reader: inout ByteReader, limit: Int) throws {
        let count = try reader.readCount(limit: limit)
        var ends: [Int] = []
        ends.reserveCapacity(count)
        var end = 0
        for _ in 0..<count {
            end += try reader.readCount(limit: reader.remaining)
            guard end <= reader.bytes.count else { throw BlockError("texts beyond their end") }
            ends.append(end)
        }
        self.init(bytes: Array(reader.bytes[try reader.readRange(count: end)]), ends: ends)
    }
}
