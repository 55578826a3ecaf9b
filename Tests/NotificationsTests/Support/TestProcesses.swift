import Foundation
import Synchronization
import Testing

/// A folder that goes with the value that owns it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "perch-notifications-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
        return path + "/" + name
    }
}

/// A certificate for names, signed by an authority of its own.
struct TestCertificate: Sendable {
    let folder: TemporaryFolder
    var authority: String { folder.path + "/ca.pem" }
    var certificate: String { folder.path + "/cert.pem" }
    var key: String { folder.path + "/key.pem" }

    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    init(_ names: [String]) throws {
        folder = try TemporaryFolder()
        let alternatives = names.map { $0.first?.isNumber == true ? "IP:\($0)" : "DNS:\($0)" }.joined(separator: ",")
        let extensions = try folder.write("subjectAltName=\(alternatives)\n", to: "extensions")
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=Test authority", "-keyout", folder.path + "/ca.key", "-out", authority,
        ])
        try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(names[0])", "-keyout", key,
            "-out", folder.path + "/request",
        ])
        try openssl([
            "x509", "-req", "-in", folder.path + "/request", "-CA", authority, "-CAkey", folder.path + "/ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", extensions, "-out", certificate,
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }
}

/// The Python program that takes mails.
final class MailSink: Sendable {
    /// A mail as Python reads it.
    struct Mail {
        let members: [String: Any]

        var headers: [String: String] { members["headers"] as? [String: String] ?? [:] }
        var recipients: [String] { members["to"] as? [String] ?? [] }
        func text(_ name: String) -> String? { members[name] as? String }
        func number(_ name: String) -> Int? { members[name] as? Int }
        func truth(_ name: String) -> Bool? { members[name] as? Bool }
        var defects: [String] { members["defects"] as? [String] ?? ["?"] }

        /// The text of the part of a type.
        func part(_ type: String) -> String? {
            (members["parts"] as? [[String: Any]])?.first { $0["type"] as? String == type }?["text"] as? String
        }
        var partTypes: [String] { (members["parts"] as? [[String: Any]])?.compactMap { $0["type"] as? String } ?? [] }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let python = root + "/.venv-smtp/bin/python"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

    let port: Int
    private let process: Process
    private let input = Pipe()
    private let lines: AsyncStream<String>

    init(_ arguments: [String] = []) async throws {
        process = Process()
        process.executableURL = URL(filePath: Self.python)
        process.arguments = [ConfigurationCase.folder + "/smtp_sink.py"] + arguments
        let output = Pipe()
        process.standardOutput = output
        // The program ends when this end is closed, at the latest with the process of the tests.
        process.standardInput = input
        let stream = AsyncStream<String>.makeStream()
        let rest = Mutex("")
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                stream.continuation.finish()
                handle.readabilityHandler = nil
                return
            }
            rest.withLock { rest in
                rest += String(decoding: data, as: UTF8.self)
                var parts = rest.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                rest = parts.removeLast()
                for part in parts { stream.continuation.yield(part) }
            }
        }
        try process.run()
        lines = stream.stream
        guard let line = await Self.line(of: lines), let number = Int(line) else {
            process.terminate()
            throw CocoaError(.fileReadUnknown)
        }
        port = number
    }

    private static func line(of lines: AsyncStream<String>) async -> String? {
        for await line in lines { return line }
        return nil
    }

    deinit { if process.isRunning { process.terminate() } }

    /// The next mail.
    func mail() async throws -> Mail {
        let line = try #require(await Self.line(of: lines))
        let members = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        return Mail(members: members)
    }
}
