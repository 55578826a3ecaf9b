internal import NIOHTTP1
import Synchronization
import Testing

@testable import OutboundHTTP

@Suite struct TokenSourceTests {
    private let settings = OAuth2Settings(
        clientID: "id", clientSecret: .literal("a b"), tokenURL: "http://tokens/", scopes: ["read", "write"],
        parameters: [.init(name: "audience", value: "perch&co")])

    private func answer(_ status: Int, _ body: String) -> OutboundResponse {
        OutboundResponse(status: status, headers: [:], body: Array(body.utf8))
    }

    private func source(
        _ exchange: @escaping @Sendable (_ form: String, _ authorization: String?) async throws -> OutboundResponse
    ) -> TokenSource {
        OAuth2Tokens.source(settings) { form, authorization in try await exchange(FormEncoding.fields(form), authorization) }
    }

    @Test func `one request serves all who wait, and its token serves until it ends`() async throws {
        let asked = Atomic<Int>(0)
        let source = source { [self] form, authorization in
            asked.add(1, ordering: .relaxed)
            #expect(form == "grant_type=client_credentials&scope=read+write&audience=perch%26co")
            #expect(authorization == "Basic aWQ6YSti")
            try await Task.sleep(for: .milliseconds(20))
            return answer(200, #"{"access_token":"t1","token_type":"bearer","expires_in":3600}"#)
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await source.current().authorization } }
            for try await authorization in group { #expect(authorization == "Bearer t1") }
        }
        #expect(try await source.current().authorization == "Bearer t1")
        #expect(asked.load(ordering: .relaxed) == 1)
        await source.forget()
        _ = try await source.current().authorization
        #expect(asked.load(ordering: .relaxed) == 2)
    }

    @Test func `a token that is about to end is asked for anew`() async throws {
        let asked = Atomic<Int>(0)
        let source = source { [self] _, _ in
            let number = asked.add(1, ordering: .relaxed).newValue
            return answer(200, #"{"access_token":"t\#(number)","expires_in":9}"#)
        }
        #expect(try await source.current().authorization == "Bearer t1")
        #expect(try await source.current().authorization == "Bearer t2")
    }

    @Test func `a server that wants the secret in the form gets it there`() async throws {
        let source = source { [self] form, authorization in
            if authorization != nil { return answer(401, "") }
            #expect(form.hasSuffix("&client_id=id&client_secret=a+b"))
            return answer(200, #"{"access_token":"t"}"#)
        }
        #expect(try await source.current().authorization == "Bearer t")
    }

    @Test(.timeLimit(.minutes(10))) func `who is cancelled waits no longer, and the others get the token`() async throws {
        let (answers, release) = AsyncStream.makeStream(of: Void.self)
        let source = source { [self] _, _ in
            for await _ in answers { break }
            return answer(200, #"{"access_token":"t"}"#)
        }
        let leaving = Task { try await source.current().authorization }
        let staying = Task { try await source.current().authorization }
        try await Task.sleep(for: .milliseconds(50))
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        release.yield()
        #expect(try await staying.value == "Bearer t")
    }

    @Test(arguments: [(500, "{}"), (403, ""), (200, "no JSON"), (200, #"{"access_token":""}"#)])
    func `an answer without a token is a failure that shows no secret`(status: Int, body: String) async throws {
        let source = source { [self] _, _ in answer(status, body) }
        let failure = await #expect(throws: OutboundFailure.self) { try await source.current().authorization }
        #expect(failure?.code == .credentials)
        #expect(failure?.description.contains("a b") == false)
    }
}
