internal import Foundation
internal import HTTPTypes
internal import Logging
internal import PerchLogging
internal import PerchTestKit
internal import PerchTracing
internal import ShopKit
internal import Testing
internal import Tracing

/// Calls from one service to another.
@Suite struct ShopClientTests {
    /// Runs a caller beside a service that answers with these statuses.
    private func run(
        _ answers: String, _ more: [String: String] = [:],
        _ test: @Sendable @escaping (_ caller: ServiceHarness, _ answerer: ServiceHarness) async throws -> Void
    ) async throws {
        let environment = ["ANSWERS": answers].merging(more) { $1 }
        try await ServiceHarness.run(AnswererService.self, environment: environment, isLive: true) { answerer async throws in
            try await ServiceHarness.run(CallerService.self, environment: ["SHOP_PAYMENTS_URL": answerer.address]) { caller async throws in
                try await test(caller, answerer)
            }
        }
    }

    /// A deadline that a machine which is busy keeps as well.
    private static var patience: [String: String] { [Deadline.header: "\(Int64(Date().timeIntervalSince1970 * 1000) + 60_000)"] }

    private static func asked(_ answerer: ServiceHarness, _ key: String = "method") -> [String] {
        answerer.telemetry.records.filter { $0.message == "asked" }.map { "\($0.metadata[key] ?? "")" }
    }

    @Test func `what may be asked twice is, when the service is away for a moment`() async throws {
        try await run("503,502") { caller, answerer async throws in
            let reply = try await caller.get("/get", headers: Self.patience)
            #expect(reply.status == 200)
            #expect(reply.json == ["is": "there"])
            #expect(Self.asked(answerer).count == 3)
            // Each attempt is a span of its own.
            let attempts = caller.telemetry.spans.filter { $0.kind == .client && $0.name == "GET /thing" }
            #expect(attempts.count == 3)
            #expect(attempts.filter(\.isError).count == 2)
        }
    }

    @Test func `there are three attempts and no more, and the last answer counts`() async throws {
        try await run("503,503,503,503") { caller, answerer async throws in
            let reply = try await caller.send(.delete, "/delete", headers: Self.patience)
            #expect(reply.status == 502)
            #expect(reply.detail == "payments answered 503: no luck")
            #expect(Self.asked(answerer).count == 3)
        }
    }

    @Test func `the circuit opens towards a service that fails, not towards one that says that another failed it`() async throws {
        let failures = Array(repeating: "500", count: 12).joined(separator: ",")
        try await run(failures) { caller, answerer async throws in
            for _ in 0..<12 { _ = try await caller.get("/get") }
            #expect(Self.asked(answerer).count == 10)
        }
        try await run(failures, ["ON_ACCOUNT_OF": "shipping"]) { caller, answerer async throws in
            for _ in 0..<12 { _ = try await caller.get("/get") }
            #expect(Self.asked(answerer).count == 12)
            #expect(try await caller.get("/get").status == 200)
        }
    }

    @Test func `what may not be asked twice is not, unless it has a key`() async throws {
        try await run("503,503") { caller, answerer async throws in
            #expect(try await caller.send(.post, "/post", headers: Self.patience).status == 502)
            #expect(Self.asked(answerer).count == 1)
            #expect(try await caller.send(.post, "/post-with-key", headers: Self.patience).status == 200)
            #expect(Self.asked(answerer, "key") == ["none", "k-1", "k-1"])
            #expect(Set(Self.asked(answerer, "body")) == [#"{"a":1}"#])
        }
    }

    @Test(arguments: [400, 404, 409, 422, 429, 500]) func `other answers are not asked for again`(status: Int) async throws {
        try await run("\(status)") { caller, answerer async throws in
            #expect(try await caller.get("/get", headers: Self.patience).status == 502)
            #expect(Self.asked(answerer).count == 1)
        }
    }

    @Test func `the deadline travels on, and there is one where nobody gave any`() async throws {
        try await run("") { caller, answerer async throws in
            let deadline = Int64(Date().timeIntervalSince1970 * 1000) + 60_000
            _ = try await caller.get("/get", headers: [Deadline.header: "\(deadline)"])
            let before = Int64(Date().timeIntervalSince1970 * 1000)
            _ = try await caller.get("/get")
            let told = Self.asked(answerer, "deadline").compactMap { Int64($0) }
            #expect(told.count == 2)
            #expect(told.first == deadline)
            #expect((before + 4000...before + 60_000).contains(told.last ?? 0))
        }
    }

    @Test func `a pause that the service asks for is kept`() async throws {
        try await run("503", ["RETRY_AFTER": "1"]) { caller, answerer async throws in
            let started = ContinuousClock.now
            #expect(try await caller.get("/get", headers: Self.patience).status == 200)
            #expect(ContinuousClock.now - started >= .seconds(1))
            #expect(Self.asked(answerer).count == 2)
        }
    }

    @Test func `nothing waits beyond the deadline`() async throws {
        try await run("503", ["RETRY_AFTER": "30"]) { caller, answerer async throws in
            let started = ContinuousClock.now
            let deadline = Int64(Date().timeIntervalSince1970 * 1000) + 20_000
            let reply = try await caller.get("/get", headers: [Deadline.header: "\(deadline)"])
            #expect(reply.status == 502)
            #expect(Self.asked(answerer).count == 1)
            #expect(ContinuousClock.now - started < .seconds(20))
        }
    }

    @Test func `an answer that cannot be read is told as such`() async throws {
        try await run("", ["BODY": "<html>"]) { caller, _ async throws in
            let reply = try await caller.get("/get")
            #expect(reply.status == 502)
            #expect(reply.detail == "payments answered what cannot be read")
        }
    }

    @Test func `an answer that is too large is not taken in`() async throws {
        try await run("", ["BODY": String(repeating: "x", count: 2 << 20)]) { caller, _ async throws in
            #expect(try await caller.get("/get").status == 502)
        }
    }
}
