internal import HTTPAPI
internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@Suite struct GraphAPITests {
    @Test func `the link of an alert leads to its values and their picture`() async throws {
        try await TestServer().run { connection async throws in
            let page = try await connection.get("/graph?g0.expr=up%7Bjob%3D%22node%22%7D%20%3C%202&g0.tab=1")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.contains("up{job=&quot;node&quot;} &lt; 2"))
            #expect(page.text.contains("/graph.svg?g0.expr=up%7bjob%3d%22node%22%7d%20%3c%202&amp;"))
            #expect(page.text.contains("instance=&quot;a:1&quot;"))
            #expect(!page.text.contains("<script"))
        }
    }

    @Test func `what is compared is drawn, with a line at the number`() async throws {
        let now = TestServer.now
        let samples = (0..<60).map { (now - Int64(59 - $0) * 60_000, Double($0)) }
        let source = ArraySource([(["__name__": "load", "instance": "a"], samples)])
        try await TestServer(source).run { connection async throws in
            let picture = try await connection.get("/graph.svg?query=load%20%3E%2050&end=\(now / 1000)")
            #expect(picture.headers[.contentType] == "image/svg+xml; charset=utf-8")
            #expect(picture.text.hasPrefix("<svg") && picture.text.contains("stroke-dasharray"))
            // All of the course is there, and not only what is above the number.
            let whole = try await connection.get("/graph.svg?query=load&end=\(now / 1000)")
            #expect(abs(picture.text.utf8.count - whole.text.utf8.count) < 600)
            let image = try await connection.get("/graph.png?query=load%20%3E%2050&end=\(now / 1000)")
            #expect(image.headers[.contentType] == "image/png")
        }
    }

    @Test func `a wrong expression is said on the page, and refused where a picture is wanted`() async throws {
        try await TestServer().run { connection async throws in
            #expect(try await connection.get("/graph?g0.expr=up%28").text.contains("class=\"fault\""))
            #expect(try await connection.get("/graph").text.contains("Write an expression"))
            connection.expectFailure(try await connection.get("/graph.svg?g0.expr=up%28"), 400, "bad_data", "g0.expr")
            connection.expectFailure(
                try await connection.get("/graph.svg?g0.expr=up&g0.range_input=0s"), 400, "bad_data", "between one second and ten years")
        }
    }
}
