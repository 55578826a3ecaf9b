internal import ByteCoding

/// Finds out what fields lines have: their structured metadata, labels that the query made, and what a JSON or logfmt parser finds in the line.
struct FieldDetector {
    private struct Field {
        var values = DistinctCounter()
        /// How many values had each type.
        var types: [DetectedFieldType: Int] = [:]
        var parsers: [String] = []
        var jsonPath: [[UInt8]] = []
    }

    /// How many fields are told of. Fields that are met later are passed over.
    private let fieldsMax: Int
    private var fields: [[UInt8]: Field] = [:]
    private var scratch = FieldScratch()

    init(fieldsMax: Int) { self.fieldsMax = fieldsMax }

    /// Starts a stream, whose labels are no fields but take their names.
    mutating func begin(_ stream: LabelPlaces) { scratch.begin(stream) }

    /// Takes a line when the stages of the query have run.
    mutating func add(_ context: LineContext) {
        for label in context.labels where label.isVisible && label.origin == .metadata { note(label, of: context, parser: nil) }
        for label in context.labels where label.isVisible && label.origin == .parsed && !FieldScratch.isSpecial(label, context) {
            note(label, of: context, parser: nil)
        }
        let parser = scratch.parse(context)
        for label in scratch.context.labels where label.isVisible && label.origin == .parsed {
            note(label, of: scratch.context, parser: parser)
        }
    }

    private mutating func note(_ label: LineContext.Label, of context: LineContext, parser: String?) {
        let name = Array(context.bytes[label.name])
        if fields[name] == nil {
            guard fields.count < fieldsMax else { return }
            fields[name] = Field()
        }
        let (hash, type) = context.withBytes(label.value) { (hash64($0), DetectedFieldType.of($0)) }
        let path = parser == "json" ? scratch.json.paths[name] : nil
        func update(_ field: inout Field) {
            field.values.insert(hash)
            field.types[type, default: 0] += 1
            if let parser, !field.parsers.contains(parser) { field.parsers.append(parser) }
            if let path { field.jsonPath = path }
        }
        update(&fields[name, default: Field()])
    }

    /// The fields, sorted by name.
    var detected: [DetectedField] {
        fields.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { name, field in
            DetectedField(
                label: String(decoding: name, as: UTF8.self), type: FieldDetector.type(field.types), cardinality: field.values.count,
                parsers: field.parsers, jsonPath: field.jsonPath.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// The type that most values have; whole numbers among others with a fraction are such numbers too.
    private static func type(_ counts: [DetectedFieldType: Int]) -> DetectedFieldType {
        var counts = counts
        if let floats = counts[.float] { counts[.float] = floats + (counts.removeValue(forKey: .int) ?? 0) }
        let order = DetectedFieldType.allCases
        let best = order.max { left, right in (counts[left] ?? 0) < (counts[right] ?? 0) }
        return best ?? .string
    }
}

/// Collects the different values of one field.
struct FieldValues {
    private let name: [UInt8]
    private let valuesMax: Int
    private var seen: Set<[UInt8]> = []
    private var scratch = FieldScratch()

    init(_ name: String, valuesMax: Int) {
        self.name = Array(name.utf8)
        self.valuesMax = valuesMax
    }

    mutating func begin(_ stream: LabelPlaces) { scratch.begin(stream) }

    /// Whether no further value is taken.
    var isFull: Bool { seen.count >= valuesMax }

    mutating func add(_ context: LineContext) {
        guard !isFull else { return }
        for label in context.labels where label.isVisible && label.origin != .stream { note(label, of: context) }
        _ = scratch.parse(context)
        for label in scratch.context.labels where label.isVisible && label.origin == .parsed { note(label, of: scratch.context) }
    }

    private mutating func note(_ label: LineContext.Label, of context: LineContext) {
        guard !isFull, context.bytes[label.name].elementsEqual(name) else { return }
        let value = Array(context.bytes[label.value])
        // Sizes of what was parsed are written so that a query takes them as they are.
        if label.origin == .parsed, value.withUnsafeBytes({ DetectedFieldType.of($0) }) == .bytes,
            let size = value.withUnsafeBytes({ try? ByteSizeText.parse($0) })
        {
            seen.insert(Array(ByteSizeText.text(size).utf8))
        } else {
            seen.insert(value)
        }
    }

    /// Sorted by their bytes.
    var values: [String] {
        seen.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Runs parsers on lines to see what is in them.
private struct FieldScratch {
    var context = LineContext()
    var json = JSONStage(capturesPaths: true)
    private var logfmt = LogfmtStage()

    mutating func begin(_ stream: LabelPlaces) { context.begin(stream) }

    /// Parses a line as JSON, or else as logfmt. The labels are in ``context`` then.
    ///
    /// - Returns: the name of the parser.
    mutating func parse(_ source: LineContext) -> String {
        let line = source.line
        context.begin(time: source.time, line: line.bytes, in: line.range)
        json.run(on: &context)
        if !context.hasError { return "json" }
        context.begin(time: source.time, line: line.bytes, in: line.range)
        logfmt.run(on: &context)
        return "logfmt"
    }

    static func isSpecial(_ label: LineContext.Label, _ context: LineContext) -> Bool {
        let name = context.bytes[label.name]
        return [SpecialLabel.error, SpecialLabel.errorDetails, SpecialLabel.preserveError].contains { name.elementsEqual($0) }
    }
}
