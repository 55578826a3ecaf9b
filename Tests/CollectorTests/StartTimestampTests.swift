import RemoteWriteFormat
import TelemetryModel
import Testing

/// Start times on their whole way: remote write 2.0, journal, head, shard, PromQL.
@Suite struct StartTimestampTests {
    private let base: Int64 = 1_795_348_800_000

    /// A sample every half minute. The told series began anew after its second sample, though its values only rise.
    private func message() -> [UInt8] {
        let samples = (0..<4).map { Sample(timestamp: base + $0 * 30_000, value: Double($0 + 1) * 10) }
        var told = RemoteWriteSeries(labels: ["__name__": "hits_total", "way": "told"], samples: samples)
        told.starts = [base - 15_000, base - 15_000, base + 45_000, base + 45_000]
        var encoder = RemoteWriteEncoder(version: .v2)
        encoder.append(told)
        encoder.append(RemoteWriteSeries(labels: ["__name__": "hits_total", "way": "untold"], samples: samples))
        return encoder.finish()
    }

    private func check(_ server: PerchProcess, usesStarts: Bool) async throws {
        let end = Double(base / 1000 + 90)
        let increase = try await server.instant("increase(hits_total[2m])", by: "way", at: end)
        #expect(increase == ["told": usesStarts ? 60 : 40, "untold": 40])
        let resets = try await server.instant("resets(hits_total[2m])", by: "way", at: end)
        #expect(resets == ["told": usesStarts ? 1 : 0, "untold": 0])
        let starts = try await server.instant("start_timestamp(hits_total)", by: "way", at: end)
        #expect(starts == (usesStarts ? ["told": Double(base / 1000 + 45), "untold": 0] : [:]))
    }

    @Test func startsAreHeededFromTheHeadTheJournalAndTheShard() async throws {
        let folder = try TemporaryFolder()
        let configuration = try folder.write("storage: {retention: {metrics: 100y}}\n", to: "perch.yml")
        let features = ["--enable-feature", "promql-experimental-functions,use-start-timestamps"]
        var server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration, arguments: features)
        let answer = try await server.writeRemotely(message(), version: .v2)
        #expect(answer.status == 204, "\(answer.text)")
        try await check(server, usesStarts: true)
        try await server.killHard()
        server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration, arguments: features)
        try await check(server, usesStarts: true)
        #expect(try await server.post("/-/flush").status == 200)
        try await check(server, usesStarts: true)
        _ = try await server.terminate()
        server = try await PerchProcess(
            dataDirectory: folder.path + "/data", configuration: configuration,
            arguments: ["--enable-feature", "promql-experimental-functions"])
        try await check(server, usesStarts: false)
        _ = try await server.terminate()
    }
}
