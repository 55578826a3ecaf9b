internal import TelemetryModel
internal import Testing

/// A part of a trace, by a query.
@Suite struct TempoTraceFilterTests {
    @Test(
        arguments: [
            ("", [1, 2, 3, 4]), ("q=%20", [1, 2, 3, 4]), ("q={status=error}", [4]), ("q={status=error}&keep_hierarchy=true", [1, 4]),
            ("q={span:id=%220000000000000003%22}&keep_hierarchy=true", [1, 2, 3]),
            ("q={span:id=%220000000000000003%22}&keep_hierarchy=1&ancestor_depth=1", [2, 3]), ("q={kind=client}&match_depth=1", [2, 3]),
            ("q={name=%22GET%20/%22}&match_depth=1", [1, 2, 4]), ("q={name=%22GET%20/%22}&match_depth=-1", [1, 2, 3, 4]),
            // Where nothing above is kept, its depth is not looked at.
            ("q={status=error}&ancestor_depth=x", [4]), ("keep_hierarchy=x&match_depth=x", [1, 2, 3, 4]), ("q={name=%22none%22}", []),
        ] as [(String, [UInt64])])
    func aQueryKeepsSpans(query: String, ids: [UInt64]) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.ask("/tempo/api/v2/traces/\(TraceFixture.shopID.hexadecimal)?\(query)")
            #expect(answer.status == 200, "\(answer.text)")
            let found = (1...4).filter { id in
                let text = ["AAAAAAAAAAE=", "AAAAAAAAAAI=", "AAAAAAAAAAM=", "AAAAAAAAAAQ="][Int(id) - 1]
                return answer.text.contains("\"spanId\":\"\(text)\"")
            }
            #expect(found.map { UInt64($0) } == ids, "\(query)")
            #expect(answer.text.contains(#""status":"PARTIAL""#) == (ids.count < 4))
        }
    }

    @Test(arguments: [
        "q={", "q={}&keep_hierarchy=x", "q={}&match_depth=-2", "q={}&match_depth=x", "q={}&keep_hierarchy=true&ancestor_depth=x",
    ])
    func wrongFiltersAreRefused(query: String) async throws {
        try await TraceTestServer().run { connection async throws in
            #expect(try await connection.ask("/tempo/api/v2/traces/abc?\(query)").status == 400)
        }
    }
}
