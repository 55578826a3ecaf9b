internal import CoreMetrics
internal import Foundation
internal import PerchMetrics
internal import Testing

@Suite struct ProcessMetricsTests {
    static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) }

    private func text() -> String {
        let registry = MetricRegistry()
        ProcessMetrics.register(in: registry)
        RuntimeMetrics.register(in: registry)
        let factory = PerchMetricsFactory(registry)
        factory.makeTimer(label: "http.server.request.duration", dimensions: [("http.route", "/a/{id}")]).recordNanoseconds(7)
        factory.makeCounter(label: "orders placed!", dimensions: [("é", "x")]).increment(by: Int64(1))
        registry.counter("perch_a_requests_total", help: "Requests.").increment()
        registry.histogram("perch_work_duration_seconds", help: "Work.", unit: "seconds").record(1)
        var output: [UInt8] = []
        registry.render(.prometheus, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    #if os(Linux)
    @Test func linuxTellsWhatTheProcessUses() throws {
        let text = text()
        func value(_ name: String) throws -> Double {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            return try #require(Double(line.split(separator: " ")[1]))
        }
        #expect(try value("process_cpu_seconds_total") > 0)
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_open_fds") >= 3)
        #expect(try value("process_max_fds") >= value("process_open_fds"))
        #expect(try value("process_threads") >= 1)
        let age = Date().timeIntervalSince1970 - (try value("process_start_time_seconds"))
        #expect(age > -2 && age < 86_400)
    }
    #endif

    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func promtoolFindsNothingToCriticise() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.promtool))
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        input.fileHandleForWriting.write(Data(text().utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said)")
        #expect(said == "")
    }
}
