/// What the stages of a pipeline work on: a log line, its time, its labels with where they come from, and the error that a stage met.
///
/// Made once and used for many lines: ``begin(_:)`` starts a stream and ``begin(time:line:in:)`` one of its lines. Names and values of labels
/// are places in one run of bytes, looked for one after the other, so that a line costs neither strings nor dictionaries. Within a line the
/// run only grows: places that were given out stay good until the next line begins.
struct LineContext {
    /// Where a label comes from.
    enum Origin: UInt8, Sendable {
        case stream, metadata, parsed
    }

    /// A label. Its name and value are places in ``LineContext/bytes``.
    struct Label: Sendable {
        var name: Range<Int>
        var value: Range<Int>
        var origin: Origin
        /// False where the label was deleted, or another one of its name took its place. Such labels only say which names were there.
        var isVisible: Bool
    }

    /// The names and values of labels, one after the other.
    private(set) var bytes: [UInt8] = []
    /// The labels, those of the stream first, hidden ones among them. Of visible ones each name is there once.
    private(set) var labels: [Label] = []
    /// Of the labels, those from here on belong to the line.
    private(set) var streamLabelCount = 0
    private var streamByteCount = 0

    /// Nanoseconds since 1970.
    private(set) var time: Int64 = 0
    private var sourceLine = LineText(bytes: [], range: 0..<0)
    private var ownLine: [UInt8] = []
    private var isOwnLine = false

    /// The value of `__error__`, a place in ``bytes``; nil where no stage met an error.
    private(set) var error: Range<Int>?
    /// The value of `__error_details__`, a place in ``bytes``.
    private(set) var errorDetails: Range<Int>?

    /// What parsers shall extract.
    let wanted: WantedLabels
    /// How many of the names in ``wanted`` were extracted from the line, or set.
    private var wantedCount = 0

    init(wanted: WantedLabels = .all) { self.wanted = wanted }
}

// MARK: Streams and lines

extension LineContext {
    /// Starts a stream. Its labels hold for all lines until the next stream is started.
    ///
    /// - Parameter packed: as in `LabelSet.packed`.
    mutating func begin(_ stream: LabelPlaces) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: stream.packed)
        labels.removeAll(keepingCapacity: true)
        for place in stream.places { labels.append(Label(name: place.name, value: place.value, origin: .stream, isVisible: true)) }
        streamLabelCount = labels.count
        streamByteCount = bytes.count
        forgetLine()
    }

    /// Starts a line. Labels that the line before it had beside those of the stream are forgotten.
    mutating func begin(time: Int64, line: [UInt8], in range: Range<Int>) {
        labels.removeLast(labels.count - streamLabelCount)
        for index in 0..<streamLabelCount where !labels[index].isVisible { labels[index].isVisible = true }
        bytes.removeLast(bytes.count - streamByteCount)
        forgetLine()
        self.time = time
        sourceLine = LineText(bytes: line, range: range)
    }

    private mutating func forgetLine() {
        isOwnLine = false
        error = nil
        errorDetails = nil
        wantedCount = 0
    }

    /// The line as it is now. Holding on to it does no harm: what stages do to the line does not change it.
    var line: LineText { isOwnLine ? LineText(bytes: ownLine, range: 0..<ownLine.count) : sourceLine }

    /// Replaces the line by what the closure writes.
    mutating func setLine(_ write: (inout [UInt8]) -> Void) {
        ownLine.removeAll(keepingCapacity: true)
        write(&ownLine)
        isOwnLine = true
    }

    /// Replaces the line by the value of a label.
    mutating func setLine(toValueOf label: Int) {
        ownLine.removeAll(keepingCapacity: true)
        ownLine.append(contentsOf: bytes[labels[label].value])
        isOwnLine = true
    }
}

// MARK: Looking for labels

extension LineContext {
    /// The place in ``labels`` of the visible label of a name.
    func find(_ name: UnsafeRawBufferPointer) -> Int? {
        bytes.withUnsafeBytes { bytes in
            labels.firstIndex { $0.isVisible && LineContext.equal(bytes, $0.name, name) }
        }
    }

    func find(_ name: [UInt8]) -> Int? { name.withUnsafeBytes { find($0) } }

    /// Calls the closure with the value of the visible label of a name; with nothing where there is none.
    func withValue<Result>(of name: [UInt8], _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let label = find(name) else { return body(nil) }
        return withBytes(labels[label].value) { body($0) }
    }

    /// Calls the closure with a part of ``bytes``.
    func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Whether a parser has to put `_extracted` behind a name: the stream has a label of that name, whatever became of it since, or the
    /// structured metadata does.
    func isTaken(_ name: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in
            labels.contains {
                ($0.origin == .stream || ($0.origin == .metadata && $0.isVisible)) && LineContext.equal(bytes, $0.name, name)
            }
        }
    }

    /// Whether a label of the name was extracted or set by a stage before, even if it was deleted since. Parsers leave such names alone, so
    /// that of equal names the first one in the line counts.
    func wasExtracted(_ name: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in
            labels[streamLabelCount...].contains { $0.origin == .parsed && LineContext.equal(bytes, $0.name, name) }
        }
    }

    /// Whether a parser is to extract a label of the name, which has its `_extracted` already where it needs it.
    func isWanted(_ name: UnsafeRawBufferPointer) -> Bool { wanted.contains(name) && !wasExtracted(name) }

    /// Whether parsers have nothing to do (any more): nothing is wanted of the line, or all that is wanted was found. Parsers ask this before
    /// they start, and stop where it becomes true, so that what stands behind it in the line causes no errors.
    var isSatisfied: Bool {
        switch wanted {
        case .all: false
        case .nothing: true
        case .names(let names, _): wantedCount >= names.count
        }
    }

    fileprivate static func equal(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ name: UnsafeRawBufferPointer) -> Bool {
        range.count == name.count && UnsafeRawBufferPointer(rebasing: bytes[range]).elementsEqual(name)
    }
}

// MARK: Changing labels

extension LineContext {
    /// Sets a label to what the closure writes. What was parsed takes the place of what stood in the structured metadata or the stream, and the
    /// structured metadata that of the stream; not the other way round.
    ///
    /// - Parameters:
    ///   - name: not a part of ``bytes``.
    ///   - write: appends the value, and does nothing else.
    mutating func set(_ name: UnsafeRawBufferPointer, origin: Origin = .parsed, _ write: (inout [UInt8]) -> Void) {
        if hide(name, below: origin) { return }
        let nameStart = bytes.count
        bytes.append(contentsOf: name)
        let valueStart = bytes.count
        write(&bytes)
        append(nameStart..<valueStart, valueStart..<bytes.count, origin, isNew: true)
    }

    mutating func set(_ name: UnsafeRawBufferPointer, origin: Origin = .parsed, to value: UnsafeRawBufferPointer) {
        set(name, origin: origin) { $0.append(contentsOf: value) }
    }

    mutating func set(_ name: [UInt8], to value: [UInt8]) {
        name.withUnsafeBytes { name in value.withUnsafeBytes { value in set(name, to: value) } }
    }

    /// Sets a label to the value of another one, given by its place in ``labels``.
    mutating func set(_ name: [UInt8], toValueOf label: Int) {
        let value = labels[label].value
        name.withUnsafeBytes { name in set(name) { $0.append(contentsOf: $0[value]) } }
    }

    /// Adds a label of the structured metadata of the line. The engine does this before the first stage.
    mutating func addMetadata(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if name.elementsEqual(SpecialLabel.error) {
            error = appendText(value)
        } else if name.elementsEqual(SpecialLabel.errorDetails) {
            errorDetails = appendText(value)
        } else if streamHas(name) {
            var suffixed = Array(name)
            suffixed.append(contentsOf: SpecialLabel.extractedSuffix)
            suffixed.withUnsafeBytes { set($0, origin: .metadata, to: value) }
        } else {
            set(name, origin: .metadata, to: value)
        }
    }

    private func streamHas(_ name: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { bytes in labels[..<streamLabelCount].contains { LineContext.equal(bytes, $0.name, name) } }
    }

    /// Deletes the label of a name, wherever it comes from. Nothing happens where there is none.
    mutating func delete(_ name: [UInt8]) {
        if let label = find(name) { labels[label].isVisible = false }
    }

    /// Deletes a label by its place in ``labels``.
    mutating func delete(at label: Int) { labels[label].isVisible = false }

    /// Hides what a new label takes the place of. True where nothing may take its place.
    private mutating func hide(_ name: UnsafeRawBufferPointer, below origin: Origin) -> Bool {
        guard let label = find(name) else { return false }
        if labels[label].origin.rawValue > origin.rawValue { return true }
        labels[label].isVisible = false
        return false
    }

    private mutating func append(_ name: Range<Int>, _ value: Range<Int>, _ origin: Origin, isNew: Bool) {
        if origin == .parsed, case .names = wanted {
            let isFirst = bytes.withUnsafeBytes { bytes in
                let name = UnsafeRawBufferPointer(rebasing: bytes[name])
                return wanted.contains(name) && !wasExtracted(name)
            }
            if isFirst { wantedCount += 1 }
        }
        labels.append(Label(name: name, value: value, origin: origin, isVisible: true))
    }

    private mutating func appendText(_ text: some Collection<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: text)
        return start..<bytes.count
    }
}

// MARK: Errors

extension LineContext {
    var hasError: Bool { error.map { !$0.isEmpty } ?? false }

    /// Says that a stage met an error. It takes the place of an earlier one.
    ///
    /// - Parameter details: nil leaves the details of an earlier error.
    mutating func setError(_ fault: StageFault, details: String?) {
        error = appendText(fault.rawValue.utf8)
        if let details { errorDetails = appendText(details.utf8) }
    }

    /// Says that a parser could not read the line.
    mutating func setParserError(_ fault: StageFault, details: String?) {
        setError(fault, details: details)
        if wanted.keepsErrors { set(SpecialLabel.preserveError, to: Array("true".utf8)) }
    }

    mutating func resetError() { error = nil }

    mutating func resetErrorDetails() { errorDetails = nil }
}

/// The classes of error that stages note in `__error__`, by the name that stands there.
enum StageFault: String, Sendable {
    case json = "JSONParserErr"
    case logfmt = "LogfmtParserErr"
    case sampleExtraction = "SampleExtractionErr"
    case labelFilter = "LabelFilterErr"
    case template = "TemplateFormatErr"
}

/// Names of labels with a meaning of their own, as UTF-8.
enum SpecialLabel {
    static let error = Array("__error__".utf8)
    static let errorDetails = Array("__error_details__".utf8)
    /// There so that an error survives a grouping that does not name it.
    static let preserveError = Array("__preserve_error__".utf8)
    /// What stands behind the name of a label that is extracted though the stream or the structured metadata has one of that name.
    static let extractedSuffix = Array("_extracted".utf8)
}
