internal import Foundation
internal import Synchronization
internal import TargetDiscovery
internal import TelemetryModel
internal import Testing

/// A folder of its own for one test, removed at the end.
private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "perch-files-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
}

private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
}

/// Watches and gives every event to a closure until it answers true.
private func events(of discovery: FileDiscovery, until isDone: @escaping @Sendable (DiscoveryEvent) throws -> Bool) async throws {
    let (stream, continuation) = AsyncStream<DiscoveryEvent>.makeStream(bufferingPolicy: .unbounded)
    let watching = Task { await discovery.watch { continuation.yield($0) } }
    let timeout = Task {
        try await Task.sleep(for: .seconds(120))
        continuation.finish()
    }
    defer {
        watching.cancel()
        timeout.cancel()
    }
    for await event in stream where try isDone(event) { return }
    Issue.record("the expected event never came")
}

@Suite("File discovery")
struct FileDiscoveryTests {
    @Test func anEditIsPickedUpAndABadFileKeepsItsTargets() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a.yml"
            try write("- targets: [a:1]\n- targets: [b:1]\n", to: path)
            let step = Mutex(0)
            let discovery = FileDiscovery(patterns: ["\(folder)/*.yml"], pollInterval: .milliseconds(10))
            try await events(of: discovery) { event in
                let current = step.withLock { step in
                    step += 1
                    return step
                }
                switch current {
                case 1:
                    guard case .groups(let groups) = event else { throw CancellationError() }
                    #expect(groups.map(\.source) == ["\(path):0", "\(path):1"])
                    try write("- targets: [a:1\n", to: path)
                case 2:
                    guard case .failure(let reason) = event else { throw CancellationError() }
                    #expect(reason.hasPrefix("\(path):2:1: not valid YAML"))
                    try write("- targets: [c:1]\n", to: path)
                case 3:
                    guard case .groups(let groups) = event else { throw CancellationError() }
                    #expect(groups.map(\.source) == ["\(path):0", "\(path):1"])
                    #expect(groups.map(\.targets) == [[["__address__": "c:1"]], []])
                    try write("[{\"targets\": [\"d:1\"]}]", to: "\(folder)/b.yml")
                case 4:
                    guard case .groups(let groups) = event else { throw CancellationError() }
                    #expect(groups.map(\.source) == ["\(folder)/b.yml:0"])
                    try FileManager.default.removeItem(atPath: path)
                default:
                    #expect(event == .groups([TargetGroup(source: "\(path):0", targets: [])]))
                    return true
                }
                return false
            }
            #expect(step.withLock { $0 } == 5)
        }
    }

    @Test func noFilesIsAReportToo() async throws {
        try await withFolder { folder in
            let discovery = FileDiscovery(patterns: ["\(folder)/none-*.json"], pollInterval: .milliseconds(10))
            try await events(of: discovery) { event in
                #expect(event == .groups([]))
                return true
            }
        }
    }

    @Test func filesAreReadAgainAfterTheRefreshInterval() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a.yml"
            try write("- targets: [a:1]\n", to: path)
            let count = Mutex(0)
            let discovery = FileDiscovery(patterns: [path], refreshInterval: .milliseconds(30), pollInterval: .milliseconds(10))
            try await events(of: discovery) { _ in
                count.withLock { count in
                    count += 1
                    return count == 3
                }
            }
        }
    }

    @Test func bytesThatAreNoTextAreReported() async throws {
        try await withFolder { folder in
            let path = "\(folder)/a.yml"
            try Data([0x2d, 0x20, 0xff, 0xfe]).write(to: URL(filePath: path))
            try await events(of: FileDiscovery(patterns: [path], pollInterval: .milliseconds(10))) { event in
                #expect(event == .failure("\(path): not UTF-8 text"))
                return true
            }
        }
    }
}
