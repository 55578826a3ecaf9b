internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ShopKit
internal import Synchronization

/// A service that calls another one, as its routes say.
enum CallerService: ShopService {
    static let name = ServiceName.orders
    static let api = APIDocument(title: "Caller", operations: [])

    static func assemble(_ service: ServiceAssembly) throws {
        let client = try service.client(to: .payments)
        service.router.get("/get") { _, _ in try await client.get("/thing", as: JSONValue.self) }
        service.router.post("/post") { _, _ in try await client.post("/thing", ["a": 1] as JSONValue, as: JSONValue.self) }
        service.router.post("/post-with-key") { _, _ in
            try await client.post("/thing", ["a": 1] as JSONValue, idempotencyKey: "k-1", as: JSONValue.self)
        }
        service.router.delete("/delete") { _, _ -> HTTPResponse.Status in
            try await client.delete("/thing")
            return .noContent
        }
    }
}

/// A service that answers as `ANSWERS` says: statuses, separated by commas, then 200; and logs what it was asked. Where `ON_ACCOUNT_OF` names a
/// service, errors are said to be that one's.
enum AnswererService: ShopService {
    static let name = ServiceName.payments
    static let api = APIDocument(title: "Answerer", operations: [])

    static func assemble(_ service: ServiceAssembly) {
        let environment = service.settings.environment
        let answers = Mutex((environment["ANSWERS"] ?? "").split(separator: ",").compactMap { Int($0) })
        let logger = service.logger
        let body = environment["BODY"] ?? #"{"is":"there"}"#
        let answer: @Sendable (Request, ShopContext) async throws -> Response = { request, context in
            let sent = try await request.body.collect(upTo: context.maxUploadSize)
            logger.info(
                "asked",
                metadata: [
                    "method": .string(request.method.rawValue), "body": .string(String(buffer: sent)),
                    "deadline": .string(header(Deadline.header, of: request)),
                    "key": .string(header("Idempotency-Key", of: request)),
                ])
            let status = answers.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
            if status >= 400 {
                let problem = Problem(.init(code: status), "no luck", headers: environment["RETRY_AFTER"].map { [.retryAfter: $0] } ?? [:])
                throw environment["ON_ACCOUNT_OF"].flatMap(ServiceName.init(rawValue:)).map(problem.onAccount) ?? problem
            }
            return Response(status: .init(code: status), body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
        }
        service.router.get("/thing", use: answer)
        service.router.post("/thing", use: answer)
        service.router.delete("/thing", use: answer)
    }
}

private func header(_ name: String, of request: Request) -> String { HTTPField.Name(name).flatMap { request.headers[$0] } ?? "none" }
