internal import ByteCoding
internal import TelemetryModel

extension SpanScan {
    /// Walks a decompressed `ExportTraceServiceRequest` once, all of it: what passes can be read again without surprises.
    ///
    /// A span with something that is not taken is counted in ``rejected``; the others are kept. A message that is no protobuf is refused as a
    /// whole. Text is not checked to be UTF-8: what is not is repaired when it is read.
    ///
    /// - Complexity: O(bytes), one pass; memory for ``spans`` only.
    public init(
        _ message: UnsafeRawBufferPointer, limits: SpanScanLimits = SpanScanLimits()
    ) throws(SpanScanError) {
        var scanner = SpanScanner(message, limits)
        do throws(ByteCodingError) { try scanner.scan() } catch {
            if scanner.hasTooManySpans { throw .tooManySpans(limit: limits.spansMax) }
            throw .malformed(error)
        }
        self = scanner.result
    }
}

/// Walks one message.
private struct SpanScanner {
    /// Why a span cannot be taken.
    private enum Flaw { case invalidID, tooMany, tooLarge, tooDeep }

    private var cursor: ProtobufCursor
    private let limits: SpanScanLimits
    var result = SpanScan()
    var hasTooManySpans = false
    /// The first thing that was found wrong with what is being walked.
    private var flaw: Flaw?

    init(_ message: UnsafeRawBufferPointer, _ limits: SpanScanLimits) {
        cursor = ProtobufCursor(message)
        self.limits = limits
        result.spans.reserveCapacity(min(message.count / 128, limits.spansMax))
    }

    mutating func scan() throws(ByteCodingError) {
        while let tag = try cursor.nextTag() {
            if tag == 0x0a { try scanResourceSpans() } else { try cursor.skip(tag, known: 1 << 1) }
        }
    }

    private mutating func scanResourceSpans() throws(ByteCodingError) {
        let outer = try cursor.enter()
        let index = result.resources.count
        let firstScope = result.scopes.count
        let firstSpan = result.spans.count
        var resource = ScannedOrigin()
        var hasBody = false
        var resourceFlaw: Flaw?
        result.resources.append(resource)
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                // Sent twice, the two would have to be joined; nobody does.
                guard !hasBody else { throw ByteCodingError(.invalidValue, at: cursor.position) }
                hasBody = true
                flaw = nil
                resource.body = try scanResource()
                resourceFlaw = flaw
            case 0x12: try scanScopeSpans(resource: index)
            case 0x1a: resource.schemaURL = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b1110)
            }
        }
        result.resources[index] = resource
        if let resourceFlaw {
            reject(from: firstSpan, resourceFlaw)
            result.scopes.removeSubrange(firstScope...)
        }
        if result.spans.count == firstSpan { result.resources.removeLast() }
        cursor.leave(outer)
    }

    private mutating func scanScopeSpans(resource: Int) throws(ByteCodingError) {
        let outer = try cursor.enter()
        let index = result.scopes.count
        let firstSpan = result.spans.count
        var scope = ScannedOrigin()
        var hasBody = false
        var scopeFlaw: Flaw?
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                guard !hasBody else { throw ByteCodingError(.invalidValue, at: cursor.position) }
                hasBody = true
                flaw = nil
                scope.body = try scanScope()
                scopeFlaw = flaw
            case 0x12: try scanSpan(resource: resource, scope: index)
            case 0x1a: scope.schemaURL = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b1110)
            }
        }
        if let scopeFlaw { reject(from: firstSpan, scopeFlaw) }
        if result.spans.count > firstSpan { result.scopes.append(scope) }
        cursor.leave(outer)
    }

    private mutating func reject(from firstSpan: Int, _ flaw: Flaw) {
        count(flaw, result.spans.count - firstSpan)
        result.spans.removeSubrange(firstSpan...)
    }

    private mutating func count(_ flaw: Flaw, _ spans: Int) {
        switch flaw {
        case .invalidID: result.rejected.invalidIDs += spans
        case .tooMany: result.rejected.tooMany += spans
        case .tooLarge: result.rejected.tooLarge += spans
        case .tooDeep: result.rejected.tooDeep += spans
        }
    }

    private mutating func note(_ found: Flaw) { if flaw == nil { flaw = found } }

    // MARK: Spans

    private mutating func scanSpan(resource: Int, scope: Int) throws(ByteCodingError) {
        let outer = try cursor.enter()
        flaw = nil
        if cursor.end - cursor.position > limits.spanBytesMax { note(.tooLarge) }
        var span = ScannedSpan(
            traceID: TraceID(high: 0, low: 0), spanID: .none, parentSpanID: .none, start: 0, end: 0,
            body: cursor.position..<cursor.end, name: 0..<0, kind: .unspecified, statusCode: .unset,
            resource: Int32(truncatingIfNeeded: resource),
            scope: Int32(truncatingIfNeeded: scope))
        var attributes = 0
        var events = 0
        var links = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: span.traceID = try readTraceID()
            case 0x12: span.spanID = try readSpanID(mayBeEmpty: false)
            case 0x1a: _ = try cursor.readRange()
            case 0x22: span.parentSpanID = try readSpanID(mayBeEmpty: true)
            case 0x2a: span.name = try cursor.readRange()
            case 0x30: span.kind = SpanKind(rawValue: Int32(truncatingIfNeeded: try cursor.readVarint()))
            case 0x39: span.start = try cursor.readFixed64()
            case 0x41: span.end = try cursor.readFixed64()
            case 0x4a:
                attributes &+= 1
                try scanAttribute()
            case 0x50, 0x60, 0x70: _ = try cursor.readVarint()
            case 0x5a:
                events &+= 1
                try scanEvent()
            case 0x6a:
                links &+= 1
                try scanLink()
            case 0x7a: span.statusCode = try scanStatus()
            case 0x85: _ = try cursor.readFixed32()
            default: try cursor.skip(tag, known: 0x1fffe)
            }
        }
        cursor.leave(outer)
        if !limits.mayLackIDs, !span.traceID.isValid || !span.spanID.isValid { note(.invalidID) }
        if attributes > limits.attributesMax || events > limits.eventsMax || links > limits.eventsMax { note(.tooMany) }
        if let flaw {
            count(flaw, 1)
            return
        }
        guard result.spans.count < limits.spansMax else {
            hasTooManySpans = true
            throw ByteCodingError(.lengthTooLarge, at: span.body.lowerBound)
        }
        result.spans.append(span)
    }

    private mutating func readTraceID() throws(ByteCodingError) -> TraceID {
        let range = try cursor.readRange()
        return range.count == 16 ? TraceID(cursor.bytes(range)) : TraceID(high: 0, low: 0)
    }

    private mutating func readSpanID(mayBeEmpty: Bool) throws(ByteCodingError) -> SpanID {
        let range = try cursor.readRange()
        guard range.count == 8 else {
            if !limits.mayLackIDs, !(mayBeEmpty && range.isEmpty) { note(.invalidID) }
            return .none
        }
        return SpanID(cursor.bytes(range))
    }

    private mutating func scanStatus() throws(ByteCodingError) -> SpanStatusCode {
        let outer = try cursor.enter()
        var code = SpanStatusCode.unset
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x12: _ = try cursor.readRange()
            case 0x18: code = SpanStatusCode(rawValue: Int32(truncatingIfNeeded: try cursor.readVarint()))
            default: try cursor.skip(tag, known: 0b1100)
            }
        }
        cursor.leave(outer)
        return code
    }

    private mutating func scanEvent() throws(ByteCodingError) {
        let outer = try cursor.enter()
        var attributes = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x09: _ = try cursor.readFixed64()
            case 0x12: _ = try cursor.readRange()
            case 0x1a:
                attributes &+= 1
                try scanAttribute()
            case 0x20: _ = try cursor.readVarint()
            default: try cursor.skip(tag, known: 0b11110)
            }
        }
        if attributes > limits.attributesMax { note(.tooMany) }
        cursor.leave(outer)
    }

    private mutating func scanLink() throws(ByteCodingError) {
        let outer = try cursor.enter()
        var attributes = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            // Ids of a wrong length are read as none: what the span says of itself is sound all the same.
            case 0x0a, 0x12, 0x1a: _ = try cursor.readRange()
            case 0x22:
                attributes &+= 1
                try scanAttribute()
            case 0x28: _ = try cursor.readVarint()
            case 0x35: _ = try cursor.readFixed32()
            default: try cursor.skip(tag, known: 0b1111110)
            }
        }
        if attributes > limits.attributesMax { note(.tooMany) }
        cursor.leave(outer)
    }

    // MARK: Resources and scopes

    private mutating func scanResource() throws(ByteCodingError) -> Range<Int> {
        let outer = try cursor.enter()
        let body = cursor.position..<cursor.end
        var attributes = 0
        var entities = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a:
                attributes &+= 1
                try scanAttribute()
            case 0x10: _ = try cursor.readVarint()
            case 0x1a:
                entities &+= 1
                try scanEntity()
            default: try cursor.skip(tag, known: 0b1110)
            }
        }
        if attributes > limits.attributesMax || entities > limits.attributesMax { note(.tooMany) }
        if body.count > limits.spanBytesMax { note(.tooLarge) }
        cursor.leave(outer)
        return body
    }

    private mutating func scanEntity() throws(ByteCodingError) {
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a, 0x12, 0x1a, 0x22: _ = try cursor.readRange()
            default: try cursor.skip(tag, known: 0b11110)
            }
        }
        cursor.leave(outer)
    }

    private mutating func scanScope() throws(ByteCodingError) -> Range<Int> {
        let outer = try cursor.enter()
        let body = cursor.position..<cursor.end
        var attributes = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a, 0x12: _ = try cursor.readRange()
            case 0x1a:
                attributes &+= 1
                try scanAttribute()
            case 0x20: _ = try cursor.readVarint()
            default: try cursor.skip(tag, known: 0b11110)
            }
        }
        if attributes > limits.attributesMax { note(.tooMany) }
        if body.count > limits.spanBytesMax { note(.tooLarge) }
        cursor.leave(outer)
        return body
    }

    // MARK: Attributes

    private mutating func scanAttribute(depth: Int = 0) throws(ByteCodingError) {
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: _ = try cursor.readRange()
            case 0x12: try scanValue(depth: depth)
            default: try cursor.skip(tag, known: 0b110)
            }
        }
        cursor.leave(outer)
    }

    private mutating func scanValue(depth: Int) throws(ByteCodingError) {
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a, 0x3a: _ = try cursor.readRange()
            case 0x10, 0x18: _ = try cursor.readVarint()
            case 0x21: _ = try cursor.readFixed64()
            case 0x2a, 0x32:
                guard depth < limits.depthMax else {
                    // Not walked any further, so that no depth takes the stack.
                    note(.tooDeep)
                    _ = try cursor.readRange()
                    continue
                }
                try scanElements(areNamed: tag == 0x32, depth: depth + 1)
            default: try cursor.skip(tag, known: 0b1111_1110)
            }
        }
        cursor.leave(outer)
    }

    private mutating func scanElements(areNamed: Bool, depth: Int) throws(ByteCodingError) {
        let outer = try cursor.enter()
        while let tag = try cursor.nextTag() {
            guard tag == 0x0a else {
                try cursor.skip(tag, known: 0b10)
                continue
            }
            if areNamed { try scanAttribute(depth: depth) } else { try scanValue(depth: depth) }
        }
        cursor.leave(outer)
    }
}
