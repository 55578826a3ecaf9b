internal import Foundation
internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct TempoTagsTests {
    @Test func namesAreListedByScope() async throws {
        try await TraceTestServer().run { connection async throws in
            let scopes = try await scopes(connection, "limit=5000")
            #expect(scopes["resource"] == ["host.name", "service.name"])
            #expect(scopes["span"]?.contains("http.status_code") == true)
            #expect(scopes["event"] == ["exception.type"])
            let intrinsics = try #require(scopes["intrinsic"])
            for name in [
                "duration", "name", "kind", "status", "statusMessage", "rootName", "rootServiceName", "traceDuration", "span:name",
                "span:duration",
                "span:kind", "span:status", "span:statusMessage", "trace:duration", "trace:rootName", "trace:rootService", "trace:id",
                "span:id",
                "event:name", "event:timeSinceStart", "link:traceID", "link:spanID", "instrumentation:name", "instrumentation:version",
            ] {
                #expect(intrinsics.contains(name), "\(name)")
            }
        }
    }

    @Test(arguments: ["resource", "span", "intrinsic", "event", "link", "instrumentation"])
    func oneScopeIsListedAlone(scope: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let scopes = try await scopes(connection, "scope=\(scope)")
            #expect(scopes.isEmpty || Array(scopes.keys) == [scope])
        }
    }

    @Test func filtersCountWhereTheyAreWhole() async throws {
        try await TraceTestServer().run { connection async throws in
            let payments = #"{ resource.service.name = "payments" }"#
            let names = try await scopes(connection, "scope=span&q=\(encoded(payments))")
            #expect(names["span"] == ["error", "span.kind"])
            for broken in ["{ resource.service.name =", "{ .a = }", "nonsense", "{"] {
                let all = try await scopes(connection, "scope=span&q=\(encoded(broken))")
                #expect(all["span"]?.contains("http.status_code") == true, "\(broken)")
                let values = try await values(connection, "resource.service.name", "q=\(encoded(broken))")
                #expect(values.count == 3, "\(broken)")
            }
            let filtered = try await values(connection, "name", "q=\(encoded(payments))")
            #expect(filtered == ["string charge"])
        }
    }

    @Test func valuesHaveTheirTypes() async throws {
        try await TraceTestServer().run { connection async throws in
            #expect(try await values(connection, "resource.service.name") == ["string cart", "string frontend", "string payments"])
            #expect(try await values(connection, ".service.name") == ["string cart", "string frontend", "string payments"])
            #expect(Set(try await values(connection, "span.http.status_code")) == ["int 200", "string 200"])
            #expect(try await values(connection, "span.ratio") == ["float 2.5"])
            #expect(try await values(connection, "span.cached") == ["bool true"])
            #expect(Set(try await values(connection, "status")) == ["keyword ok", "keyword error", "keyword unset"])
            #expect(try await values(connection, "kind").contains("keyword server"))
            #expect(try await values(connection, "name") == ["string GET /", "string cart.get", "string charge", "string tick"])
            #expect(try await values(connection, "rootServiceName").contains("string frontend"))
            #expect(try await values(connection, "span.nothing").isEmpty)
        }
    }

    @Test func namesInPathsAreDecodedOnce() async throws {
        var server = TraceTestServer()
        server.traces[0].spans[0].attributes.append(.init("a b/c%41", .string("x")))
        try await server.run { connection async throws in
            #expect(try await values(connection, "span.%22a%20b%2Fc%2541%22") == ["string x"])
        }
    }

    @Test func limitsAreKept() async throws {
        try await TraceTestServer().run { connection async throws in
            #expect(try await values(connection, "resource.service.name", "limit=2&maxStaleValues=5").count == 2)
        }
    }

    @Test(arguments: [
        ("v2/search/tags?scope=nowhere", "invalid scope: nowhere"), ("search/tags?scope=nowhere", "invalid scope: nowhere"),
        ("v2/search/tags?start=2&end=1", "start must be before end"), ("v2/search/tags?limit=x", "invalid limit"),
        ("v2/search/tag/service.name/values", "valid tagName"), ("v2/search/tag/%7B%7D/values", "valid tagName"),
        ("v2/search/tag/name/values?maxStaleValues=x", "maxStaleValues"),
    ])
    func wrongRequestsAreRefused(path: String, reason: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.ask("/tempo/api/" + path)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.text.contains(reason), "\(answer.text)")
        }
    }

    @Test func theFirstVersionHasBareNames() async throws {
        try await TraceTestServer().run { connection async throws in
            let names = try #require(try await connection.ask("/tempo/api/search/tags").json()["tagNames"] as? [String])
            #expect(names.contains("service.name") && names.contains("http.status_code") && !names.contains("duration"))
            let resource = try #require(try await connection.ask("/tempo/api/search/tags?scope=resource").json()["tagNames"] as? [String])
            #expect(resource == ["host.name", "service.name"])
            for (tag, values) in [
                ("service.name", ["cart", "frontend", "payments"]), ("http.status_code", ["200"]), ("error", ["true"]),
                ("status.code", ["error", "ok", "unset"]), ("root.name", ["<root span not yet received>", "GET /"]), ("nothing", []),
            ] {
                let answer = try await connection.ask("/tempo/api/search/tag/\(tag)/values")
                let found = try #require(try answer.json()["tagValues"] as? [String], "\(answer.text)")
                #expect(found == values || tag == "root.name" && found.contains("GET /"), "\(tag): \(found)")
            }
        }
    }

    private func scopes(_ connection: TestConnection, _ query: String) async throws -> [String: [String]] {
        let answer = try await connection.ask("/tempo/api/v2/search/tags?\(query)")
        let scopes = try #require(try answer.json()["scopes"] as? [[String: Any]], "\(answer.text)")
        return try Dictionary(
            uniqueKeysWithValues: scopes.map { (try #require($0["name"] as? String), try #require($0["tags"] as? [String])) })
    }

    private func values(_ connection: TestConnection, _ tag: String, _ query: String = "") async throws -> [String] {
        let answer = try await connection.ask("/tempo/api/v2/search/tag/\(tag)/values?\(query)")
        let values = try #require(try answer.json()["tagValues"] as? [[String: String]], "\(answer.text)")
        return values.map { "\($0["type"] ?? "") \($0["value"] ?? "")" }
    }

    private func encoded(_ query: String) -> String { query.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
