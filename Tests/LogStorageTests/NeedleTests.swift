internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// What is not there is denied without a look at lines, and what is there is found in its rows.
struct NeedleTests {
    private struct Requests {
        let fixture: LogFixture
        let lines: [[UInt8]]
        let table: any StoredLogTable

        init(_ count: Int) throws {
            var random = RandomLogs(seed: 11)
            var entries: [SentEntry] = []
            while entries.count < count { entries += random.entries(500).filter { $0.line.starts(with: Array("{\"ts\"".utf8)) } }
            fixture = try LogFixture()
            try fixture.append(entries)
            try fixture.storage.flush()
            let tables = try fixture.tables()
            table = try #require(tables.count == 1 ? tables[0] : nil)
            lines = try TableReading.entries(table).map(\.line)
        }

        /// The rows that really have a needle.
        func rows(_ needle: String) -> [Int32] {
            lines.indices.filter { String(decoding: lines[$0], as: UTF8.self).contains(needle) }.map { Int32($0) }
        }
    }

    @Test func `what no line has is denied`() throws {
        let requests = try Requests(1500)
        var random = RandomLogs(seed: 12)
        for needle in [
            "panic", "timed out after x", "us-us", "\"level\":\"fatal\"", "\"status\":201,", "/api/carts", "\"msg\":\"nothing",
            "10.1.2.3.4.", "{}",
        ] {
            #expect(requests.rows(needle).isEmpty)
            #expect(try !requests.table.mayContain(Array(needle.utf8)), "\(needle)")
        }
        // Filters err now and then, as they may.
        let denied = try (0..<200).count { _ in try !requests.table.mayContain(Array(random.hex(32).utf8)) }
        #expect(denied > 190)
    }

    @Test func `what lies within a value is found in exactly its rows`() throws {
        let requests = try Requests(1500)
        let some = String(decoding: requests.lines[700], as: UTF8.self)
        func value(_ key: String) throws -> String {
            let start = try #require(some.range(of: "\"\(key)\":\"")).upperBound
            return String(some[start...].prefix { $0 != "\"" })
        }
        for needle in [
            try value("trace_id"), String(try value("trace_id").dropFirst(3).prefix(12)), try value("span_id"), try value("user_id"),
            try value("client_ip"),
            "timed out", "EUR", "/healthz",
        ] {
            let rows = try #require(try requests.table.rows(mayContain: Array(needle.utf8)), "\(needle)")
            #expect(rows == requests.rows(needle) && !rows.isEmpty, "\(needle)")
        }
    }

    @Test func `what reaches over values is not lost`() throws {
        let requests = try Requests(800)
        for needle in [
            "\"method\":\"GET\",\"route\"", "0,\"duration_ms\":", "ms\",\"method\":\"POST\"", "\"level\":\"warn\"", ".", "\"", "}",
        ] {
            let expected = requests.rows(needle)
            #expect(!expected.isEmpty)
            #expect(try requests.table.mayContain(Array(needle.utf8)), "\(needle)")
            if let rows = try requests.table.rows(mayContain: Array(needle.utf8)) {
                #expect(Set(rows).isSuperset(of: expected), "\(needle)")
            }
        }
    }
}
