internal import Testing

@testable internal import CommandLineClient

/// Rows as table, CSV and JSON.
@Suite struct RowRendererTests {
    private let rows: [[RowCell]] = [
        [.text("up"), .integer(-5), .real(1.5)], [.text("a,\"b\"\nc"), .null, .real(.infinity)], [.blob([0, 255]), .integer(10), .null],
    ]

    private func render(_ format: OutputFormat, _ rows: [[RowCell]]) throws -> String {
        var text = ""
        try withoutActuallyEscaping({ text += $0 }) { write in
            var renderer = try RowRenderer(format, write: write)
            renderer.begin(columns: ["name", "count", "value"])
            for row in rows { renderer.row(row) }
            renderer.finish()
        }
        return text
    }

    @Test func tablesAlignNumbersAtTheRight() throws {
        #expect(
            try render(.table, rows)
                == "name      count  value\nup           -5    1.5\na,\"b\"\\nc          +Inf\n00ff         10\n")
        #expect(try render(.table, []) == "")
    }

    @Test func longTablesKeepTheWidthOfTheirFirstRows() throws {
        let many =
            [[RowCell]](repeating: [.text("a"), .integer(1), .integer(2)], count: 1000) + [[.text("abcdefgh"), .integer(1), .integer(2)]]
        let lines = try render(.table, many).split(separator: "\n")
        #expect(lines.count == 1002)
        #expect(lines[1] == "a         1      2")
        #expect(lines[1001] == "abcdefgh      1      2")
    }

    @Test func csvQuotesWhatItHasTo() throws {
        #expect(try render(.csv, rows) == "name,count,value\r\nup,-5,1.5\r\n\"a,\"\"b\"\"\nc\",,+Inf\r\n00ff,10,\r\n")
        #expect(try render(.csv, []) == "name,count,value\r\n")
    }

    @Test func jsonIsAnArrayOfObjects() throws {
        #expect(
            try render(.json, rows) == """
                [{"name":"up","count":-5,"value":1.5},
                {"name":"a,\\"b\\"\\nc","count":null,"value":"+Inf"},
                {"name":"00ff","count":10,"value":null}]

                """)
        #expect(try render(.json, []) == "[]\n")
    }

    @Test func rowsAreNoGraph() { #expect(throws: ClientError.self) { try render(.graph, []) } }
}
