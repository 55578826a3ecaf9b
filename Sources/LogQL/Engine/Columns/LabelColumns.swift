internal import QueryModel
internal import TelemetryModel

/// Where labels of a table's rows come from: the stream, a column of structured metadata, or a column of leaves.
struct LabelColumns {
    /// Where the values of one label come from, for the rows of a stream with lines of one shape.
    enum Source: Hashable {
        case absent
        /// A place in the packed bytes of the stream's labels.
        case stream(Range<Int>)
        /// The number of a column.
        case column(Int)
        /// That differs from row to row.
        case unknown
    }

    private let table: any LogTable
    private let budget: QueryBudget
    private let streams: [LabelPlaces]
    private(set) var metadataNames: [[UInt8]] = []
    /// Whether rows may have errors from the start.
    let mayHaveErrors: Bool
    /// Whether lines are taken apart here.
    private(set) var documents: LogDocuments?
    private var leaves: [ShapeLeaves] = []
    private var numbers: [Key: Int] = [:]
    private(set) var columns: [LogColumn] = []
    /// Of each column whether a parser of lines gives its values as they are.
    private var isPlain: [Bool] = []

    private enum Key: Hashable {
        case metadata([UInt8])
        case leaf(shape: Int, place: Int)
    }

    /// What became of labels in stages before.
    struct State {
        var isParsed = false
        var dropped: [[UInt8]] = []
        /// nil for all.
        var kept: [[UInt8]]?

        func hides(_ name: [UInt8]) -> Bool { dropped.contains(name) || !(kept?.contains(name) ?? true) }
    }

    init(_ reader: TableReader) throws(QueryError) {
        table = reader.table
        budget = reader.budget
        streams = reader.frame.streams.map { LabelPlaces($0) }
        let names = try reader.table.metadataNames(budget: budget).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        metadataNames = names
        mayHaveErrors = names.contains { $0 == SpecialLabel.error || $0 == SpecialLabel.errorDetails }
    }

    /// Takes a look at how lines are held. False where none is taken apart.
    mutating func loadDocuments() throws(QueryError) -> Bool {
        guard let documents = try table.documents(budget: budget) else { return false }
        self.documents = documents
        leaves = documents.shapes.map { ShapeLeaves($0) }
        return true
    }

    /// Whether the leaves of a row's line are all that a parser finds in it.
    func isReadable(_ shape: Int32) -> Bool { shape >= 0 && leaves[Int(shape)].isReadable }

    // MARK: Sources

    /// - Parameter shape: of the rows' lines; any where lines were not parsed.
    mutating func source(_ name: [UInt8], stream: Int, shape: Int, _ state: State) throws(QueryError) -> Source {
        if state.hides(name) || name == SpecialLabel.error || name == SpecialLabel.preserveError { return .absent }
        if state.isParsed {
            for leaf in leaves[shape].leaves where leaf.name == name || isSuffixed(name, leaf.name) {
                if streamValue(leaf.name, stream) != nil {
                    if leaf.name == name { continue }
                } else if metadataNames.contains(leaf.name) {
                    return .unknown
                } else if leaf.name != name {
                    continue
                }
                let column = try column(.leaf(shape: shape, place: leaf.place))
                return isPlain[column] ? .column(column) : .unknown
            }
        }
        if let metadata = metadataName(name, stream) {
            guard metadata.isCertain else { return .unknown }
            return .column(try column(.metadata(metadata.name)))
        }
        return streamValue(name, stream).map { .stream($0) } ?? .absent
    }

    private func isSuffixed(_ name: [UInt8], _ plain: [UInt8]) -> Bool {
        name.count == plain.count + SpecialLabel.extractedSuffix.count && name.starts(with: plain)
            && name.suffix(SpecialLabel.extractedSuffix.count).elementsEqual(SpecialLabel.extractedSuffix)
    }

    private func streamValue(_ name: [UInt8], _ stream: Int) -> Range<Int>? {
        let labels = streams[stream]
        return labels.places.first { $0.name.count == name.count && labels.packed[$0.name].elementsEqual(name) }?.value
    }

    /// The structured metadata that becomes a label of the name in a stream; not certain where there are several.
    private func metadataName(_ name: [UInt8], _ stream: Int) -> (name: [UInt8], isCertain: Bool)? {
        let own = metadataNames.contains(name) && streamValue(name, stream) == nil ? name : nil
        let other = metadataNames.first { isSuffixed(name, $0) && streamValue($0, stream) != nil }
        if let own { return (own, other == nil) }
        return other.map { ($0, true) }
    }

    private mutating func column(_ key: Key) throws(QueryError) -> Int {
        if let number = numbers[key] { return number }
        let column: LogColumn
        switch key {
        case .metadata(let name):
            let none = LogColumn(codes: [Int32](repeating: -1, count: table.rowCount), values: PackedTexts())
            column = try table.metadata(String(decoding: name, as: UTF8.self), budget: budget) ?? none
        case .leaf(let shape, let place): column = try table.leaf(place, ofShape: shape, budget: budget)
        }
        numbers[key] = columns.count
        columns.append(column)
        isPlain.append(LabelColumns.isPlain(column.values))
        return columns.count - 1
    }

    /// The parser puts a blank for each replacement character, and for what is no UTF-8.
    private static func isPlain(_ values: PackedTexts) -> Bool {
        if values.bytes.allSatisfy({ $0 < 0x80 }) { return true }
        return (0..<values.count).allSatisfy { !UTF8Text.hasReplacement(values.bytes[values.range($0)]) }
    }

    // MARK: All labels

    /// The labels of a stream's rows as they are without parsing, with those of the structured metadata; nil where that cannot be told.
    mutating func allSources(stream: Int, _ state: State) throws(QueryError) -> [(name: [UInt8], source: Source)]? {
        if state.isParsed { return nil }
        let labels = streams[stream]
        var names = labels.places.map { Array(labels.packed[$0.name]) }
        for name in metadataNames {
            let label = streamValue(name, stream) == nil ? name : name + SpecialLabel.extractedSuffix
            if names.contains(label) { return nil }
            names.append(label)
        }
        var sources: [(name: [UInt8], source: Source)] = []
        for name in names {
            let source = try source(name, stream: stream, shape: 0, state)
            switch source {
            case .unknown: return nil
            case .absent: continue
            case .stream, .column: sources.append((name, source))
            }
        }
        return sources.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Calls the closure with a value of a stream.
    func withStreamValue<Result>(_ range: Range<Int>, stream: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        streams[stream].packed.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    func streamText(_ range: Range<Int>, stream: Int) -> ArraySlice<UInt8> { streams[stream].packed[range] }
}
