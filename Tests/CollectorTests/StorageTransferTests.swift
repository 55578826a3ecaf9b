import Foundation
import Synchronization
import Testing

/// Backups, exports and imports of a running server, through its API and the commands that speak it.
@Suite(.serialized) struct StorageTransferTests {
    private func perch(_ arguments: String...) async throws -> Finished { try await run(PerchProcess.executable, ["storage"] + arguments) }

    /// Lines of JSON that say everything there is at the server's clock: floats with odd bits, a histogram, exemplars.
    private static func lines(from start: Int64, series: Range<Int>, samples: Int) -> String {
        var text = #"{"family":"transfer","type":"gauge","help":"A \"test\".","unit":""}"# + "\n"
        for number in series {
            let values = (0..<samples).map { step -> String in
                let value =
                    step % 40 == 7
                    ? "\"NaN:7ff0000000000002\"" : step % 40 == 9 ? "\"-Inf\"" : step % 40 == 11 ? "-0" : "\(number * step).5"
                return "[\(start + Int64(step) * 1000),\(value)]"
            }
            text += #"{"metric":{"__name__":"transfer","n":"\#(number)"},"samples":["# + values.joined(separator: ",")
            text += #"],"exemplars":[[\#(start + 5000),0.25,{"trace_id":"\#(number)"}]]}"# + "\n"
        }
        text +=
            #"{"metric":{"__name__":"transfer_histogram"},"histograms":[[\#(start),{"count":6,"sum":12.5,"schema":0,"zero_threshold":0.001,"#
        text += #""zero_count":1,"positive_spans":[[0,2]],"positive_counts":[2,3]}]]}"# + "\n"
        return text
    }

    @Test(.timeLimit(.minutes(10))) func whatIsImportedOnlineIsExportedAsItWas() async throws {
        let folder = try TemporaryFolder()
        let server = try await PerchProcess(dataDirectory: folder.path + "/data")
        let start = (Int64(Date().timeIntervalSince1970) - 86_400 * 3) * 1000
        let text = Self.lines(from: start, series: 0..<20, samples: 300)
        let file = try folder.write(text, to: "all.json")
        let taken = try await perch("import", "--url", server.url, file)
        #expect(taken.status == 0, "\(taken)")
        #expect(taken.output == "6001 samples and 20 exemplars taken, 0 refused, 0 faults\n")
        let match = #"{__name__=~"transfer.*"}"#
        let exported = try await perch("export", "--url", server.url, "--format", "json", "--match", match)
        #expect(exported.status == 0, "\(exported.error)")
        #expect(Set(exported.output.split(separator: "\n")) == Set(text.split(separator: "\n")))

        // Once it is in shards, and in another server after another round.
        _ = try await server.post("/-/flush")
        let again = try await perch("export", "--url", server.url, "--format", "json", "--match", match)
        #expect(again.output == exported.output)
        let second = try await PerchProcess(dataDirectory: folder.path + "/second")
        let copy = try folder.write(again.output, to: "copy.json")
        #expect(try await perch("import", "--url", second.url, copy).status == 0)
        #expect(try await perch("export", "--url", second.url, "--format", "json", "--match", match).output == again.output)
        #expect(try await perch("export", "--url", server.url, "--match", match).output.hasSuffix("# EOF\n"))
        #expect(try await perch("export", "--url", server.url, "--match", "a{").status == 2)
        #expect(try await perch("import", "--data-dir", folder.path + "/data", file).error.contains("ask it with --url"))
    }

    @Test func samplesThatTheServerRefusesAreTold() async throws {
        let folder = try TemporaryFolder()
        let configuration = try folder.write("storage: {retention: {metrics: 2d}}\n", to: "perch.yml")
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", arguments: ["--config", configuration])
        let now = Int64(Date().timeIntervalSince1970)
        let file = try folder.write("a 1 \(now - 30 * 86_400)\na 2 \(now)\n# EOF\n", to: "a.om")
        let taken = try await perch("import", "--url", server.url, file)
        #expect(taken.status == 1)
        #expect(taken.output == "1 samples and 0 exemplars taken, 1 refused, 0 faults\n", "\(taken)")
        #expect(taken.error.contains("a.om:1:1: "))
    }

    /// A writer goes on while backups over the network and beside the server are made; each holds what was acknowledged before it began.
    @Test(.timeLimit(.minutes(10)), arguments: [true, false]) func aServerUnderLoadIsBackedUp(isRemote: Bool) async throws {
        let folder = try TemporaryFolder()
        let server = try await PerchProcess(dataDirectory: folder.path + "/data")
        let start = (Int64(Date().timeIntervalSince1970) - 40_000) * 1000
        let acknowledged = Mutex(0)
        let isOver = Mutex(false)
        async let writer: Void = {
            var round = 0
            while !isOver.withLock({ $0 }) {
                let text = (0..<20).map { series in
                    #"{"metric":{"__name__":"load","n":"\#(series)"},"samples":[[\#(start + Int64(round) * 1000),\#(round)]]}"#
                }
                let file = try folder.write(text.joined(separator: "\n") + "\n", to: "round.json")
                let taken = try await perch("import", "--url", server.url, file)
                guard taken.status == 0 else { throw PerchProcess.Failure("\(taken)") }
                round += 1
                acknowledged.withLock { $0 = round }
                if round % 7 == 0 { _ = try await server.post("/-/flush") }
            }
        }()
        let place = isRemote ? ["--url", server.url] : ["--data-dir", server.dataDirectory]
        for turn in 0..<3 {
            while acknowledged.withLock({ $0 }) < (turn + 1) * 10 { try await Task.sleep(for: .milliseconds(5)) }
            let before = acknowledged.withLock { $0 }
            let made = try await run(PerchProcess.executable, ["storage", "backup", folder.path + "/backup"] + place)
            #expect(made.status == 0, "\(made)")
            let target = folder.path + "/restored-\(turn)"
            #expect(try await perch("restore", folder.path + "/backup", "--data-dir", target).status == 0)
            let restored = try await perch("export", "--data-dir", target, "--match", "load")
            #expect(restored.status == 0)
            let lines = Set(restored.output.split(separator: "\n"))
            for series in 0..<20 {
                let missing = (0..<before).filter { round in
                    !lines.contains("load{n=\"\(series)\"} \(round) \((start / 1000) + Int64(round))")
                }
                #expect(missing.isEmpty, "turn \(turn), series \(series): \(missing)")
            }
        }
        isOver.withLock { $0 = true }
        try await writer
        // At rest everything is kept, and the restored data are those of the server.
        _ = try await server.post("/-/flush")
        let backup = ["storage", "backup", folder.path + "/backup"] + place
        // Not at once: files that were written to just now are copied again.
        try await server.eventually("nothing to copy") {
            let still = try await run(PerchProcess.executable, backup)
            #expect(still.status == 0, "\(still)")
            return still.output.contains(" 0 files copied (0 bytes)")
        }
        #expect(try await perch("restore", folder.path + "/backup", "--data-dir", folder.path + "/last").status == 0)
        let match = #"{__name__="load"}"#
        let restored = try await perch("export", "--data-dir", folder.path + "/last", "--format", "json", "--match", match)
        let online = try await perch("export", "--url", server.url, "--format", "json", "--match", match)
        #expect(!online.output.isEmpty && restored.output == online.output)
    }

    @Test func filesOutsideOfTheStorageAreNotGiven() async throws {
        let folder = try TemporaryFolder()
        let server = try await PerchProcess(dataDirectory: folder.path + "/data")
        for name in ["../x", "metrics/lock", "metrics/..%2F..%2Fetc", "%2Fetc%2Fpasswd"] {
            #expect(try await server.get("/api/v1/storage/file?name=" + name).status == 404, "\(name)")
        }
        #expect(try await server.get("/api/v1/storage/file").status == 400)
        #expect(try await server.get("/api/v1/export?format=xml").status == 400)
        #expect(try await server.get("/api/v1/storage/files").text.contains("journal-"))
    }
}
