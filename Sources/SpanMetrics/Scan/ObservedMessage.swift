internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// What is looked for in a message, and how names are hashed.
struct ObservationPlan: Sendable {
    var keys = AttributeKeys()
    /// Bit `n` says that attributes of spans of kind `n` are looked at; the last stands for unknown kinds.
    var kindsWithAttributes: UInt32 = 0
    /// Whether attributes of roots of server kinds are looked at.
    var looksAtRootServers = false
    let seed: UInt64

    @inline(__always)
    func needsAttributes(_ span: ScannedSpan) -> Bool {
        let kind = span.kind.rawValue
        if kindsWithAttributes >> UInt32(kind >= 0 && kind < 6 ? kind : 6) & 1 == 1 { return true }
        return looksAtRootServers && (kind == 2 || kind == 5) && !span.parentSpanID.isValid
    }
}

/// What is taken from a message before anything is locked: hashes of names, and where attributes lie that are asked for. Kept for the next message.
struct ObservedMessage: Sendable {
    /// Of each resource.
    private(set) var resources: [Identity] = []
    /// Of each span: its name, and where its values begin in `values`, -1 where none were looked for.
    private(set) var names: [Identity] = []
    private(set) var valueStarts: [Int32] = []
    private(set) var values: [ValuePlace] = []

    /// - Precondition: `scan` is what a scan of this message gave, so that nothing in it can be malformed.
    mutating func observe(_ message: UnsafeRawBufferPointer, _ scan: SpanScan, _ plan: ObservationPlan) {
        resources.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        valueStarts.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        for resource in scan.resources {
            resources.append(Identity(of: UnsafeRawBufferPointer(rebasing: message[resource.body]), seed: plan.seed))
        }
        let hasKeys = plan.keys.count > 0
        for span in scan.spans {
            let length = LabelParts.cutLength(span.name.count) { message[span.name.lowerBound + $0] }
            let name = UnsafeRawBufferPointer(rebasing: message[span.name.lowerBound..<span.name.lowerBound + length])
            names.append(Identity(of: name, seed: plan.seed))
            if hasKeys, plan.needsAttributes(span) {
                valueStarts.append(Int32(truncatingIfNeeded: values.count))
                findValues(in: span.body, tag: 0x4a, of: message, plan.keys)
            } else {
                valueStarts.append(-1)
            }
        }
    }

    /// Where the values of a span begin: looked for now where they were not.
    private mutating func findValues(in body: Range<Int>, tag wanted: UInt32, of message: UnsafeRawBufferPointer, _ keys: AttributeKeys) {
        let start = values.count
        values.append(contentsOf: repeatElement(.none, count: keys.count))
        AttributeWalk.forEach(in: body, tag: wanted, of: message) { key, value in
            // Of equal keys the first counts.
            if let number = keys.find(UnsafeRawBufferPointer(rebasing: message[key])), !values[start + number].isFound {
                values[start + number] = value
            }
        }
    }
}

/// Walks attributes in a span or a resource.
enum AttributeWalk {
    /// Gives key and value of each attribute to the closure.
    ///
    /// - Parameter tag: that of attributes in the message that the bytes are.
    @inline(__always)
    static func forEach(
        in body: Range<Int>, tag wanted: UInt32, of message: UnsafeRawBufferPointer, _ visit: (Range<Int>, ValuePlace) -> Void
    ) {
        var cursor = ProtobufCursor(message, in: body)
        do {
            while let tag = try cursor.nextTag() {
                guard tag == wanted else {
                    try cursor.skip(tag)
                    continue
                }
                let outer = try cursor.enter()
                var key = 0..<0
                var value = ValuePlace.none
                while let tag = try cursor.nextTag() {
                    switch tag {
                    case 0x0a: key = try cursor.readRange()
                    case 0x12: value = ValuePlace(try cursor.readRange())
                    default: try cursor.skip(tag)
                    }
                }
                cursor.leave(outer)
                visit(key, value)
            }
        } catch {
            // A scan has walked the same bytes before and found no fault.
        }
    }
}

/// One span as the processors see it. Good only while its message is.
struct ObservedSpan {
    let message: UnsafeRawBufferPointer
    let scanned: ScannedSpan
    /// The hash of its name.
    let name: Identity
    let context: ResourceContext
    /// By the number of the key; empty where attributes of this span were not looked for.
    let values: UnsafeBufferPointer<ValuePlace>

    /// Where the value of an attribute lies.
    @inline(__always)
    func place(_ key: Int) -> ValuePlace { key < values.count ? values[key] : .none }

    /// The text of an attribute: the resource's, or else the span's. Nil where neither has it.
    func text(_ key: Int) -> [UInt8]? {
        if let value = context.values[key] { return value.text }
        return spanText(key)
    }

    /// The text of an attribute of the span itself.
    func spanText(_ key: Int) -> [UInt8]? {
        let place = place(key)
        return place.isFound ? AnyValueText.bytes(place.range, of: message) : nil
    }

    /// Seconds that it took; 0 where it ends before it starts.
    @inline(__always) var seconds: Double { scanned.end > scanned.start ? Double(scanned.end - scanned.start) / 1e9 : 0 }

    @inline(__always) var isFailed: Bool { scanned.statusCode == .error }

    /// When it ended, in the unit of metrics.
    @inline(__always) var endTimestamp: Timestamp { Timestamp(scanned.end / 1_000_000) }
}

/// The message of a span's status.
enum StatusMessage {
    static func find(in body: Range<Int>, of message: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        var cursor = ProtobufCursor(message, in: body)
        var found = 0..<0
        do {
            while let tag = try cursor.nextTag() {
                guard tag == 0x7a else {
                    try cursor.skip(tag)
                    continue
                }
                let outer = try cursor.enter()
                while let tag = try cursor.nextTag() {
                    if tag == 0x12 { found = try cursor.readRange() } else { try cursor.skip(tag) }
                }
                cursor.leave(outer)
            }
        } catch {
            // A scan has walked the same bytes before and found no fault.
        }
        return message[found]
    }
}
