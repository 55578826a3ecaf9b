internal import Foundation
internal import NIOPosix
internal import ScriptedHTTP
internal import Testing

@testable internal import OutboundHTTP

/// A folder of its own for a test, and an environment in which nothing of this machine is found.
final class CloudSurroundings {
    let folder: String
    var environment: [String: String]

    init(_ environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "perch-cloud-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.environment = ["HOME": folder].merging(environment) { $1 }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Writes a file, and gives its path.
    @discardableResult func write(_ text: String, to name: String) throws -> String {
        let path = folder + "/" + name
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    func servers() throws -> CredentialServers {
        try CredentialServers(
            far: HTTPClientSettings(), userAgent: "Perch/test", eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            threadPool: .singleton, environment: environment)
    }

    /// Runs a program that everybody has, and gives what it prints.
    @discardableResult func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = URL(filePath: folder)
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")
}

extension ScriptedServer {
    /// An answer with a status and JSON.
    static func json(_ body: String, status: String = "200 OK") -> [Step] {
        [.send("HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }

    var url: String { "http://127.0.0.1:\(port)" }
}

/// The fields of a form, out of a request.
func form(of request: String) -> [String: String] {
    guard let body = request.range(of: "\r\n\r\n") else { return [:] }
    let pairs = request[body.upperBound...].split(separator: "&").map { part -> (String, String) in
        let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        func text(_ side: Substring) -> String { side.replacing("+", with: " ").removingPercentEncoding ?? "" }
        return (text(sides[0]), sides.count > 1 ? text(sides[1]) : "")
    }
    return Dictionary(pairs, uniquingKeysWith: { $1 })
}

/// The parts of a token, decoded.
func parts(ofToken token: String) throws -> (header: [String: Any], claims: [String: Any], signed: String, signature: Data) {
    let parts = token.split(separator: ".")
    try #require(parts.count == 3)
    func bytes(_ text: Substring) throws -> Data {
        let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
        let padded = String(text).replacing("-", with: "+").replacing("_", with: "/") + padding
        return try #require(Data(base64Encoded: padded))
    }
    func object(_ text: Substring) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: try bytes(text))
        return try #require(object as? [String: Any])
    }
    return (try object(parts[0]), try object(parts[1]), "\(parts[0]).\(parts[1])", try bytes(parts[2]))
}
