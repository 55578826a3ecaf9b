internal import ByteCoding

/// Decodes chunks of one page one after the other, and remembers the columns decoded last: neighbours share timestamps, and their values
/// often refer to each other. Fastest in the order of the page.
public struct ChunkPageCursor: Sendable {
    /// Decoded whole numbers of a value column.
    private struct Decoded {
        var column: Int
        var wholes: [Int64]
    }

    private static let rememberedMax = 12
    private static let nothing: [Int64] = []

    /// The page that is read.
    public let page: ChunkPage
    private var clock: Int?
    private(set) var clockTimes: [Int64] = []
    /// Whether each of ``clockTimes`` is later than the one before.
    private var clockRises = true
    private var remembered: [Decoded] = []
    private var oldest = 0
    private var corrections: [Int64] = []

    public init(_ page: ChunkPage) { self.page = page }

    /// Bytes of what it decoded and remembers, about; the page itself is not among them.
    public var memoryBytes: Int {
        remembered.reduce(clockTimes.capacity + corrections.capacity) { $0 + $1.wholes.capacity } * MemoryLayout<Int64>.stride
    }

    /// Appends the samples of one chunk of floats to two columns. Empty columns share the memory of the times with this cursor and with all
    /// other columns that have the same times.
    ///
    /// - Returns: whether each of the times is later than the one before, also than the last that was there.
    /// - Precondition: `index` is a place in ``ChunkPage/chunks``.
    /// - Throws: ``ColumnCodingError``; what was appended by then is to be thrown away.
    @discardableResult
    public mutating func decode(
        chunk index: Int, timestamps: inout [Int64], values: inout [Double]
    ) throws(ColumnCodingError) -> Bool {
        let entry = page.directory.chunks[index]
        guard entry.kind == .float else { throw ColumnCodingError(.kindMismatch, at: 0, "chunk \(index) holds no floats") }
        do throws(ByteCodingError) {
            try decodeClock(entry.timestampColumn)
            let rises = clockRises && timestamps.last.map { last in clockTimes.first.map { $0 > last } ?? true } ?? true
            if timestamps.isEmpty { timestamps = clockTimes } else { timestamps += clockTimes }
            try appendValues(of: entry.valueColumn, into: &values)
            return rises
        } catch {
            throw ColumnCodingError(error, reading: "chunk \(index) of series \(entry.series)")
        }
    }

    mutating func decodeClock(_ index: Int) throws(ByteCodingError) {
        if clock == index { return }
        clock = nil
        let stored = page.directory.clocks[index]
        try stored.column.decode(page.body, at: stored.place, count: stored.count, referenced: [], into: &clockTimes)
        clockRises = ChunkPageCursor.areRising(clockTimes.span)
        clock = index
    }

    private static func areRising(_ times: Span<Int64>) -> Bool {
        for index in 1..<Swift.max(times.count, 1) where times[index] <= times[index - 1] { return false }
        return true
    }

    mutating func appendValues(of index: Int, into values: inout [Double]) throws(ByteCodingError) {
        let stored = page.directory.values[index]
        if let numbers = stored.form.corrections {
            try numbers.decode(page.body, at: stored.place.corrections, count: stored.count, referenced: [], into: &corrections)
        } else {
            corrections.removeAll(keepingCapacity: true)
        }
        let slot = try decodeWholes(of: index)
        let wholes = slot.map { remembered[$0].wholes } ?? ChunkPageCursor.nothing
        try stored.form.appendValues(page.body, wholes: wholes, corrections: corrections, count: stored.count, into: &values)
    }

    /// Decodes a column's whole numbers, first those of the column that it refers to, and gives where they are remembered; nil for a
    /// constant, which has none. The directory limits how deep that goes.
    private mutating func decodeWholes(of index: Int) throws(ByteCodingError) -> Int? {
        if let known = remembered.firstIndex(where: { $0.column == index }) { return known }
        let stored = page.directory.values[index]
        guard let numbers = stored.form.wholes else { return nil }
        var referenced = ChunkPageCursor.nothing
        if let reference = numbers.reference, let slot = try decodeWholes(of: index - reference.distance) {
            referenced = remembered[slot].wholes
        }
        let slot = freeSlot()
        try numbers.decode(
            page.body, at: stored.place.wholes, count: stored.count, referenced: referenced, into: &remembered[slot].wholes)
        remembered[slot].column = index
        return slot
    }

    private mutating func freeSlot() -> Int {
        if remembered.count < ChunkPageCursor.rememberedMax {
            remembered.append(Decoded(column: -1, wholes: []))
            return remembered.count - 1
        }
        let slot = oldest
        oldest = (oldest + 1) % remembered.count
        // What it holds is overwritten.
        remembered[slot].column = -1
        return slot
    }
}
