import Foundation
import RemoteWriteFormat
import TelemetryModel
import Testing

#if canImport(Glibc)
import Glibc
#endif

extension PerchProcess {
    /// Writes samples of one series, given as `name{label="value"}`.
    func load(series: String, values: [(time: Int64, value: Double)]) async throws {
        var labels: [(String, String)] = []
        let parts = series.split(separator: "{", maxSplits: 1)
        labels.append(("__name__", String(parts[0])))
        if parts.count == 2 {
            for pair in parts[1].dropLast().split(separator: ",") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                labels.append((sides[0].trimmingCharacters(in: .whitespaces), String(sides[1].dropFirst().dropLast())))
            }
        }
        var encoder = RemoteWriteEncoder(version: .v1)
        encoder.append(RemoteWriteSeries(labels: LabelSet(labels), samples: values.map { Sample(timestamp: $0.time, value: $0.value) }))
        let answer = try await writeRemotely(encoder.finish())
        #expect(answer.status == 204, "\(answer.text)")
    }
}

/// A port that nothing listens on at this moment.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw PerchProcess.Failure("no socket: errno \(errno)") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard bound else { throw PerchProcess.Failure("no free port: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
}
