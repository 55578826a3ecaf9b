internal import QueryModel
internal import TelemetryModel

/// Steps of range queries that were answered before, kept as long as nothing that they were computed from has changed.
///
/// Decides what is kept, found and dropped; knows no lock and no clock. What changed in storage is the caller's to say.
///
/// The steps of a query are kept in blocks, whose borders do not depend on where a query starts, so that a query whose range moves on finds
/// all but the newest of them. An answer with annotations is kept as one piece and found only whole, since nobody
/// knows which of its steps they are about.
struct ResultCache: Sendable {
    /// Steps of a block.
    static let blockSteps: Int64 = 32

    /// What a query finds.
    struct Found: Sendable {
        var pieces: [ResultPiece] = []
        /// The labels of the series that pieces number.
        var labels: [LabelSet] = []
    }

    private struct Entry: Sendable {
        var table = LabelTable()
        var blocks: [Int64: ResultPiece] = [:]
        var annotated: ResultPiece?
        var used: UInt64 = 0
        var keyBytes: Int

        var bytes: Int { blocks.values.reduce(keyBytes + table.bytes + (annotated?.bytes ?? 0)) { $0 + $1.bytes } }
    }

    private let bytesMax: Int
    private var entries: [ResultKey: Entry] = [:]
    private var uses: UInt64 = 0
    private(set) var bytes = 0
    private(set) var entriesDropped = 0

    var entryCount: Int { entries.count }

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// What is known of some steps of a query.
    ///
    /// - Parameter isValid: whether nothing has changed since the piece was computed.
    mutating func find(_ key: ResultKey, _ steps: Range<Int64>, isValid: (ResultPiece) -> Bool) -> Found? {
        guard let entry = entries[key] else { return nil }
        uses += 1
        entries[key]?.used = uses
        if let annotated = entry.annotated, annotated.steps == steps, isValid(annotated) {
            return Found(pieces: [annotated], labels: entry.table.labels)
        }
        var pieces: [ResultPiece] = []
        for number in ResultCache.blocks(steps) {
            guard let piece = entry.blocks[number]?.clamped(to: steps), !piece.steps.isEmpty, isValid(piece) else { continue }
            pieces.append(piece)
        }
        return pieces.isEmpty ? nil : Found(pieces: pieces, labels: entry.table.labels)
    }

    /// Keeps the answer to a query whose steps are `steps`.
    ///
    /// - Parameters:
    ///   - evaluated: the steps that were not found here.
    ///   - version: of the data, read before any of it was.
    mutating func keep(
        _ series: [MatrixSeries], _ annotations: QueryAnnotations, _ key: ResultKey, _ steps: Range<Int64>, evaluated: Range<Int64>,
        version: UInt64
    ) {
        var entry = entries.removeValue(forKey: key) ?? Entry(keyBytes: key.text.utf8.count + 400)
        bytes -= entry.bytes
        uses += 1
        entry.used = uses
        if entry.table.labels.count > 4 * series.count + 1000 { entry = Entry(used: uses, keyBytes: entry.keyBytes) }
        let numbers = series.map { entry.table.number(of: $0.labels) }
        let answer = AnsweredSteps(series: series, numbers: numbers, key: key)
        if annotations.isEmpty {
            entry.annotated = nil
            for number in ResultCache.blocks(evaluated) {
                let covered = ResultCache.steps(number).clamped(to: steps)
                if let known = entry.blocks[number], known.version == version, known.steps.contains(covered) { continue }
                entry.blocks[number] = answer.piece(covered, annotations, version)
            }
            // A range that moves on leaves blocks behind.
            let near = steps.lowerBound - Int64(steps.count)..<steps.upperBound + Int64(steps.count)
            entry.blocks = entry.blocks.filter { $0.value.steps.overlaps(near) }
        } else {
            entry.annotated = answer.piece(steps, annotations, version)
        }
        let size = entry.bytes
        if size > bytesMax / 2 {
            entriesDropped += 1
            return
        }
        entries[key] = entry
        bytes += size
        makeRoom()
    }

    private mutating func makeRoom() {
        guard bytes > bytesMax else { return }
        for (key, entry) in entries.sorted(by: { $0.value.used < $1.value.used }) {
            entries[key] = nil
            bytes -= entry.bytes
            entriesDropped += 1
            // Leaves room for some more, so that this is rare.
            if bytes <= bytesMax / 8 * 7 { return }
        }
    }

    private static func blocks(_ steps: Range<Int64>) -> ClosedRange<Int64> {
        block(of: steps.lowerBound)...block(of: steps.upperBound - 1)
    }

    private static func block(of step: Int64) -> Int64 {
        let (quotient, remainder) = step.quotientAndRemainder(dividingBy: blockSteps)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private static func steps(_ block: Int64) -> Range<Int64> { block * blockSteps..<(block + 1) * blockSteps }
}

/// Numbers label sets, so that the pieces of a query hold each of them once.
private struct LabelTable: Sendable {
    private(set) var labels: [LabelSet] = []
    private var numbers: [LabelKey: Int32] = [:]
    private(set) var bytes = 0

    mutating func number(of labels: LabelSet) -> Int32 {
        let key = LabelKey(labels)
        if let known = numbers[key] { return known }
        let number = Int32(self.labels.count)
        numbers[key] = number
        self.labels.append(labels)
        // The bytes with the head of their array, and the places in the list and in the dictionary.
        bytes += labels.packed.count + 32 + 8 + 40
        return number
    }
}
