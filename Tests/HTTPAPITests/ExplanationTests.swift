internal import HTTPAPI
internal import HTTPTypes
internal import PromQL
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite struct ExplanationTests {
    @Test func `the explanation is the last member of the data, with fixed names`() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=sum%20by%20(job)%20(up)&explain=true&stats=all")
            #expect(answer.status == 200)
            let start = try #require(answer.text.firstRange(of: #""explain":"#))
            #expect(answer.text[..<start.lowerBound].contains(#""stats":"#))
            // Times differ from run to run; all else is fixed.
            let shape = String(answer.text[start.lowerBound...]).replacing(/econds":[-+.0-9e]+/, with: "econds\":T")
            #expect(
                shape == #""explain":{"queueSeconds":T,"parseSeconds":T,"evaluationSeconds":T,"otherSeconds":T,"totalSeconds":T,"#
                    + #""steps":1,"series":2,"samplesRead":4,"peakSamples":2,"plan":"#
                    + #"{"kind":"aggregation","title":"sum by (job)","notes":["one result per job"],"evaluated":true,"#
                    + #""seconds":T,"selfSeconds":T,"seriesIn":2,"seriesOut":1,"samplesRead":0,"children":["#
                    + #"{"kind":"selector","title":"up","notes":["newest sample at most 5m old"],"evaluated":true,"#
                    + #""range":[1699999700.001,1700000000],"seconds":T,"selfSeconds":T,"seriesIn":2,"seriesOut":2,"#
                    + #""samplesRead":4,"children":[]}]}}}}"#)
        }
    }

    @Test func `nothing is explained unasked`() async throws {
        try await TestServer().run { connection async throws in
            for suffix in ["", "&explain=false", "&explain="] {
                let answer = try await connection.get("/api/v1/query_range?query=up&start=1&end=2&step=1" + suffix)
                #expect(answer.status == 200)
                #expect(!answer.text.contains("explain"))
            }
            let wrong = try await connection.get("/api/v1/query?query=up&explain=please")
            #expect(wrong.status == 400)
            #expect(wrong.text.contains(#"invalid parameter \"explain\""#))
            let range = try await connection.get("/api/v1/query_range?query=up&start=1&end=2&step=1&explain=true")
            #expect(range.text.contains(#""steps":2"#))
            #expect(!range.text.contains(#""reuse":"#))
        }
    }

    @Test func `a range query may be told to reuse nothing`() async throws {
        try await TestServer().run { connection async throws in
            for suffix in ["&nocache=1", "&nocache=true", "&nocache=0", "&nocache="] {
                let answer = try await connection.get("/api/v1/query_range?query=up&start=1&end=2&step=1" + suffix)
                #expect(answer.status == 200)
            }
            let wrong = try await connection.get("/api/v1/query_range?query=up&start=1&end=2&step=1&nocache=please")
            #expect(wrong.status == 400)
            #expect(wrong.text.contains(#"invalid parameter \"nocache\""#))
        }
    }
}

@Suite struct SlowQueryLogTests {
    private final class Entries: Sendable {
        private let entries = Mutex<[SlowQueryLog.Entry]>([])
        var all: [SlowQueryLog.Entry] { entries.withLock { $0 } }
        func add(_ entry: SlowQueryLog.Entry) { entries.withLock { $0.append(entry) } }
    }

    @Test func `every query is told of from a threshold of 0 on`() async throws {
        let entries = Entries()
        var server = TestServer()
        server.slowQueries = SlowQueryLog(thresholdMilliseconds: 0) { entries.add($0) }
        try await server.run { connection async throws in
            _ = try await connection.get("/api/v1/query?query=up&time=1700000000")
            _ = try await connection.get("/api/v1/query_range?query=nonsense(&start=1&end=2&step=1")
        }
        let (first, second) = (try #require(entries.all.first), try #require(entries.all.last))
        #expect(first.expression == "up")
        #expect(first.times == .instant(1_700_000_000_000))
        #expect(first.series == 2)
        #expect(first.samplesRead == 4)
        #expect(first.peakSamples == 2)
        #expect(first.error == nil)
        #expect(first.seconds > 0 && first.seconds < 60)
        #expect(second.expression == "nonsense(")
        #expect(second.times == .range(start: 1000, end: 2000, stepMilliseconds: 1000))
        #expect(second.series == nil)
        #expect(second.error?.contains("parse error") == true)
    }

    @Test func `quick queries are not told of`() async throws {
        let entries = Entries()
        var server = TestServer()
        server.slowQueries = SlowQueryLog(thresholdMilliseconds: 60_000) { entries.add($0) }
        try await server.run { connection async throws in _ = try await connection.get("/api/v1/query?query=up") }
        #expect(entries.all.isEmpty)
    }
}
