internal import ByteCoding
internal import TelemetryModel

/// Makes entries of JSON documents, one at a time.
struct LogDocumentReader: ~Copyable {
    /// What a member means, and how wanted it is: among several with one meaning the lowest place counts.
    private struct Meaning {
        enum Kind { case time, message, level, label }

        var kind: Kind
        var place: Int
    }

    private let mapping: LogDocumentMapping
    private let meanings: [[UInt8]: Meaning]
    private let labelNames: [[UInt8]]
    private var textMemory = UnescapedText()
    private var keyMemory = UnescapedText()
    private var path: [UInt8] = []

    // What is found in a document.
    private var found = LogFields()
    /// What each of the found members means; nil for the rest.
    private var foundMeanings: [Meaning?] = []
    private var isTooMuch = false
    private var labels = LogFields()
    private var metadata = LogFields()

    /// Bytes of a name at which the members of an object are no longer looked at one by one.
    private static let nameBytesMax = 1024

    init(_ mapping: LogDocumentMapping) {
        self.mapping = mapping
        labelNames = mapping.labels.map { Array($0.label.utf8) }
        var meanings: [[UInt8]: Meaning] = [:]
        func add(_ names: [String], _ kind: Meaning.Kind) {
            for (place, name) in names.enumerated() where meanings[Array(name.utf8)] == nil {
                meanings[Array(name.utf8)] = Meaning(kind: kind, place: place)
            }
        }
        add(mapping.time, .time)
        add(mapping.message, .message)
        add(mapping.labels.map(\.field), .label)
        add(mapping.level, .level)
        self.meanings = meanings
    }

    /// Reads a document and hands its entry to a sink.
    ///
    /// - Parameter fixed: labels that the entry gets beside those of the document.
    /// - Returns: whether the entry was taken; if not, the sink says why.
    mutating func read<Sink: LogEntrySink>(
        _ text: UnsafeBufferPointer<UInt8>, fixed: LogFields, into sink: inout Sink
    ) -> Bool {
        do throws(JSONFault) {
            try walk(text)
        } catch {
            sink.refuse("not a JSON object: \(error.message) at byte \(error.offset)")
            return false
        }
        guard let time = time(orNow: sink.now) else {
            sink.refuse("a time that cannot be read")
            return false
        }
        labels.removeAll()
        labels.append(contentsOf: fixed)
        metadata.removeAll()
        let message = best(.message)
        // With the document as the line, what is in it need not stand beside it.
        let isWhole = message == nil || isTooMuch
        sort(leavingOut: message, isWhole: isWhole)
        sink.beginStream(labels)
        guard let message, !isWhole else { return sink.append(time: time, line: text, metadata: &metadata) }
        return found.values.bytes.withUnsafeBufferPointer { values in
            sink.append(time: time, line: UnsafeBufferPointer(rebasing: values[found.values.range(message)]), metadata: &metadata)
        }
    }

    // MARK: - Meaning

    private func time(orNow now: Int64) -> Int64? {
        guard let field = best(.time) else { return now }
        return found.values.bytes.withUnsafeBufferPointer { values in
            LogTime.any(UnsafeBufferPointer(rebasing: values[found.values.range(field)]))
        }
    }

    /// The member that counts among those with a meaning.
    private func best(_ kind: Meaning.Kind) -> Int? {
        var best: (field: Int, place: Int)?
        for (field, meaning) in foundMeanings.enumerated() {
            guard let meaning, meaning.kind == kind, meaning.place < (best?.place ?? Int.max) else { continue }
            best = (field, meaning.place)
        }
        return best?.field
    }

    /// Sorts members into labels and structured metadata.
    private mutating func sort(leavingOut message: Int?, isWhole: Bool) {
        let time = best(.time)
        let level = best(.level)
        var labelled: [Int: Int] = [:]
        for (field, meaning) in foundMeanings.enumerated() {
            guard let meaning, meaning.kind == .label, let label = labelNames.firstIndex(of: labelNames[meaning.place]) else { continue }
            if let other = labelled[label], let otherPlace = foundMeanings[other]?.place, otherPlace <= meaning.place { continue }
            labelled[label] = field
        }
        for (label, field) in labelled.sorted(by: { $0.key < $1.key }) {
            Self.append(field, of: found, as: labelNames[label], to: &labels)
        }
        if let level { Self.append(level, of: found, as: Array("level".utf8), to: &metadata) }
        if isWhole || !mapping.keepsRest { return }
        let taken = Set(labelled.values)
        for field in 0..<found.count where field != time && field != message && field != level && !taken.contains(field) {
            let name = Array(found.names.bytes[found.names.range(field)])
            Self.append(field, of: found, as: TraceFieldName.of(name) ?? name, to: &metadata)
        }
    }

    private static func append(_ field: Int, of found: LogFields, as name: [UInt8], to fields: inout LogFields) {
        fields.append(
            name: { $0.append(contentsOf: name) }, value: { $0.append(contentsOf: found.values.bytes[found.values.range(field)]) })
    }

    // MARK: - Walking

    private mutating func walk(_ text: UnsafeBufferPointer<UInt8>) throws(JSONFault) {
        found.removeAll()
        foundMeanings.removeAll(keepingCapacity: true)
        isTooMuch = false
        path.removeAll(keepingCapacity: true)
        var cursor = JSONCursor(text)
        guard try cursor.peekKind() == .object else { throw JSONFault("expected an object", at: cursor.position) }
        try walkObject(&cursor)
        try cursor.finish()
    }

    private mutating func walkObject(_ cursor: inout JSONCursor) throws(JSONFault) {
        let outer = path.count
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if outer > 0 { path.append(UInt8(ascii: ".")) }
            path.append(contentsOf: keyMemory.bytes(of: key, cursor))
            switch try cursor.peekKind() {
            case .object where path.count <= LogDocumentReader.nameBytesMax: try walkObject(&cursor)
            case .string: note(textMemory.bytes(of: try cursor.readText(), cursor))
            case .null: try cursor.readNull()
            default: note(cursor.bytes(try cursor.skipValue()))
            }
            path.removeSubrange(outer...)
        }
    }

    /// Notes the value of the member at the path, where it is wanted.
    private mutating func note(_ value: UnsafeBufferPointer<UInt8>) {
        let meaning = meanings[path]
        guard meaning != nil || (mapping.keepsRest && !mapping.message.isEmpty && !isTooMuch) else { return }
        if meaning == nil {
            isTooMuch = found.count >= mapping.metadataFieldsMax || found.byteCount + path.count + value.count > mapping.metadataBytesMax
            if isTooMuch { return }
        } else if foundMeanings.count > 4 * meanings.count + mapping.metadataFieldsMax {
            // The same names over and over; the first ones count.
            return
        }
        found.append(name: { $0.append(contentsOf: path) }, value: { $0.append(contentsOf: value) })
        foundMeanings.append(meaning)
    }
}

/// Names by which documents say which trace and span they belong to.
enum TraceFieldName {
    /// `trace_id` or `span_id` for a name that means that; nil for others.
    static func of(_ name: [UInt8]) -> [UInt8]? { names[name] }

    private static let names: [[UInt8]: [UInt8]] = {
        var names: [[UInt8]: [UInt8]] = [:]
        for kind in ["trace", "span"] {
            let capital = kind.prefix(1).uppercased() + kind.dropFirst()
            for name in [kind + ".id", kind + "Id", kind + "id", kind + "ID", capital + "Id", capital + "ID"] {
                names[Array(name.utf8)] = Array((kind + "_id").utf8)
            }
        }
        return names
    }()
}
