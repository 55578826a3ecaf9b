internal import ByteCoding
internal import HTTPTypes
internal import HummingbirdCore
internal import Ingestion
internal import LogFormats
internal import NIOCore

/// Elasticsearch's bulk API under `/elasticsearch`, and what Beats, Logstash, Fluent Bit and Vector ask before they send.
public struct ElasticsearchAPI: HTTPEndpoints {
    private let receiver: LogReceiver

    public init(_ receiver: LogReceiver) { self.receiver = receiver }

    public func addRoutes(to routes: inout Routes) {
        for path in ["/elasticsearch", "/elasticsearch/**"] {
            routes.on(path, .get, .head, .post, .put, .delete) { call in ElasticsearchAPI.marked(await answer(call), for: call) }
        }
    }

    private func answer(_ call: APICall) async -> APIReply {
        let parts = call.request.uri.path.split(separator: "/").dropFirst().map { PercentDecoding.text($0.utf8, plusIsBlank: false) }
        let isWrite = call.method == .post || call.method == .put
        switch (parts.last, parts.count) {
        case ("_bulk", 1...2) where isWrite: return await bulk(call, index: parts.count == 2 ? parts[0] : nil)
        case ("_doc", 2) where isWrite, ("_create", 2) where isWrite: return await document(call, index: parts[0])
        default: break
        }
        if parts.count == 3, isWrite, parts[1] == "_doc" || parts[1] == "_create" { return await document(call, index: parts[0]) }
        return ElasticsearchGreetings.answer(call.method, parts)
    }

    // MARK: - Entries

    private func bulk(_ call: APICall, index: String?) async -> APIReply {
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else { return unsupported(call) }
        let began = ContinuousClock.now
        let mapping = mapping
        let (outcome, items) = await receiver.receive(call, as: .elasticsearch, codecs: coding.codecs) { intake, body in
            var items: [ElasticsearchBulk.Item] = []
            let outcome = intake.deliver(liftsTraceIDs: true) { (delivery) throws(LogFormatError) in
                items = try ElasticsearchBulk.decode(body.bindMemory(to: UInt8.self), defaultIndex: index, mapping, into: &delivery)
            }
            return (outcome, items)
        }
        guard outcome.status == .accepted, let items else { return Self.failure(outcome) }
        let milliseconds = (ContinuousClock.now - began).components.attoseconds / 1_000_000_000_000_000
        return Self.json { $0.bulkReply(items, milliseconds: milliseconds) }
    }

    private func document(_ call: APICall, index: String) async -> APIReply {
        guard let coding = RequestCoding(header: call.headers[.contentEncoding]) else { return unsupported(call) }
        let mapping = mapping
        let (outcome, item) = await receiver.receive(call, as: .elasticsearch, codecs: coding.codecs) { intake, body in
            var item: ElasticsearchBulk.Item?
            let outcome = intake.deliver(liftsTraceIDs: true) { delivery in
                item = ElasticsearchBulk.decode(document: body.bindMemory(to: UInt8.self), index: index, mapping, into: &delivery)
            }
            return (outcome, item)
        }
        guard outcome.status == .accepted, let item else { return Self.failure(outcome) }
        if let refusal = item.refusal { return Self.error(.badRequest, "document_parsing_exception", refusal) }
        return Self.json(.created) { $0.itemResult(item) }
    }

    private var mapping: LogDocumentMapping {
        let options = receiver.intake.options
        return ElasticsearchBulk.mapping(metadataFieldsMax: options.metadataFieldsMax, metadataBytesMax: options.metadataBytesMax)
    }

    // MARK: - Answers

    private func unsupported(_ call: APICall) -> APIReply {
        let reason = "the Content-Encoding \"\(call.headers[.contentEncoding] ?? "")\" is not taken; send \(RequestCoding.accepted)"
        return Self.error(.unsupportedMediaType, "media_type_header_exception", reason)
    }

    private static func failure(_ outcome: LogDeliveryOutcome) -> APIReply {
        switch outcome.status {
        case .accepted, .malformed: return error(.badRequest, "illegal_argument_exception", outcome.message)
        case .tooLarge: return error(.contentTooLarge, "content_too_long_exception", outcome.message)
        case .unavailable:
            var reply = error(outcome.comeAgainStatus, "es_rejected_execution_exception", outcome.message)
            reply.headers[.retryAfter] = String(outcome.retryAfterSeconds ?? 1)
            return reply
        }
    }

    static func error(_ status: HTTPResponse.Status, _ type: String, _ reason: String) -> APIReply {
        json(status) { writer in
            writer.beginObject()
            writer.name("error")
            writer.beginObject()
            writer.name("type")
            writer.value(type)
            writer.name("reason")
            writer.value(reason)
            writer.endObject()
            writer.name("status")
            writer.value(status.code)
            writer.endObject()
        }
    }

    static func json(_ status: HTTPResponse.Status = .ok, _ write: (inout JSONTextWriter) -> Void) -> APIReply {
        var writer = JSONTextWriter()
        write(&writer)
        return APIReply(status: status, contentType: "application/json", body: [ByteBuffer(bytes: writer.bytes)])
    }

    /// Clients of Elasticsearch go on only where a header says that this is one, and want the type that they asked for.
    private static func marked(_ reply: APIReply, for call: APICall) -> APIReply {
        var reply = reply
        if let product = HTTPField.Name("X-Elastic-Product") { reply.headers[product] = "Elasticsearch" }
        let accepted = call.headers[.accept] ?? ""
        if accepted.hasPrefix("application/vnd.elasticsearch+json") { reply.headers[.contentType] = accepted }
        return reply
    }
}

extension JSONTextWriter {
    /// The answer to a bulk request: what became of each action.
    fileprivate mutating func bulkReply(_ items: [ElasticsearchBulk.Item], milliseconds: Int64) {
        beginObject()
        name("took")
        value(milliseconds)
        name("errors")
        value(items.contains { $0.refusal != nil })
        name("items")
        beginArray()
        for item in items {
            beginObject()
            name(item.action)
            itemResult(item)
            endObject()
        }
        endArray()
        endObject()
    }

    fileprivate mutating func itemResult(_ item: ElasticsearchBulk.Item) {
        beginObject()
        name("_index")
        value(item.index)
        name("_id")
        value(item.id ?? "")
        name("status")
        if let refusal = item.refusal {
            value(400)
            name("error")
            beginObject()
            name("type")
            value("document_parsing_exception")
            name("reason")
            value(refusal)
            endObject()
        } else {
            value(201)
            name("result")
            value("created")
            name("_version")
            value(1)
        }
        endObject()
    }
}
