internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import ShopKit
internal import Synchronization

/// A service that takes events and logs them, each request, and answers the first ones as `SINK_ANSWERS` says: statuses, separated by commas.
enum EventSink: ShopService {
    static let name = ServiceName.orders
    static let api = APIDocument(title: "Events", operations: [APIDocument.events])

    static func assemble(_ service: ServiceAssembly) {
        let answers = Mutex((service.settings.environment["SINK_ANSWERS"] ?? "").split(separator: ",").compactMap { Int($0) })
        let logger = service.logger
        service.router.post("/events") { request, context -> HTTPResponse.Status in
            let event = try await request.decode(as: Event.self, context: context)
            let status = answers.withLock { $0.isEmpty ? 204 : $0.removeFirst() }
            if status >= 400 { throw Problem(.init(code: status), "not now") }
            logger.info(
                "event", metadata: ["id": "\(event.id)", "kind": .string(event.kind.rawValue), "subject": .string(event.subject)])
            return .noContent
        }
    }
}

extension ServiceHarness {
    /// The events that an ``EventSink`` took: kind and subject.
    var events: [String] {
        telemetry.records.filter { $0.message == "event" }.map { "\($0.metadata["kind"] ?? "") \($0.metadata["subject"] ?? "")" }
    }
}
