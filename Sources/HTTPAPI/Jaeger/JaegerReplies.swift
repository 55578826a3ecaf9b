internal import HTTPTypes
internal import TelemetryModel

/// An error in an answer of Jaeger.
struct JaegerError: Sendable {
    /// 0 for one that leaves the rest of the answer as it is.
    var code = 0
    var message: String
    var traceID: TraceID?
}

extension JaegerAPI {
    /// An answer in Jaeger's envelope. The closure writes the value of `data`.
    static func reply(
        total: Int, errors: [JaegerError] = [], status: HTTPResponse.Status = .ok, _ data: (inout JSONWriter) -> Void
    ) -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("data")
        data(&writer)
        writer.member("total", total)
        writer.member("limit", 0)
        writer.member("offset", 0)
        writer.name("errors")
        if errors.isEmpty { writer.null() } else { writer.jaegerErrors(errors) }
        writer.endObject()
        return .json(writer, status: status)
    }

    static func reply(errors: [JaegerError], status: HTTPResponse.Status) -> APIReply {
        reply(total: 0, errors: errors, status: status) { $0.null() }
    }

    static func reply(traces: [SpanBatch], errors: [JaegerError] = []) -> APIReply {
        reply(total: 0, errors: errors) { writer in
            writer.beginArray()
            for batch in traces { writer.jaegerTrace(batch) }
            writer.endArray()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func jaegerErrors(_ errors: [JaegerError]) {
        beginArray()
        for error in errors {
            beginObject()
            if error.code != 0 { member("code", error.code) }
            member("msg", error.message)
            if let id = error.traceID {
                name("traceID")
                jaegerID(id)
            }
            endObject()
        }
        endArray()
    }
}

extension SpanBatch {
    /// The traces of a batch each for itself, in the order in which they first appear.
    var byTrace: [SpanBatch] {
        var places: [TraceID: Int] = [:]
        var traces: [SpanBatch] = []
        for span in spans {
            let place = places[span.traceID] ?? traces.count
            if place == traces.count {
                places[span.traceID] = place
                var batch = SpanBatch()
                batch.resources = resources
                batch.scopes = scopes
                traces.append(batch)
            }
            traces[place].spans.append(span)
        }
        return traces
    }

    /// Adds the spans of another batch.
    mutating func append(_ other: SpanBatch) {
        let (resourceOffset, scopeOffset) = (resources.count, scopes.count)
        resources += other.resources
        scopes += other.scopes
        spans.reserveCapacity(spans.count + other.spans.count)
        for var span in other.spans {
            span.resource += resourceOffset
            span.scope += scopeOffset
            spans.append(span)
        }
    }
}
